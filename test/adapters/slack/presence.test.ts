import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SlackAnswer } from '../../../src/adapters/slack/contract.ts'
import { createPresence } from '../../../src/adapters/slack/presence.ts'
import { FaultError } from '../../../src/errors.ts'
import { createLog } from '../../../src/log.ts'

const gone = new FaultError('network', 'Slack cannot be reached: no answer')
const dead = new FaultError('bad-key', 'Slack does not accept the bot token')
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** A Slack that is what `slack.wrong` says each time when it is asked; the next time comes with `tick`. */
function stage() {
  const slack: { wrong: FaultError | undefined; asked: number; lacks: string | undefined } = {
    wrong: undefined,
    asked: 0,
    lacks: undefined,
  }
  const lines: string[] = []
  const waitsMs: number[] = []
  const ended = new AbortController()
  let [known, nowMs] = [0, 1_000_000]
  let next = Promise.withResolvers<void>()
  const presence = createPresence({
    learn: async () => {
      slack.asked++
      if (slack.wrong !== undefined) throw slack.wrong
    },
    onKnown: () => void known++,
    lacking: () => slack.lacks,
    signal: ended.signal,
    now: () => nowMs,
    sleep: async (ms) => {
      waitsMs.push(ms)
      await next.promise
    },
    log: createLog(
      'info',
      () => [],
      (line) => void lines.push(String(JSON.parse(line).msg)),
    ),
  })
  const tick = async (): Promise<void> => {
    const { resolve } = next
    next = Promise.withResolvers<void>()
    resolve()
    await settle()
  }
  const note = async (answer: SlackAnswer): Promise<void> => {
    presence.note(answer)
    await settle()
  }
  const pass = (ms: number): void => void (nowMs += ms)
  return { presence, slack, lines, waitsMs, tick, note, pass, known: () => known, end: () => ended.abort() }
}

test('a Slack that is not there at the start is asked until it is, and each change is one line', async () => {
  const { presence, slack, lines, waitsMs, tick, known } = stage()
  slack.wrong = gone
  presence.ask()
  await settle()
  for (let i = 0; i < 8; i++) await tick()
  assert.equal(presence.trouble(), gone.message)
  assert.deepEqual(lines, [gone.message])
  assert.deepEqual(waitsMs.slice(0, 8), [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000])
  // It is there now, and has never heard of us: that is for a person to mend, so it is told.
  slack.wrong = dead
  for (let i = 0; i < 3; i++) await tick()
  assert.equal(presence.trouble(), dead.message)
  assert.deepEqual(lines, [gone.message, dead.message])
  assert.equal(known(), 0)
  slack.wrong = undefined
  await tick()
  assert.equal(presence.trouble(), undefined)
  assert.deepEqual(lines.slice(2), ['Slack can be reached again'])
  assert.equal(known(), 1)
  await tick()
  assert.equal(slack.asked, 13, 'who is well is not asked')
})

test('a call that did not get through, or whose token is dead, is looked into; others are not', async () => {
  const { presence, slack, note, tick, lines, known } = stage()
  await note({ kind: 'ok', data: {} })
  for (const error of ['channel_not_found', 'ratelimited', 'missing_scope', 'not_in_channel'])
    await note({ kind: 'error', error })
  assert.equal(slack.asked, 0)
  const looked: readonly SlackAnswer[] = [
    { kind: 'unreached', why: 'no connection' },
    { kind: 'unclear', why: 'HTTP 500' },
    { kind: 'error', error: 'token_revoked' },
    { kind: 'error', error: 'account_inactive' },
  ]
  for (const answer of looked) {
    slack.wrong = answer.kind === 'error' ? dead : gone
    await note(answer)
    assert.equal(presence.trouble(), slack.wrong.message)
    await note(answer)
    slack.wrong = undefined
    await tick()
    assert.equal(presence.trouble(), undefined)
  }
  assert.equal(slack.asked, 8, 'each was asked about once, and once more until it was well')
  assert.equal(lines.length, 8)
  assert.equal(known(), 4)
})

test('a single call that breaks says nothing, where Slack is well', async () => {
  const { presence, slack, note, lines, known } = stage()
  presence.ask()
  await settle()
  for (let i = 0; i < 5; i++) await note({ kind: 'unclear', why: 'reset' })
  assert.deepEqual([slack.asked, lines, presence.trouble(), known()], [6, [], undefined, 1])
})

test('the end of the program is no trouble', async () => {
  const { presence, slack, lines, end, note } = stage()
  slack.wrong = gone
  end()
  presence.ask()
  await note({ kind: 'unreached', why: 'closed' })
  assert.deepEqual([slack.asked, lines], [0, []])
})

test('that Slack leaves events out is told once, for as long as it lasts', async () => {
  const { presence, lines, pass } = stage()
  presence.rateLimited(960_000)
  presence.rateLimited(960_000)
  assert.match(presence.trouble() ?? '', /too many/u)
  // A clock of Slack's that is far ahead does not hold it up.
  presence.rateLimited(9_000_000)
  pass(119_999)
  assert.notEqual(presence.trouble(), undefined)
  pass(1)
  assert.equal(presence.trouble(), undefined)
  assert.equal(lines.length, 1)
})

test('what a Slack that knows us did not grant is told once, until it is something else', async () => {
  const { presence, slack, lines, note } = stage()
  slack.lacks = 'files:read is not granted'
  presence.ask()
  await settle()
  await note({ kind: 'unclear', why: 'reset' })
  assert.deepEqual(lines, ['files:read is not granted'])
  assert.equal(presence.trouble(), undefined, 'it works in part')
  slack.lacks = undefined
  await note({ kind: 'unclear', why: 'reset' })
  slack.lacks = 'files:read is not granted'
  await note({ kind: 'unclear', why: 'reset' })
  assert.equal(lines.length, 2)
})
