import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { slackAddress } from '../../../../src/adapters/slack/contract.ts'
import { createDrafts, type Drafts } from '../../../../src/adapters/slack/out/drafts.ts'
import { createLog } from '../../../../src/log.ts'
import { createScriptedSlack, type ScriptedSlack, type Trouble } from './scripted-slack.ts'

const threads = [
  slackAddress('T1', 'C1', '1600000000.000001'),
  slackAddress('T1', 'C1', '1600000000.000002'),
  slackAddress('T1', 'D1', '1600000000.000003'),
]
const ids = [
  'C1/1600000000.000001',
  'C1/1600000000.000005',
  'C1/1600000000.000002',
  'D1/1600000000.000003',
  'run/7',
]
const addressOf = (i: number) => threads[[0, 0, 1, 2, 0][i] ?? 0] ?? assert.fail()

function draftsOf({ api, clock }: ScriptedSlack, startedAtMs = 0): Drafts {
  return createDrafts({
    urls: { of: () => undefined },
    api,
    draftText: (text) => text,
    escape: (text) => text,
    messageOf: () => ({ author: { id: 'U1', name: 'Ann' }, text: 'hi' }),
    hasOpen: () => false,
    cutShort: () => [],
    startedAtMs,
    now: clock.now,
    sleep: clock.sleep,
    log: createLog(
      'error',
      () => [],
      () => undefined,
    ),
  })
}

const which = fc.nat({ max: ids.length - 1 })
const step = fc.oneof(
  fc.record({ kind: fc.constant('draft'), which, chars: fc.nat({ max: 200 }) }),
  fc.record({ kind: fc.constant('progress'), which, chars: fc.nat({ max: 40 }) }),
  fc.record({
    kind: fc.constantFrom('begin', 'sent', 'failed', 'unknown', 'drop'),
    which,
    chars: fc.constant(0),
  }),
  fc.record({ kind: fc.constant('pass'), which, chars: fc.nat({ max: 200 }) }),
)
type Step = { readonly kind: string; readonly which: number; readonly chars: number }

/** Plays the steps, then ends every answer, and lets ten minutes pass. */
async function play(
  steps: readonly Step[],
  troubles: readonly Trouble[],
  doesEnd: boolean,
): Promise<ScriptedSlack> {
  const left = [...troubles]
  const slack = createScriptedSlack(() => left.shift())
  const drafts = draftsOf(slack)
  const end = async (i: number, delivery: 'sent' | 'failed' | 'unknown'): Promise<void> => {
    const id = ids[i] ?? ''
    const of = drafts.of(id, addressOf(i))
    // So long a status is waited for that does not go out, and a draft that is lost.
    await slack.pass(8_500)
    await of
    const run = id === 'run/7' ? { run: 7 } : {}
    drafts.settled({ answers: id === 'run/7' ? null : id, address: addressOf(i), ...run }, delivery)
  }
  for (const { kind, which: i, chars } of steps) {
    const [id, address] = [ids[i] ?? '', addressOf(i)]
    if (kind === 'draft') drafts.show(id, address, { kind: 'draft', text: 'x'.repeat(chars) })
    if (kind === 'progress') drafts.show(id, address, { kind: 'progress', text: `step ${chars}` })
    if (kind === 'begin') drafts.begin(id, address)
    if (kind === 'drop') void drafts.drop(id)
    if (kind === 'pass') await slack.pass(chars * 50)
    if (kind === 'sent' || kind === 'failed' || kind === 'unknown') await end(i, kind)
  }
  if (doesEnd) for (const i of ids.keys()) await end(i, 'sent')
  await slack.pass(600_000)
  return slack
}

test('no status stays behind, whatever is shown, sent, dropped and fails', async () => {
  const trouble = fc.constantFrom<Trouble>('refused', 'limited', 'unreached', 'lost', 'cut')
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 12 }),
      fc.array(trouble, { maxLength: 3 }),
      async (steps, troubles) => {
        // A refusal of what would put it out is an answer: the thread is not there any more.
        const slack = await play(
          steps,
          troubles.filter((one) => one !== 'refused'),
          true,
        )
        assert.deepEqual(slack.lit(), [])
        const before = slack.calls.length
        await slack.pass(3_600_000)
        assert.equal(slack.calls.length, before, 'nothing goes on')
      },
    ),
    { numRuns: 150 },
  )
})

test('without word of the answer the status stays: the test above sees it', async () => {
  const steps = [
    { kind: 'draft', which: 0, chars: 100 },
    { kind: 'pass', which: 0, chars: 40 },
  ]
  assert.notDeepEqual((await play(steps, [], false)).lit(), [])
})

test('a model that nobody hears of for half an hour is not at work any more', async () => {
  const slack = createScriptedSlack(() => undefined)
  const drafts = draftsOf(slack)
  drafts.show(ids[0] ?? '', addressOf(0), { kind: 'draft', text: 'x'.repeat(100) })
  await slack.pass(1_799_000)
  assert.equal(slack.lit().length, 2)
  await slack.pass(20_000)
  assert.deepEqual(slack.lit(), [])
})

test('the end of the program takes every status and every message of a run away, within a second', async () => {
  const slack = createScriptedSlack(() => undefined)
  const drafts = draftsOf(slack)
  for (const i of ids.keys()) drafts.show(ids[i] ?? '', addressOf(i), { kind: 'progress', text: 'reading' })
  await slack.pass(4_000)
  assert.equal(slack.lit().length, 6)
  assert.equal(slack.messages.size, 1)
  const stopped = drafts.stop()
  await slack.pass(1_000)
  await stopped
  assert.deepEqual(slack.lit(), [])
  assert.equal(slack.messages.size, 0)
  const before = slack.calls.length
  drafts.show('C1/1600000000.000009', addressOf(0), { kind: 'progress', text: 'late' })
  await slack.pass(3_600_000)
  assert.equal(slack.calls.length, before)
})

test('a Slack that does not answer holds up the end for a second, no longer', async () => {
  const slack = createScriptedSlack(() => 'limited')
  const drafts = draftsOf(slack)
  drafts.show(ids[0] ?? '', addressOf(0), { kind: 'draft', text: 'x'.repeat(100) })
  await slack.pass(1_000)
  const beganAtMs = slack.clock.now()
  let tookMs = -1
  const stopped = drafts.stop().then(() => (tookMs = slack.clock.now() - beganAtMs))
  await slack.pass(60_000)
  await stopped
  assert.ok(tookMs >= 0 && tookMs <= 1_000, String(tookMs))
})

test('two messages in one thread: the status goes out with the last of them', async () => {
  const slack = createScriptedSlack(() => undefined)
  const drafts = draftsOf(slack)
  const [first = '', second = ''] = ids
  drafts.begin(first, addressOf(0))
  drafts.begin(second, addressOf(1))
  await slack.pass(1_000)
  drafts.settled({ answers: first, address: addressOf(0) }, 'sent')
  await slack.pass(1_000)
  assert.equal(slack.lit().length, 2)
  drafts.settled({ answers: second, address: addressOf(1) }, 'sent')
  await slack.pass(1_000)
  assert.deepEqual(slack.lit(), [])
})

test('a method that the app may not use is left alone for an hour', async () => {
  let wrong = 0
  const slack = createScriptedSlack(() => undefined)
  const api: ScriptedSlack['api'] = {
    ...slack.api,
    call: (method, args, options) => {
      if (method !== 'agents.sessions.setStatus') return slack.api.call(method, args, options)
      wrong++
      return Promise.resolve({ kind: 'error', error: 'missing_scope' })
    },
  }
  const drafts = draftsOf({ ...slack, api })
  const talk = async (ts: string): Promise<void> => {
    const address = slackAddress('T1', 'C1', ts)
    drafts.begin(`C1/${ts}`, address)
    await slack.pass(500)
    drafts.settled({ answers: `C1/${ts}`, address }, 'sent')
    await slack.pass(500)
  }
  for (let n = 1; n <= 5; n++) await talk(`160000000${n}.000000`)
  assert.equal(wrong, 1)
  await slack.pass(3_600_000)
  await talk('1600000009.000000')
  assert.equal(wrong, 2)
})

test('no more than a thousand drafts are kept, and what comes after an answer is late', async () => {
  const slack = createScriptedSlack(() => undefined)
  const drafts = draftsOf(slack)
  for (let n = 0; n < 1_500; n++) {
    const ts = `1600${String(n).padStart(6, '0')}.000000`
    drafts.show(`C1/${ts}`, slackAddress('T1', 'C1', ts), { kind: 'progress', text: 'reading' })
  }
  await slack.pass(500)
  assert.equal(slack.calls.filter(({ method }) => method === 'assistant.threads.setStatus').length, 1_000)
  const first = slackAddress('T1', 'C1', '1600000000.000000')
  drafts.settled({ answers: 'C1/1600000000.000000', address: first }, 'sent')
  await slack.pass(500)
  const before = slack.calls.length
  drafts.show('C1/1600000000.000000', first, { kind: 'draft', text: 'x'.repeat(100) })
  await slack.pass(500)
  assert.equal(
    slack.calls.slice(before).filter(({ args }) => args['thread_ts'] === '1600000000.000000').length,
    0,
  )
})
