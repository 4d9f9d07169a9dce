import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { Arrival, Dispatch } from '../../../../src/adapters/slack/wire/arrival.ts'
import { createSignedRoute, type SignedRoute } from '../../../../src/adapters/slack/wire/signed.ts'
import { serverOf } from '../../../../src/adapters/http/server.ts'
import { createLog } from '../../../../src/log.ts'
import { createSlackDouble } from '../../../doubles/slack/slack.ts'

const secret = '8f742231b10e8888abcd99yyyzzz85a5'
const startMs = 1_531_420_618_000

type House = {
  readonly route: SignedRoute
  readonly arrivals: Arrival[]
  readonly minutesMs: number[]
  readonly lines: string[]
  readonly clock: { nowMs: number }
}

function createHouse(dispatch: Dispatch = async () => undefined, signingSecret = secret): House {
  const arrivals: Arrival[] = []
  const minutesMs: number[] = []
  const lines: string[] = []
  const clock = { nowMs: startMs }
  const route = createSignedRoute({
    signingSecret,
    dispatch: (arrival) => {
      arrivals.push(arrival)
      return dispatch(arrival)
    },
    onRateLimited: (minuteMs) => minutesMs.push(minuteMs),
    now: () => clock.nowMs,
    log: createLog(
      'info',
      () => [],
      (line) => void lines.push(line),
    ),
  })
  return { route, arrivals, minutesMs, lines, clock }
}

type Sent = {
  body?: string | Uint8Array<ArrayBuffer>
  type?: string
  at?: string
  signature?: string
  headers?: object
}

/** A request as Slack signs it, but for what is given. */
function signed({
  body = '{}',
  type = 'application/json',
  at = '1531420618',
  signature,
  headers,
}: Sent = {}): Request {
  const right = `v0=${createHmac('sha256', secret).update(`v0:${at}:`).update(body).digest('hex')}`
  return new Request('https://bot.test/slack/events', {
    method: 'POST',
    body,
    headers: {
      'content-type': type,
      'x-slack-request-timestamp': at,
      'x-slack-signature': signature ?? right,
      ...headers,
    },
  })
}

const form = 'application/x-www-form-urlencoded'
/** The example of docs.slack.dev/authentication/verifying-requests-from-slack. */
const documented = {
  body: 'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c',
  signature: 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
  type: form,
}

test('the signature that Slack documents is right', async () => {
  const { route, arrivals } = createHouse()
  assert.equal((await route.handle(signed(documented))).status, 200)
  assert.deepEqual(arrivals[0]?.body, Object.fromEntries(new URLSearchParams(documented.body)))
})

test('a signature in any other form is refused before anything is read', async () => {
  const { route, arrivals } = createHouse()
  const { signature } = documented
  const odd = [
    '',
    'v0=',
    signature.slice(0, -1),
    `${signature}=x`,
    `${signature} x`,
    `${signature}00`,
    `${signature}, ${signature}`,
    signature.slice(3),
    signature.replace('v0', 'v1'),
    signature.toUpperCase(),
    signature.replace(/.$/u, 'g'),
    signature.replace(/.$/u, '4'),
    `v0=${'0'.repeat(64)}`,
  ]
  for (const one of odd)
    assert.equal((await route.handle(signed({ ...documented, signature: one }))).status, 401, one)
  const others: Sent[] = [
    { ...documented, body: `${documented.body}&x=1` },
    { ...documented, at: '1531420619' },
    { body: 'not JSON', signature },
    { at: '' },
    { at: '1531420618.0' },
    { at: '-1' },
    { at: '0x5b47' },
  ]
  for (const one of others) assert.equal((await route.handle(signed(one))).status, 401, JSON.stringify(one))
  assert.equal(arrivals.length, 0)
})

test('only what was signed within five minutes is taken, to either side', async () => {
  const { route, clock } = createHouse()
  const statusAt = async (offsetMs: number): Promise<number> => {
    clock.nowMs = startMs + offsetMs
    return (await route.handle(signed())).status
  }
  assert.deepEqual(
    [await statusAt(300_000), await statusAt(-300_000), await statusAt(300_001), await statusAt(-300_001)],
    [200, 200, 401, 401],
  )
})

test('no other secret, and no change of a byte, passes', async () => {
  const { route, arrivals } = createHouse()
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 60 }), fc.nat(), async (bytes, at) => {
      const body = Uint8Array.from(bytes)
      const changed = Uint8Array.from(bytes)
      changed[at % changed.length] = (changed[at % changed.length] ?? 0) ^ 1
      const signature = signed({ body }).headers.get('x-slack-signature') ?? ''
      assert.notEqual((await route.handle(signed({ body }))).status, 401)
      assert.equal((await route.handle(signed({ body: changed, signature }))).status, 401)
    }),
    { numRuns: 60 },
  )
  arrivals.length = 0
  const foreign = createHouse(undefined, 'another secret')
  assert.equal((await foreign.route.handle(signed(documented))).status, 401)
  assert.throws(() => createHouse(undefined, ''), { fault: 'bad-request' })
})

test('events, clicks and commands are read, whatever their content type adds', async () => {
  const { route, arrivals } = createHouse()
  const click = { type: 'block_actions', actions: [{ value: 'ü&=' }] }
  const payload = new URLSearchParams({ payload: JSON.stringify(click) }).toString()
  await route.handle(signed({ body: '{"event":{"text":"汉"}}', type: 'application/json; charset=utf-8' }))
  await route.handle(signed({ body: payload, type: `${form}; charset=utf-8` }))
  await route.handle(signed({ body: 'ssl_check=1&token=x', type: form }))
  assert.deepEqual(
    arrivals.map(({ body }) => body),
    [{ event: { text: '汉' } }, click, { ssl_check: '1', token: 'x' }],
  )
})

test('retries say how often and why', async () => {
  const { route, arrivals } = createHouse()
  await route.handle(
    signed({ headers: { 'x-slack-retry-num': '2', 'x-slack-retry-reason': 'http_timeout' } }),
  )
  await route.handle(signed({ headers: { 'x-slack-retry-num': 'often' } }))
  assert.deepEqual(arrivals, [
    { body: {}, retryNum: 2, retryReason: 'http_timeout' },
    { body: {}, retryReason: undefined },
  ])
})

test('the answer is that of the dispatch, and 503 where it could not be taken in', async () => {
  const answers = [undefined, { response_action: 'clear' }]
  const { route, lines } = createHouse(async () => {
    if (answers.length === 0) throw new Error('the disk is full')
    return answers.shift()
  })
  const empty = await route.handle(signed())
  assert.deepEqual([empty.status, await empty.text()], [200, ''])
  const full = await route.handle(signed())
  assert.deepEqual([full.status, await full.json()], [200, { response_action: 'clear' }])
  assert.equal((await route.handle(signed())).status, 503)
  assert.match(lines.at(-1) ?? '', /disk is full/u)
})

test('a challenge is answered, and being limited is told and acknowledged', async () => {
  const { route, arrivals, minutesMs } = createHouse()
  const challenge = await route.handle(signed({ body: '{"type":"url_verification","challenge":"3eZ"}' }))
  assert.equal(await challenge.text(), '3eZ')
  const limited = '{"type":"app_rate_limited","minute_rate_limited":1518467820,"team_id":"T1"}'
  assert.equal((await route.handle(signed({ body: limited }))).status, 200)
  assert.deepEqual(minutesMs, [1_518_467_820_000])
  assert.equal(arrivals.length, 0)
})

test('a flood of refusals is one line a minute, and it names no secret', async () => {
  const { route, lines, clock } = createHouse()
  const forged = { ...documented, signature: `v0=${'0'.repeat(64)}` }
  for (let n = 0; n < 200; n++) await route.handle(signed(forged))
  assert.equal(lines.length, 1)
  clock.nowMs += 60_000
  await route.handle(signed(forged))
  assert.equal(lines.length, 2)
  assert.doesNotMatch(lines.join(''), /8f742231b10e8888|a2114d57/u)
})

test('odd bodies are answered, and the process stands', async () => {
  const { route, arrivals } = createHouse()
  const statusOf = async (sent: Sent): Promise<number> => (await route.handle(signed(sent))).status
  for (const body of ['null', '[]', '0', '"x"', 'true']) assert.equal(await statusOf({ body }), 200, body)
  assert.equal(arrivals.length, 5)
  for (const body of ['', '{', 'undefined', '\u0000']) assert.equal(await statusOf({ body }), 400, body)
  assert.equal(await statusOf({ body: 'payload={', type: form }), 400)
  assert.equal(await statusOf({ body: 'x', type: 'text/plain' }), 400)
  assert.equal(await statusOf({ body: 'x', type: 'multipart/form-data' }), 400)
  assert.equal(await statusOf({ body: Uint8Array.from([255, 254, 0]) }), 400)
  assert.equal(await statusOf({ body: `"${'x'.repeat(1024 * 1024 - 2)}"` }), 200)
  assert.equal(await statusOf({ body: `"${'x'.repeat(1024 * 1024)}"` }), 413)
  assert.equal((await route.handle(new Request('https://bot.test/slack/events'))).status, 401)
  const broken = new ReadableStream({ pull: (controller) => controller.error(new Error('cut')) })
  const init = { method: 'POST', body: broken, duplex: 'half' } as RequestInit
  assert.equal((await route.handle(new Request('https://bot.test/slack/events', init))).status, 413)
})

test('Slack over HTTP: what is not taken in is sent again until it is', async () => {
  await using slack = await createSlackDouble()
  slack.redeliverMs([1, 1, 1])
  const arrivals: Arrival[] = []
  const route = createSignedRoute({
    signingSecret: slack.signingSecret,
    dispatch: async (arrival) => {
      arrivals.push(arrival)
      if (arrivals.length < 3) throw new Error('not yet')
      return undefined
    },
    onRateLimited: () => {},
    now: Date.now,
    log: createLog(
      'fatal',
      () => [],
      () => {},
    ),
  })
  const server = serverOf({ fetch: (request) => route.handle(request) })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  try {
    slack.eventsUrl(`http://127.0.0.1:${(server.address() as AddressInfo).port}/slack/events`)
    const said = await slack.say({ channel: slack.channel('news'), user: slack.user('ann'), text: 'hi' })
    assert.equal(said.outcome, 'acknowledged')
    assert.deepEqual(
      arrivals.map(({ retryNum, retryReason }) => [retryNum, retryReason]),
      [
        [undefined, undefined],
        [1, 'http_error'],
        [2, 'http_error'],
      ],
    )
    const eventIds = arrivals.map(({ body }) => (body as Record<string, unknown>)['event_id'])
    assert.equal(new Set(eventIds).size, 1)
    await slack.rateLimitApp()
    assert.equal(arrivals.length, 3)
  } finally {
    server.closeAllConnections()
    server.close()
  }
})
