import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  openLine,
  type Hearing,
  type Line,
  type LineParts,
  type Parting,
} from '../../../../src/adapters/slack/wire/line.ts'
import { soon, type Failure } from '../../../../src/adapters/slack/wire/line-failure.ts'
import { keepLink } from '../../../../src/adapters/slack/wire/link.ts'
import { createLog } from '../../../../src/log.ts'
import { createVirtualClock } from '../../../doubles/virtual-clock.ts'

const rest = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

type FakeLine = { readonly part: (why: Parting) => void; readonly line: Line }

/** A link over lines that the test makes; `opens` are the times at which one was asked for. */
function createFakeLink(answer: (n: number) => FakeLine | Failure, random = () => 0.5, waits = true) {
  const clock = createVirtualClock(1_000_000)
  const ended = new AbortController()
  const opens: number[] = []
  const failures: string[] = []
  const events: string[] = []
  const running = keepLink({
    open: async () => {
      opens.push(clock.now() - 1_000_000)
      const given = answer(opens.length)
      return 'line' in given ? given.line : given
    },
    onOpened: () => events.push('opened'),
    onFailure: ({ why }) => failures.push(why),
    now: clock.now,
    sleep: waits ? clock.sleep : rest,
    signal: ended.signal,
    random,
  })
  return { clock, ended, opens, failures, events, running, pass: (ms: number) => clock.pass(ms, rest) }
}

function fakeLine(onRetire: () => void = () => {}): FakeLine {
  const parting = Promise.withResolvers<Parting>()
  let isOpen = true
  const retire = async (): Promise<void> => {
    isOpen = false
    onRetire()
    parting.resolve(soon('retired'))
  }
  return {
    part: parting.resolve,
    line: {
      kind: 'line',
      isOpen: () => isOpen,
      parting: parting.promise,
      ended: Promise.resolve(),
      retire,
    },
  }
}

/** A line that is over as soon as it is open. */
function closedLine(): FakeLine {
  const one = fakeLine()
  one.part(soon('closed'))
  return one
}

test('a server that closes at once for an hour is asked seldom, and for ever', async () => {
  for (const random of [() => 0, () => 0.5, () => 0.999]) {
    const house = createFakeLink(closedLine, random)
    await house.pass(3_600_000)
    const inMinute = (n: number): number => house.opens.filter((ms) => Math.floor(ms / 60_000) === n).length
    assert.ok(inMinute(0) <= 8, `${inMinute(0)} in the first minute`)
    for (let n = 1; n < 60; n++)
      assert.ok(inMinute(n) >= 2 && inMinute(n) <= 5, `${inMinute(n)} in minute ${n}`)
    house.ended.abort()
    await house.running
  }
})

test('without the waits such a server would be asked without end', async () => {
  const house = createFakeLink(closedLine, undefined, false)
  for (let n = 0; n < 200; n++) await rest()
  assert.ok(house.opens.length > 50)
  house.ended.abort()
  await house.running
})

test('a server that cannot be reached is tried after 1, 2, 4, … 30 seconds, and the first success starts anew', async () => {
  const lines: FakeLine[] = []
  const house = createFakeLink(
    (n) => {
      if (n !== 9) return soon('unreached')
      lines.push(fakeLine())
      return lines[0] as FakeLine
    },
    () => 1,
  )
  await house.pass(200_000)
  assert.deepEqual(
    house.opens,
    [0, 1, 3, 7, 15, 31, 61, 91, 121].map((s) => s * 1_000),
  )
  lines[0]?.part(soon('closed'))
  await house.pass(3_500)
  assert.deepEqual(house.opens.slice(9), [201_000, 203_000])
  house.ended.abort()
  await house.running
})

test('where a person must act it is tried each minute, and a wait that Slack asks for is kept', async () => {
  const slow = createFakeLink(
    () => ({ kind: 'failure', plan: 'person', why: 'the token' }),
    () => 1,
  )
  await slow.pass(185_000)
  assert.deepEqual(slow.opens, [0, 60_000, 120_000, 180_000])
  slow.ended.abort()
  await slow.running
  const asked = createFakeLink((n) =>
    n === 1 ? { ...soon('ratelimited'), retryAfterMs: 42_000 } : fakeLine(),
  )
  await asked.pass(100_000)
  assert.deepEqual(asked.opens, [0, 42_000])
  asked.ended.abort()
})

test('a refresh opens the new line at once, before the old one is let go', async () => {
  const order: string[] = []
  const lines: FakeLine[] = []
  const house = createFakeLink((n) => {
    order.push(`open ${n}`)
    lines.push(fakeLine(() => order.push(`retire ${n}`)))
    return lines[n - 1] as FakeLine
  })
  for (let n = 1; n <= 20; n++) {
    await house.pass(1_000)
    lines[n - 1]?.part({ kind: 'refresh' })
  }
  await house.pass(1)
  assert.deepEqual(
    house.opens,
    Array.from({ length: 21 }, (_, n) => n * 1_000),
  )
  assert.deepEqual(order.slice(0, 5), ['open 1', 'open 2', 'retire 1', 'open 3', 'retire 2'])
  assert.deepEqual(house.failures, [])
  house.ended.abort()
})

test('a refresh that fails keeps the old line until there is a new one', async () => {
  const retired: number[] = []
  const first = fakeLine(() => retired.push(1))
  const house = createFakeLink((n) => (n === 1 ? first : n < 4 ? soon('unreached') : fakeLine()))
  await house.pass(20_000)
  first.part({ kind: 'refresh' })
  await house.pass(1_000)
  assert.equal(first.line.isOpen(), true)
  await house.pass(5_000)
  assert.deepEqual([house.opens.length, retired], [4, [1]])
  house.ended.abort()
})

test('a server that asks for another line as soon as there is one is a storm, too', async () => {
  const house = createFakeLink(() => {
    const one = fakeLine()
    one.part({ kind: 'refresh' })
    return one
  })
  await house.pass(600_000)
  assert.ok(house.opens.length < 45, `${house.opens.length} in ten minutes`)
  house.ended.abort()
})

type Wire = { readonly hear: Hearing; readonly sent: string[]; readonly did: string[] }

/** One line over a socket that the test speaks for. */
async function createWire(given: Partial<LineParts> = {}) {
  const clock = createVirtualClock(0)
  const ended = new AbortController()
  const wires: Wire[] = []
  const opening = openLine({
    open: async () => ({ kind: 'ok', data: { ok: true, url: 'wss://slack.test/link?ticket=secret' } }),
    connect: async (_, hear) => {
      const wire: Wire = { hear, sent: [], did: [] }
      wires.push(wire)
      return {
        send: (text) => wire.sent.push(text),
        ping: () => wire.did.push('ping'),
        close: () => wire.did.push('close'),
        destroy: () => wire.did.push('destroy'),
      }
    },
    dispatch: async () => undefined,
    onRateLimited: () => {},
    sleep: clock.sleep,
    signal: ended.signal,
    log: createLog(
      'fatal',
      () => [],
      () => {},
    ),
    ...given,
  })
  await rest()
  const [wire] = wires
  const say = (frame: unknown): void => wire?.hear.text(JSON.stringify(frame))
  return { clock, ended, opening, say, wire, pass: (ms: number) => clock.pass(ms, rest) }
}

/** The same, after hello. */
async function createOpenWire(given: Partial<LineParts> = {}) {
  const house = await createWire(given)
  house.say({ type: 'hello', num_connections: 1 })
  const line = await house.opening
  assert.ok(line.kind === 'line')
  return { ...house, line }
}

test('each reason why no line comes about is told, with what to do', async () => {
  const reasonOf = async (
    given: Partial<LineParts>,
    act: (house: Awaited<ReturnType<typeof createWire>>) => unknown,
  ) => {
    const house = await createWire(given)
    await act(house)
    const line = await house.opening
    assert.ok(line.kind === 'failure')
    assert.ok(!line.why.includes('secret'))
    return `${line.plan}: ${line.why}`
  }
  const answering = (error: string): Partial<LineParts> => ({ open: async () => ({ kind: 'error', error }) })
  const nothing = (): void => {}
  assert.match(await reasonOf(answering('invalid_auth'), nothing), /^person: .*app token.*connections:write/u)
  assert.match(await reasonOf(answering('not_allowed_token_type'), nothing), /^person/u)
  assert.match(await reasonOf(answering('internal_error'), nothing), /^soon: .*internal_error/u)
  assert.match(
    await reasonOf({ open: async () => ({ kind: 'unreached', why: 'ECONNREFUSED' }) }, nothing),
    /^soon: .*ECONNREFUSED/u,
  )
  assert.match(await reasonOf({ open: () => Promise.reject(new Error('secret')) }, nothing), /^soon/u)
  assert.match(await reasonOf({ open: async () => ({ kind: 'ok', data: { url: 7 } }) }, nothing), /^soon/u)
  assert.match(await reasonOf({ connect: () => Promise.reject(new Error('secret')) }, nothing), /^soon/u)
  assert.match(await reasonOf({}, ({ wire }) => wire?.hear.closed('closed (1006)')), /^soon: closed/u)
  assert.match(await reasonOf({}, ({ pass }) => pass(15_000)), /^soon: .*hello/u)
  assert.match(
    await reasonOf({}, ({ say }) => say({ type: 'disconnect', reason: 'too_many_websockets' })),
    /^soon: .*ten/u,
  )
  assert.match(
    await reasonOf({}, ({ say }) => say({ type: 'disconnect', reason: 'link_disabled' })),
    /^person: .*turn it on/u,
  )
  assert.match(await reasonOf({}, ({ say }) => say({ type: 'disconnect', reason: 'warning' })), /^soon/u)
})

test('an envelope is acknowledged after it was taken in, and one that was not is left', async () => {
  const taking = Promise.withResolvers<Record<string, unknown> | undefined>()
  const seen: unknown[] = []
  const { say, wire } = await createOpenWire({
    dispatch: async (arrival) => {
      seen.push(arrival)
      return seen.length === 1
        ? taking.promise
        : seen.length === 2
          ? { text: 'x' }
          : Promise.reject(new Error('full'))
    },
  })
  say({ type: 'slash_commands', envelope_id: 'a', payload: { n: 1 }, accepts_response_payload: true })
  say({ type: 'events_api', envelope_id: 'b', payload: { n: 2 }, retry_attempt: 1, retry_reason: 'timeout' })
  say({ type: 'events_api', envelope_id: 'c', payload: { n: 3 } })
  await rest()
  assert.deepEqual(wire?.sent, ['{"envelope_id":"b"}'])
  taking.resolve({ text: 'done' })
  await rest()
  assert.deepEqual(wire?.sent.slice(1), ['{"envelope_id":"a","payload":{"text":"done"}}'])
  assert.deepEqual(seen, [
    { body: { n: 1 }, retryNum: undefined, retryReason: undefined },
    { body: { n: 2 }, retryNum: 1, retryReason: 'timeout' },
    { body: { n: 3 }, retryNum: undefined, retryReason: undefined },
  ])
})

test('being limited is told and acknowledged, and is no arrival', async () => {
  const minutesMs: number[] = []
  const { say, wire } = await createOpenWire({
    onRateLimited: (ms) => minutesMs.push(ms),
    dispatch: () => assert.fail('no arrival'),
  })
  say({
    type: 'events_api',
    envelope_id: 'a',
    payload: { type: 'app_rate_limited', minute_rate_limited: 60 },
  })
  await rest()
  assert.deepEqual([minutesMs, wire?.sent], [[60_000], ['{"envelope_id":"a"}']])
})

test('odd frames are left aside', async () => {
  const { wire, line, say } = await createOpenWire()
  for (const text of [
    '',
    'null',
    '[]',
    '{}',
    '7',
    '{"type":7}',
    '{',
    '{"type":"x"}',
    '\u0000',
    '{"envelope_id":"a"}',
  ])
    wire?.hear.text(text)
  say({ type: 'events_api', envelope_id: 7, payload: {} })
  say({ type: 'events_api', envelope_id: 'a', retry_attempt: 'x', payload: null })
  await rest()
  assert.equal(line.isOpen(), true)
  assert.deepEqual(wire?.sent, ['{"envelope_id":"a"}'])
})

test('a line without any sign of life for 15 seconds is over, and any sign keeps it', async () => {
  const { wire, line, pass } = await createOpenWire()
  for (let n = 0; n < 10; n++) {
    await pass(12_000)
    wire?.hear.sign()
  }
  assert.equal(line.isOpen(), true)
  await pass(20_000)
  assert.equal(line.isOpen(), false)
  assert.deepEqual(await line.parting, soon('the connection fell silent'))
  assert.equal(wire?.did.at(-1), 'destroy')
})

test('a line that retires waits for what is under way, but not for ever', async () => {
  const taking = Promise.withResolvers<undefined>()
  const { wire, line, say, pass } = await createOpenWire({ dispatch: () => taking.promise })
  say({ type: 'events_api', envelope_id: 'a', payload: {} })
  const retired = line.retire(10_000)
  await pass(4_000)
  assert.ok(!wire?.did.includes('close'))
  taking.resolve(undefined)
  await pass(600)
  await retired
  assert.deepEqual(wire?.sent, ['{"envelope_id":"a"}'])
  assert.deepEqual(wire?.did.slice(-2), ['close', 'destroy'])

  const stuck = await createOpenWire({ dispatch: () => new Promise(() => {}) })
  stuck.say({ type: 'events_api', envelope_id: 'a', payload: {} })
  const ended = stuck.line.retire(1_400)
  await stuck.pass(1_900)
  await ended
  assert.equal(stuck.wire?.did.at(-1), 'destroy')
})
