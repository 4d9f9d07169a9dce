import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createCommandTable } from '../../src/command.ts'
import { createStop } from '../../src/commands/stop.ts'
import { isWithin, type Address } from '../../src/message.ts'
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
