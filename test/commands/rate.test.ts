import assert from 'node:assert/strict'
import { suite, test, type TestContext } from 'node:test'
import { runOrder } from '../../src/answer.ts'
import { createCommandTable, type Outcome } from '../../src/command.ts'
import { createRate } from '../../src/commands/rate.ts'
import type { Role } from '../../src/people.ts'
import { wordsOf } from '../../src/words.ts'
import { home, nowMs, openRows } from '../people-world.ts'

/** /rate over real rows with the posts `inbox/1` and `inbox/2#1`. */
function world(t: TestContext) {
  const rows = openRows(t)
  for (const key of ['inbox/1', 'inbox/2#1']) {
    const reply = { text: 'x', status: 'done' } as const
    rows.writes['outbox.queue']({ key, address: home, answers: null, reply, createdAtMs: nowMs })
  }
  const table = createCommandTable([createRate(rows.feedback)])
  const say = async (text: string, who = 'U1', atMs = nowMs, role: Role = 'member'): Promise<Outcome> => {
    const read = table.read(text, { nowMs: atMs, zone: 'UTC' })
    assert.ok(read !== undefined, text)
    const context = {
      person: { key: `slack/T1/${who}`, name: who, role },
      address: home,
      language: 'en' as const,
      nowMs: atMs,
      zone: 'UTC',
      signal: new AbortController().signal,
      progress: () => undefined,
    }
    const outcome = await runOrder(read, context, wordsOf('en'))
    rows.commit(outcome.writes ?? [])
    return outcome
  }
  return { ...rows, table, say }
}

suite('/rate', () => {
  test('notes what a person says of a post, to them alone', async (t) => {
    const { say, feedback } = world(t)
    const { reply } = await say('/rate good inbox/1')
    assert.deepEqual(reply, { text: 'Thanks, noted.', status: 'done', aside: true })
    await say('/评价 差 inbox/2#1')
    assert.deepEqual(feedback.counts(0), { good: 1, bad: 1 })
  })

  test('keeps the newest word of each person on each post', async (t) => {
    const { say, feedback } = world(t)
    await say('/rate good inbox/1')
    await say('/rate good inbox/1')
    await say('/rate bad inbox/1')
    assert.deepEqual(feedback.counts(0), { good: 0, bad: 1 })
    await say('/rate good inbox/1', 'U2')
    assert.deepEqual(feedback.counts(0), { good: 1, bad: 1 })
  })

  test('alone it tells how often each was said in the last 30 days', async (t) => {
    const { say } = world(t)
    assert.equal((await say('/rate')).reply.text, 'Nobody has rated an answer in the last 30 days.')
    await say('/rate good inbox/1')
    await say('/rate bad inbox/2#1', 'U1', nowMs + 1)
    const later = nowMs + 30 * 86_400_000
    const texts = await Promise.all([later, later + 1].map((atMs) => say('rate', 'U1', atMs)))
    assert.deepEqual(
      texts.map(({ reply }) => [reply.text, reply.data]),
      [
        ['In the last 30 days: 1 good, 1 bad.', { good: 1, bad: 1 }],
        ['In the last 30 days: 0 good, 1 bad.', { good: 0, bad: 1 }],
      ],
    )
  })

  test('takes no other word, no post that is not there, and nothing by half', async (t) => {
    const { say, feedback } = world(t)
    const orders = ['good', 'good inbox/9', "good inbox/1' OR 1", 'great inbox/1', 'good inbox/1 inbox/2#1']
    for (const order of orders) assert.equal((await say(`/rate ${order}`)).reply.status, 'misused', order)
    assert.equal((await say('/rate good inbox/1', 'U1', nowMs, 'blocked')).reply.status, 'refused')
    assert.deepEqual(feedback.counts(0), { good: 0, bad: 0 })
  })

  test('is no tool, and a look: a press on it leaves a question that is open as it is', (t) => {
    const { table } = world(t)
    assert.deepEqual(table.tools, [])
    const read = table.read('/rate good inbox/1', { nowMs, zone: 'UTC' })
    assert.equal(read?.kind === 'invocation' && read.invocation.tier, 'read')
  })
})
