import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Answer } from '../../src/answer.ts'
import { createAssistant } from '../../src/assistant.ts'
import { createLog } from '../../src/log.ts'
import { randomCode } from '../../src/pairing.ts'
import { createPeople } from '../../src/people.ts'
import { scripted } from '../doubles/models.ts'
import { here, nowMs, openWorld, zone, type World } from './task-world.ts'

/** Speaks with the assistant, whose model says what the script holds; what an answer changes is committed. */
function speaker(
  { store, table, tasks }: World,
  script: Parameters<typeof scripted>[0] = [],
): (text: string) => Promise<Answer> {
  const model = scripted(script)
  const assistant = createAssistant({
    table,
    people: createPeople({
      local: new Set(['terminal']),
      read: store.read.people,
      isOpen: () => false,
      now: () => nowMs,
      newCode: randomCode,
    }),
    read: store.read,
    places: { nameOf: () => 'a place', settled: async () => undefined },
    modelFor: () => model,
    attach: () => assert.fail('no file is expected'),
    shorten: (text) => text,
    restate: tasks.restate,
    limits: () => ({ historyTokens: 3_000, answerTokens: 500, maxMessageChars: 1_000 }),
    zone: () => zone,
    language: () => 'auto',
    now: () => nowMs,
    log: createLog(
      'warn',
      () => [],
      () => undefined,
    ),
  })
  let events = 0
  return async (text) => {
    const message = {
      id: `m${++events}`,
      address: here,
      author: { id: 'me', name: 'me' },
      text,
      sentAtMs: nowMs,
    }
    const answer = await assistant.answer(message, events, new AbortController().signal, () => undefined)
    await store.writeAll(answer.writes)
    return answer
  }
}

test('a yes sets the task, a second yes runs it once to see what comes, a third finds nothing to say yes to', async (t) => {
  const world = await openWorld(t)
  const speak = speaker(world, ['I am not sure what you mean.'])
  assert.match((await speak('/tasks add every day at 9 digest x')).reply.text, /\nShall I\? \(yes \/ no\)$/u)
  assert.equal(world.store.read.tasks.get(1), undefined)
  const set = await speak('yes')
  assert.match(set.reply.text, /^Task 1 is set\.\n[^]*Say yes, or leave it\.$/u)
  assert.equal(set.reply.status, 'done')
  assert.equal(world.open('queued').length, 0)
  assert.match((await speak('yes')).reply.text, /^Task 1 \(digest x\) runs now/u)
  assert.deepEqual(
    world.open('queued').map(({ isOrdered }) => isOrdered),
    [true],
  )
  await speak('yes')
  assert.equal(world.open('queued').length, 1)
})

test('a program’s yes is to the offer that it saw, and not to what was asked since', async (t) => {
  const world = await openWorld(t)
  const speak = speaker(world)
  await speak('/tasks add every day at 9 digest x')
  const { data } = (await speak('yes')).reply
  const token = data instanceof Object && 'approval' in data ? String(data.approval) : assert.fail()
  assert.match(token, /^[0-9a-f]{8}$/u)
  await speak('/tasks edit 1 every day at 10')
  const late = await speak(`yes ${token}`)
  assert.match(late.reply.text, /^That question is no longer open/u)
  assert.equal(world.task(1).version, 1)
  assert.equal(world.open('queued').length, 0)
})

test('a no to the offer does not sound as if the task were not set', async (t) => {
  const world = await openWorld(t)
  const speak = speaker(world)
  await speak('/tasks add every day at 9 digest x')
  await speak('yes')
  assert.equal((await speak('no')).reply.text, 'All right, I leave that.')
  assert.equal(world.task(1).state, 'active')
  assert.equal(world.open('queued').length, 0)
})

test('who leaves the offer and speaks of something else orders nothing', async (t) => {
  const world = await openWorld(t)
  const speak = speaker(world, ['It is noon.', 'What do you mean?'])
  await speak('/任务 添加 每天早上9点摘要 x')
  assert.match((await speak('好')).reply.text, /^任务 1 已设定。\n[^]*说“好”就运行；不需要就不用理会。$/u)
  await speak('what time is it?')
  await speak('ok')
  assert.equal(world.open('queued').length, 0)
})

test('a change that a model proposes is told back whole and waits for a yes, like one that is typed', async (t) => {
  const world = await openWorld(t)
  await world.type('/tasks add every day at 9 digest x')
  const speak = speaker(world, [
    { call: 'tasks', args: { action: 'edit', id: 1, text: 'every day at 10' } },
    { call: 'tasks', args: { action: 'cancel', id: 1 } },
    { call: 'tasks', args: { action: 'history', text: 'failed' } },
  ])
  const asked = await speak('an hour later, please')
  assert.match(
    asked.reply.text,
    /^Task 1 is: [^]*\nIt becomes: digest x, every day at 10:00 \(Europe\/Berlin\)\./u,
  )
  assert.equal(asked.reply.status, 'asked')
  assert.equal(world.task(1).version, 1)
  await speak('yes')
  assert.deepEqual(world.task(1).schedule, { cron: '0 10 * * *' })
  assert.equal((await speak('stop what it does')).reply.status, 'asked')
  assert.equal((await speak('what went wrong?')).reply.text, 'There is no run that ended so: failed.')
})
