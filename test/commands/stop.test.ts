import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runOrder } from '../../src/answer.ts'
import { createCommandTable } from '../../src/command.ts'
import { createStop } from '../../src/commands/stop.ts'
import { isWithin, type Address } from '../../src/message.ts'
import type { Role } from '../../src/people.ts'
import { wordsOf } from '../../src/words.ts'
import type { Reply } from '../../src/message.ts'
import { openHouse } from '../doubles/house.ts'
import { hang, scripted } from '../doubles/models.ts'
import { createPlatform } from '../doubles/platform.ts'
import { contextOf } from './task-world.ts'

const direct: Address = { adapter: 'slack', account: 'T1', channel: 'D1' }
const channel: Address = { ...direct, channel: 'C1', shared: true }

/** What a stop that is said there stops of these lanes. */
async function stoppedAt(address: Address, ...running: readonly string[]): Promise<number> {
  const stop = createStop({
    stopAnswers: (place) => running.filter((lane) => isWithin(lane, place)).length,
    stopRuns: () => 0,
  })
  const context = contextOf({ address })
  const read = createCommandTable([stop]).read('stop', context)
  assert.ok(read?.kind === 'invocation')
  const { data } = (await read.invocation.run(context)).reply
  return data instanceof Object && 'answers' in data ? Number(data.answers) : 0
}

test('a stop in a thread is for that thread; outside threads it is for the whole place', async () => {
  const threads = ['slack/T1/C1/1.5', 'slack/T1/C1/2.5']
  assert.equal(await stoppedAt({ ...channel, thread: '1.5' }, ...threads), 1)
  assert.equal(await stoppedAt(channel, ...threads, 'slack/T1/C12/1.5'), 2)
})

test('where nobody else is, a stop in a new thread means the others; in a channel it does not', async () => {
  assert.equal(await stoppedAt({ ...direct, thread: '9.5' }, 'slack/T1/D1/1.5'), 1)
  assert.equal(await stoppedAt({ ...direct, thread: '1.5' }, 'slack/T1/D1/1.5', 'slack/T1/D1/2.5'), 1)
  assert.equal(await stoppedAt({ ...channel, thread: '9.5' }, 'slack/T1/C1/1.5'), 0)
})

test('a guest stops answers, and no run of a task', async () => {
  const stop = createStop({ stopAnswers: () => 1, stopRuns: () => 2 })
  const stopped = async (role: Role): Promise<unknown> => {
    const context = contextOf({ address: channel, person: { key: 'slack/T1/U1', name: 'Eve', role } })
    const read = createCommandTable([stop]).read('stop', context) ?? assert.fail('no order')
    return (await runOrder(read, context, wordsOf('en'))).reply.data
  }
  assert.deepEqual(await stopped('guest'), { answers: 1, runs: 0 })
  assert.deepEqual(await stopped('member'), { answers: 1, runs: 2 })
})

test('what was stopped is counted, and nothing that was not', () => {
  const [english, chinese] = [wordsOf('en').started, wordsOf('zh').started]
  assert.equal(english.stopped(1, 0), 'Stopped: 1 answer.')
  assert.equal(english.stopped(0, 2), 'Stopped: 2 runs of tasks.')
  assert.equal(english.stopped(2, 1), 'Stopped: 2 answers, 1 run of tasks.')
  assert.equal(chinese.stopped(1, 0), '已停止：1 个回答。')
  assert.equal(chinese.stopped(1, 2), '已停止：1 个回答，2 次任务运行。')
})

test('an answer that is stopped says that somebody is told of it already', async (t) => {
  const platform = { ...createPlatform('chat'), split: (reply: Reply) => [reply] }
  const house = await openHouse(t, { model: scripted([hang]), platform })
  await platform.deliver('a long story', { id: 'story' })
  await platform.deliver('stop', { id: 'stop' })
  const [story, stop] = await Promise.all(
    ['story', 'stop'].map((id) => platform.posted(({ answers }) => answers === id)),
  )
  assert.equal(story?.reply.isStopped, true)
  assert.equal(stop?.reply.text, 'Stopped: 1 answer.')
  assert.equal(stop.reply.isStopped, undefined)
  await house.lanes.idle()
})
