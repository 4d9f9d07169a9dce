import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { FormAbout, FormOrder, FormTold } from '../../src/form.ts'
import type { Task } from '../../src/task.ts'
import { actionOf, openFormWorld, type FormWorld } from './form-world.ts'
import { nowMs } from './task-world.ts'

const dm = { adapter: 'slack', account: 'T1', channel: 'D1' }
const me = 'slack/T1/U1'
const about: FormAbout = { person: me, address: dm, language: 'en', nowMs }
const chinese: FormAbout = { ...about, language: 'zh' }

type Form = FormWorld & {
  readonly tell: (order: FormOrder, changes?: Partial<FormAbout>) => FormTold
  readonly save: (told: FormTold) => Promise<string>
  readonly task: (id: number) => Task
}

async function openForm(t: TestContext): Promise<Form> {
  const world = await openFormWorld(t, () => nowMs)
  return {
    ...world,
    tell: (order, changes) => world.formOf.tell(order, { ...about, ...changes }),
    save: (told) => world.agree(actionOf(told), me, dm),
    task: (id) => world.store.read.tasks.get(id) ?? assert.fail(`no task ${id}`),
  }
}

test('what and when are told in words with the next three times, and saving makes just that', async (t) => {
  const { tell, save, task } = await openForm(t)
  const told = tell({ what: 'digest https://example.org/feed', when: 'every weekday at 9' })
  assert.equal(
    told.words,
    'A task: digest https://example.org/feed, Monday to Friday at 09:00 (Europe/Berlin).\n' +
      'Next: Mon 23 Nov 2026, 09:00 · Tue 24 Nov 2026, 09:00 · Wed 25 Nov 2026, 09:00',
  )
  await save(told)
  const { command, args, schedule, address, person } = task(1)
  assert.deepEqual([command, args], ['digest', { from: 'https://example.org/feed' }])
  assert.deepEqual([schedule, address, person], [{ cron: '0 9 * * 1-5' }, dm, me])
})

test('the place that was chosen is where the task posts', async (t) => {
  const { tell, save, task } = await openForm(t)
  await save(tell({ what: 'digest x', when: 'every day at 9', to: 'slack:C1' }))
  assert.deepEqual(task(1).args, { from: 'x', to: 'slack:C1' })
  assert.deepEqual(task(1).address, { adapter: 'slack', account: 'T1', channel: 'C1', shared: true })
})

test('what is wrong is told with its field', async (t) => {
  const { tell } = await openForm(t)
  const cases: readonly [FormOrder, string | undefined, RegExp][] = [
    [{ what: '', when: '' }, 'what', /^Say what to do/u],
    [
      { what: 'water the plants', when: 'every day at 9' },
      'what',
      /I cannot make a task of “water the plants”/u,
    ],
    [{ what: 'tasks list', when: 'every day at 9' }, 'what', /cannot be run by a task/u],
    [{ what: 'digest', when: 'every day at 9' }, 'what', /missing from/u],
    [{ what: 'digest x to nowhere', when: 'every day at 9' }, 'what', /no place called nowhere/u],
    [{ what: 'remind pay the rent on Friday', when: 'every day' }, 'what', /“on Friday” reads like a time/u],
    [{ what: 'remind tea', when: ' ' }, 'when', /^Say when/u],
    [{ what: 'remind tea', when: 'whenever' }, 'when', /cannot read “whenever” as a time/u],
    [{ what: 'remind tea', when: 'every day until 2020-01-01' }, 'when', /would never run/u],
    [{ what: 'digest x', when: 'every day at 9', to: 'slack:C0NOWHERE' }, 'to', /no place called/u],
    [
      { what: 'remind tea', when: 'every day at 9', to: 'slack:C1' },
      'to',
      /remind knows no other place .*; leave this empty\.$/u,
    ],
  ]
  for (const [order, field, words] of cases) {
    const told = tell(order)
    assert.equal(told.kind, 'problem', JSON.stringify(order))
    assert.equal(told.kind === 'problem' ? told.field : '', field, JSON.stringify(order))
    assert.match(told.words, words)
  }
})

test('a text in quotes may speak of times', async (t) => {
  const { tell, save, task } = await openForm(t)
  await save(tell({ what: 'remind "the meeting is tomorrow"', when: 'every day at 9' }))
  assert.deepEqual(task(1).args, { text: 'the meeting is tomorrow' })
})

test('the same in Chinese, also in a plain sentence', async (t) => {
  const { tell, save, task } = await openForm(t)
  const told = tell({ what: '提醒我喝水', when: '每个工作日早上9点' }, chinese)
  assert.match(told.words, /每周一至周五 09:00/u)
  await save(told)
  assert.deepEqual([task(1).command, task(1).args], ['remind', { text: '喝水' }])
  assert.match(tell({ what: '', when: '' }, chinese).words, /^请填写做什么/u)
  assert.match(tell({ what: '浇花', when: '每天9点' }, chinese).words, /我无法把“浇花”变成任务/u)
})

test('the same order at the same instant is the same action, so that what was read can be compared', async (t) => {
  const { tell } = await openForm(t)
  const order = { what: 'remind tea', when: 'in 20 minutes' }
  assert.deepEqual(tell(order), tell(order))
  assert.notDeepEqual(tell(order), tell(order, { nowMs: nowMs + 60_000 }))
})

test('a task stands in its form as it is; what is left alone stays', async (t) => {
  const { formOf, tell, save, task, type } = await openForm(t)
  await type('/tasks add every day at 9, 5 times digest x to slack:C1', me, dm)
  const filled = formOf.fill(1, about) ?? assert.fail('not filled')
  assert.deepEqual(filled, {
    what: 'digest x',
    when: 'every day at 09:00 (Europe/Berlin); 5 times',
    to: 'slack:C1',
    edit: 1,
  })
  assert.deepEqual(tell(filled), { kind: 'problem', words: 'Nothing is changed yet.' })

  const later = tell({ ...filled, when: 'every day at 10' })
  assert.match(later.words, /^Task 1 is: .* 09:00 .*\nIt becomes: .* 10:00/u)
  await save(later)
  assert.deepEqual([task(1).args, task(1).schedule], [{ from: 'x', to: 'slack:C1' }, { cron: '0 10 * * *' }])
  assert.equal(task(1).options.count, 5)

  const now = formOf.fill(1, about) ?? assert.fail('not filled')
  await save(tell({ ...now, what: 'digest y' }))
  assert.deepEqual([task(1).args, task(1).address.channel], [{ from: 'y' }, 'C1'])
})

test('a task moves to another place, and to the direct messages where the place is cleared', async (t) => {
  const { formOf, tell, save, task, type } = await openForm(t)
  await type('/tasks add every day at 9 digest x to slack:C1', me, dm)
  const filled = formOf.fill(1, about) ?? assert.fail('not filled')
  const moved = tell({ ...filled, to: 'slack:C2' })
  assert.match(moved.words, /It will post to #C2/u)
  await save(moved)
  assert.equal(task(1).address.channel, 'C2')
  const { to: _, ...cleared } = formOf.fill(1, about) ?? assert.fail('not filled')
  const home = tell(cleared)
  assert.match(home.words, /It will post here/u)
  await save(home)
  assert.deepEqual(task(1).address, dm)
  assert.equal(formOf.fill(1, about)?.to, undefined)
})

test('the task of somebody else is none', async (t) => {
  const { formOf, tell, type } = await openForm(t)
  await type('/tasks add every day at 9 digest x', 'slack/T1/U2', { ...dm, channel: 'D2' })
  assert.equal(formOf.fill(1, about), undefined)
  assert.match(tell({ what: 'digest y', when: 'every day at 9', edit: 1 }).words, /You have no task 1/u)
})

test('a change that was told of one version is not made of another', async (t) => {
  const { formOf, tell, save, task, type } = await openForm(t)
  await type('/tasks add every day at 9 digest x', me, dm)
  const filled = formOf.fill(1, about) ?? assert.fail('not filled')
  const told = tell({ ...filled, when: 'every day at 10' })
  await save(tell({ ...filled, when: 'every day at 11' }))
  assert.match(await save(told), /was changed after I told you of it/u)
  assert.deepEqual(task(1).schedule, { cron: '0 11 * * *' })
})
