import assert from 'node:assert/strict'
import { test } from 'node:test'
import { part, records } from '../../../doubles/slack/wire.ts'
import { openDeskWorld } from './desk-world.ts'

test('the home shows tasks and how they went, and a press on it is what its person says', async (t) => {
  const { slack, alice, make, home, press, pass, received, store } = await openDeskWorld(t)
  assert.equal(await slack.openHome(alice), 'acknowledged')
  assert.match(home(), /Your tasks\nYou have none yet\.\nYour conversations/u)
  await make('every day at 9 digest x')
  await slack.openHome(alice)
  assert.match(
    home(),
    /\*#1\* digest x\nevery day at 09:00 \(Europe\/Berlin\) · next <!date\^1795334400\^\{date_short_pretty\} \{time\}\|Sun 22 Nov 2026, 09:00>/u,
  )
  assert.equal(await press('Pause'), 'acknowledged')
  assert.match(home(), /next <!date/u)
  await pass(1_000)
  assert.match(home(), /every day at 09:00 \(Europe\/Berlin\) · paused/u)
  const [message] = received
  assert.deepEqual(
    [message?.text, message?.author, message?.address],
    [
      '/tasks pause 1',
      { id: alice, name: 'alice' },
      { adapter: 'slack', account: slack.team, channel: slack.dm(alice) },
    ],
  )
  assert.match(message?.id ?? '', /^click\/home\/V\w+\/\d+\.\d+\/\w+\/home-pause-1$/u)
  await press('Resume')
  await pass(1_000)
  assert.match(home(), /next <!date/u)
  await press('Run now')
  assert.equal(received.at(-1)?.text, '/tasks run 1')
  assert.equal(store.read.tasks.get(1)?.state, 'active')
})

test('in Chinese, words and orders are Chinese', async (t) => {
  const { slack, alice, make, home, press, received, bend, form, pass, typeIn, submit, store } =
    await openDeskWorld(t)
  bend.language = 'zh'
  await make('every day at 9 remind 喝水')
  await slack.openHome(alice)
  assert.match(home(), /你的任务\n\*#1\* 提醒 喝水\n每天 09:00/u)
  await press('暂停')
  assert.equal(received.at(-1)?.text, '/任务 暂停 1')
  await press('新建任务')
  const fields = { what: '提醒 浇花', when: '每周一早上8点' }
  await typeIn(fields)
  await pass(250)
  assert.match(form().words, /提醒 浇花，每周一 08:00/u)
  assert.equal((await submit(fields))['response_action'], 'clear')
  assert.deepEqual(store.read.tasks.get(2)?.args, { text: '浇花' })
})

test('the form says what saving would make while it is filled in, and makes just that', async (t) => {
  const { slack, alice, press, form, typeIn, pass, submit, received, store, home } = await openDeskWorld(t)
  await slack.openHome(alice)
  assert.equal(await press('New task'), 'acknowledged')
  assert.match(form().words, /Say what to do, and when/u)
  await typeIn({ what: 'digest https://example.org/f', when: 'ev' })
  await pass(250)
  assert.match(form().words, /I cannot read “ev” as a time/u)
  const fields = { what: 'digest https://example.org/f', when: 'every weekday at 9', to: 'C1' }
  await typeIn(fields)
  await pass(250)
  assert.equal(
    form().words,
    'A task: digest https://example.org/f to slack:C1, Monday to Friday at 09:00 (Europe/Berlin).\n' +
      'Next: Mon 23 Nov 2026, 09:00 · Tue 24 Nov 2026, 09:00 · Wed 25 Nov 2026, 09:00',
  )
  const { id, hash, words } = form()
  assert.deepEqual(await submit(fields), { response_action: 'clear' })
  assert.deepEqual(
    received.map(({ id, text }) => [id, text]),
    [[`form/${id}/${hash}`, words]],
  )
  assert.deepEqual(store.read.tasks.get(1)?.address.channel, 'C1')
  await pass(1_000)
  assert.match(home(), /#1.*digest/u)
})

test('many keys are one update, and the newest words win however late the older ones come', async (t) => {
  const { slack, alice, press, form, typeIn, pass } = await openDeskWorld(t)
  await slack.openHome(alice)
  await press('New task')
  const { hash } = form()
  for (const when of ['every day at 1', 'every day at 10', 'every day at 10:3', 'every day at 10:30']) {
    await typeIn({ what: 'remind tea', when }, hash)
  }
  await pass(250)
  assert.equal(slack.calls('views.update').length, 1)
  assert.match(form().words, /every day at 10:30/u)
  slack.fault({ method: 'views.update', lateMs: 30 })
  await typeIn({ what: 'remind tea', when: 'every day at 11' }, hash)
  const passing = pass(250)
  await typeIn({ what: 'remind tea', when: 'every day at 12' }, hash)
  await passing
  await pass(500)
  assert.match(form().words, /every day at 12:00/u)
})

test('an update that Slack finds out of date changes nothing, and the next one is right again', async (t) => {
  const { slack, alice, press, form, typeIn, pass } = await openDeskWorld(t)
  await slack.openHome(alice)
  await press('New task')
  const { words } = form()
  await typeIn({ what: 'remind tea', when: 'every day at 9' }, 'older')
  await pass(250)
  assert.equal(form().words, words)
  await typeIn({ what: 'remind tea', when: 'every day at 9' })
  await pass(250)
  assert.match(form().words, /every day at 09:00/u)
})

test('what would do something else than was read is shown first, and saved with a second press', async (t) => {
  const { slack, alice, press, form, typeIn, pass, submit, received, store } = await openDeskWorld(t)
  await slack.openHome(alice)
  await press('New task')
  await typeIn({ what: 'remind tea', when: 'every day at 9' })
  await pass(250)
  const fields = { what: 'remind tea', when: 'every day at 10' }
  assert.equal((await submit(fields))['response_action'], 'update')
  assert.equal(received.length, 0)
  assert.match(form().words, /This changed since you last saw it.*\nA task: remind tea, every day at 10:00/u)
  assert.deepEqual(await submit(fields), { response_action: 'clear' })
  assert.deepEqual(store.read.tasks.get(1)?.schedule, { cron: '0 10 * * *' })
})

test('"in 20 minutes" counts from when it was read; after ten of them it is read anew', async (t) => {
  const { slack, alice, press, form, typeIn, pass, submit, store, clock } = await openDeskWorld(t)
  const fields = { what: 'remind tea', when: 'in 20 minutes' }
  await slack.openHome(alice)
  await press('New task')
  await typeIn(fields)
  await pass(250)
  const readAtMs = clock.now()
  await pass(11 * 60_000)
  assert.equal((await submit(fields))['response_action'], 'update')
  assert.match(form().words, /This changed/u)
  await pass(9 * 60_000)
  assert.equal((await submit(fields))['response_action'], 'clear')
  assert.deepEqual(store.read.tasks.get(1)?.nextDueMs, readAtMs + 31 * 60_000)
})

test('what is wrong is told at its field, and what cannot be stored stays in the form', async (t) => {
  const { slack, alice, press, form, typeIn, pass, submit, bend, received, problems } = await openDeskWorld(t)
  await slack.openHome(alice)
  await press('New task')
  const wrong = await submit({ what: 'remind tea', when: 'whenever' })
  assert.equal(wrong['response_action'], 'errors')
  assert.deepEqual(Object.keys(part(wrong, 'errors')), ['when'])
  const fields = { what: 'remind tea', when: 'every day at 9' }
  await typeIn(fields)
  await pass(250)
  bend.isFull = true
  assert.match(JSON.stringify(await submit(fields)), /could not write this down just now/u)
  assert.match(form().words, /remind tea/u)
  assert.deepEqual(problems, ['what a form says was not written down'])
  bend.isFull = false
  assert.deepEqual(await submit(fields), { response_action: 'clear' })
  assert.equal(received.length, 1)
})

test('a task is changed in the same form, filled with what it is', async (t) => {
  const { slack, alice, make, press, form, typeIn, pass, submit, store } = await openDeskWorld(t)
  await make('every day at 9 digest x to slack:C1')
  await slack.openHome(alice)
  await press('Edit')
  const fieldsIn = records(form().view['blocks']).map(({ element }) => part({ element }, 'element'))
  assert.deepEqual(
    fieldsIn.slice(0, 3).map((field) => field['initial_value'] ?? field['initial_conversation']),
    ['digest x', 'every day at 09:00 (Europe/Berlin)', 'C1'],
  )
  assert.equal(form().words, 'Nothing is changed yet.')
  const fields = { what: 'digest x', when: 'every day at 10', to: 'C1' }
  await typeIn(fields)
  await pass(250)
  assert.match(form().words, /^Task 1 is: .* 09:00 .*\nIt becomes: .* 10:00/u)
  // Somebody changes it meanwhile: what was read is not what saving would do now.
  await store.write('tasks.change', 1, { state: 'paused', nextDueMs: null, pausedFor: null }, '', 0)
  assert.equal((await submit(fields))['response_action'], 'update')
  assert.match(form().words, /It stays paused/u)
  assert.deepEqual(await submit(fields), { response_action: 'clear' })
  assert.deepEqual(store.read.tasks.get(1)?.schedule, { cron: '0 10 * * *' })
})

test('a form that Slack opens no more is asked for again', async (t) => {
  const { slack, alice, press, home, bend, problems } = await openDeskWorld(t)
  await slack.openHome(alice)
  bend.thinkMs = 3_500
  assert.equal(await press('New task'), 'acknowledged')
  assert.match(home(), /^⚠ Slack took too long to open the form/u)
  assert.deepEqual(problems, ['Slack did not open a form'])
})

test('who is not let in sees one polite line, and no press, form or guest of another team gets further', async (t) => {
  const { slack, alice, make, press, home, roles, key, received, form, submit, typeIn, pass } =
    await openDeskWorld(t)
  await make('every day at 9 digest x')
  await slack.openHome(alice)
  const guest = slack.user('guest', { team: 'T0OTHER' })
  roles.set(key(`T0OTHER.${guest}`), 'blocked')
  await press('Run now', '1', guest)
  assert.match(home(guest), /^I do not know you yet/u)

  await press('New task')
  const fields = { what: 'remind tea', when: 'every day at 9' }
  await typeIn(fields)
  await pass(250)
  roles.set(key(alice), 'blocked')
  assert.match(JSON.stringify(await submit(fields)), /"errors":\{"what":"I do not know you yet/u)
  assert.match(form().words, /remind tea/u)
  for (const button of ['Pause', 'Run now', 'Edit', 'New task']) {
    roles.set(key(alice), 'member')
    await slack.openHome(alice)
    roles.set(key(alice), 'blocked')
    await press(button)
  }
  assert.match(home(), /^I do not know you yet/u)
  assert.deepEqual([received.length, slack.calls('views.open').length], [0, 1])
  // What they read is what they may do.
  roles.set(key(alice), 'guest')
  await slack.openHome(alice)
  assert.match(home(), /^You are a guest: write to me to talk/u)
  assert.match(JSON.stringify(await submit(fields)), /"errors":\{"what":"You are a guest/u)
  assert.equal(received.length, 0)
  // The negative control: let in again, the same form is taken.
  roles.set(key(alice), 'member')
  assert.deepEqual(await submit(fields), { response_action: 'clear' })
})

test('nobody reaches the task of somebody else, whatever number is pressed or sent', async (t) => {
  const { slack, alice, make, press, form, submit, received, store } = await openDeskWorld(t)
  const bob = slack.user('bob')
  await make('every day at 9 digest x', bob)
  await make('every day at 9 digest y', alice)
  await slack.openHome(alice)
  await press('Edit', '1')
  assert.equal(form().words, 'You have no task 1. /moltbot tasks lists yours.')
  await press('Pause', '1')
  assert.equal(store.read.tasks.get(1)?.state, 'active')
  await press('Edit', '2')
  // The view names task 2 of Alice; what counts is that Bob sends it.
  const answer = await submit({ what: 'digest z', when: 'every day at 10' }, bob)
  assert.match(JSON.stringify(answer), /You have no task 2/u)
  assert.deepEqual(
    received.map(({ text }) => text),
    ['/tasks pause 1'],
  )
})

test('200 tasks are a home that Slack takes', async (t) => {
  const { slack, alice, make, home, store } = await openDeskWorld(t)
  await make('every day at 9 digest x')
  const {
    id: _,
    version: __,
    state: ___,
    dueCount: ____,
    failures: _____,
    pausedFor: ______,
    ...task
  } = store.read.tasks.get(1) ?? assert.fail('no task')
  await store.writeAll(Array.from({ length: 199 }, (_, i) => ['tasks.add', i + 2, task] as const))
  assert.equal(await slack.openHome(alice), 'acknowledged')
  assert.match(home(), /#20\*[\s\S]*… and 180 more/u)
})

test('a task with more words than the form has room for is told so, and nothing is cut off', async (t) => {
  const { slack, alice, press, form, store, make } = await openDeskWorld(t)
  await make('every day at 9 digest x')
  const task = store.read.tasks.get(1) ?? assert.fail('no task')
  for (const [id, chars] of [
    [2, 2_990],
    [3, 3_001],
  ] as const)
    await store.write('tasks.add', id, { ...task, args: { from: 'x'.repeat(chars) } })
  await slack.openHome(alice)
  await press('Edit', '2')
  assert.equal(form().words, 'Nothing is changed yet.')
  await press('Edit', '3')
  assert.match(form().words, /^Task 3 has more words than fit in here\..* \/moltbot tasks edit 3 every day/u)
  assert.equal(form().view['submit'], undefined)
})

test('a task that is gone when its button is pressed is told, and leaves the home', async (t) => {
  const { slack, alice, press, form, make, home, pass, received, store } = await openDeskWorld(t)
  await make('every day at 9 digest x')
  await slack.openHome(alice)
  const removed = { state: 'removed', nextDueMs: null, pausedFor: null } as const
  await store.write('tasks.change', 1, removed, '', 0)
  await press('Edit')
  assert.match(form().words, /^You have no task 1/u)
  await press('Pause')
  await pass(1_000)
  assert.deepEqual(
    received.map(({ text }) => text),
    ['/tasks pause 1'],
  )
  assert.match(home(), /You have none yet/u)
})

test('a form that was open for a day does what it says then, and one press of Save twice is one message', async (t) => {
  const { slack, alice, press, typeIn, pass, submit, received } = await openDeskWorld(t)
  await slack.openHome(alice)
  await press('New task')
  const fields = { what: 'remind tea', when: 'every day at 9' }
  await typeIn(fields)
  await pass(250)
  await pass(86_400_000)
  const [one, other] = await Promise.all([submit(fields), submit(fields)])
  assert.deepEqual([one, other], [{ response_action: 'clear' }, { response_action: 'clear' }])
  assert.equal(new Set(received.map(({ id }) => id)).size, 1)
})
