import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { test, type TestContext } from 'node:test'
import { WebSocket } from 'ws'
import { ask } from './ask.ts'
import { hear, silent } from './hearing.ts'
import { createSlackDouble } from './slack.ts'
import { part, text, type Data } from './wire.ts'

const envelopes = (frames: readonly Data[]): readonly Data[] =>
  frames.filter((frame) => 'envelope_id' in frame)

test('a socket is greeted, and an event that is not acknowledged comes again on any socket', async () => {
  await using slack = await createSlackDouble({ ackMs: 30 })
  slack.redeliverMs([1, 1, 1])
  const deaf = await hear(slack, () => silent)
  assert.deepEqual([deaf.frames[0]?.['type'], deaf.frames[0]?.['num_connections']], ['hello', 1])
  const awake = await hear(slack)
  const [channel, ann] = [slack.channel('general'), slack.user('Ann')]
  assert.equal((await slack.say({ channel, user: ann, text: 'hi' })).outcome, 'acknowledged')
  const [first] = envelopes(deaf.frames)
  const [again] = envelopes(awake.frames)
  assert.deepEqual([first?.['retry_attempt'], first?.['retry_reason']], [0, ''])
  assert.deepEqual([again?.['retry_attempt'], again?.['retry_reason']], [1, 'timeout'])
  assert.notEqual(first?.['envelope_id'], again?.['envelope_id'])
  assert.deepEqual(first?.['payload'], again?.['payload'])
})

test('an event that nobody takes is given up after the last delay', async () => {
  await using slack = await createSlackDouble({ ackMs: 10 })
  slack.redeliverMs([1, 1, 1])
  const deaf = await hear(slack, () => silent)
  const said = await slack.say({ channel: slack.channel('general'), user: slack.user('Ann'), text: 'hi' })
  assert.equal(said.outcome, 'refused')
  assert.deepEqual(
    envelopes(deaf.frames).map((frame) => frame['retry_attempt']),
    [0, 1, 2, 3],
  )
})

test('what lies on a socket that breaks comes again on the next one', async () => {
  await using slack = await createSlackDouble()
  slack.redeliverMs([100])
  const first = await hear(slack, () => silent)
  const said = slack.emit({ type: 'tokens_revoked' })
  await first.until(1)
  slack.dropSockets()
  await first.closed
  const second = await hear(slack)
  assert.equal(await said, 'acknowledged')
  assert.equal(envelopes(second.frames)[0]?.['retry_reason'], 'connection_failed')
})

test('a refresh is announced, the socket gets nothing more and is closed a moment later', async () => {
  await using slack = await createSlackDouble({ lingerMs: 20 })
  const old = await hear(slack)
  slack.refresh('warning')
  assert.equal(slack.sockets(), 1)
  slack.refresh()
  assert.equal(slack.sockets(), 0)
  const fresh = await hear(slack)
  await slack.emit({ type: 'tokens_revoked' })
  await old.closed
  assert.deepEqual(
    old.frames.slice(1).map((frame) => [frame['type'], frame['reason']]),
    [
      ['disconnect', 'warning'],
      ['disconnect', 'refresh_requested'],
    ],
  )
  assert.equal(envelopes(fresh.frames).length, 1)
})

test('a ticket opens one socket, and an eleventh socket is sent away', async () => {
  await using slack = await createSlackDouble()
  const { body } = await ask(slack, 'apps.connections.open', {}, slack.appToken)
  const url = text(body, 'url')
  const first = new WebSocket(url)
  await once(first, 'message')
  const [error] = await once(new WebSocket(url), 'error')
  assert.match(String(error), /409/u)
  for (let count = 2; count <= 10; count++) await hear(slack)
  assert.equal(slack.sockets(), 10)
  const eleventh = await hear(slack)
  assert.equal(eleventh.frames[0]?.['reason'], 'too_many_websockets')
  await eleventh.closed
  assert.equal(slack.sockets(), 10)
})

test('sockets are pinged', async () => {
  await using slack = await createSlackDouble({ pingMs: 5 })
  const { body } = await ask(slack, 'apps.connections.open', {}, slack.appToken)
  await once(new WebSocket(text(body, 'url')), 'ping')
})

test('the limit of events an hour comes as an envelope without an event', async () => {
  await using slack = await createSlackDouble()
  const heard = await hear(slack)
  await slack.rateLimitApp()
  const [envelope] = envelopes(heard.frames)
  const payload = part(envelope ?? {}, 'payload')
  assert.deepEqual(
    [envelope?.['type'], payload['type'], payload['event']],
    ['events_api', 'app_rate_limited', undefined],
  )
})

test('an event is sent as it is, as often as asked, under one id', async () => {
  await using slack = await createSlackDouble()
  const heard = await hear(slack)
  const outcome = await slack.emit(
    { type: 'odd', of: [null] },
    { eventId: 'Ev1', times: 3, body: { team_id: 'T9' } },
  )
  assert.equal(outcome, 'acknowledged')
  const payloads = envelopes(heard.frames).map((frame) => part(frame, 'payload'))
  assert.deepEqual(
    payloads.map((body) => [body['event_id'], body['team_id'], body['event']]),
    Array.from({ length: 3 }, () => ['Ev1', 'T9', { type: 'odd', of: [null] }]),
  )
})

type Got = { readonly headers: IncomingHttpHeaders; readonly body: string }

/** An app behind a URL: it proves itself, and answers the rest with these, in their order, then with 200. */
async function behindUrl(
  t: TestContext,
  script: readonly {
    readonly status: number
    readonly headers?: Record<string, string>
    readonly body?: string
  }[],
  proves = true,
): Promise<{ readonly url: string; readonly got: readonly Got[] }> {
  const got: Got[] = []
  const steps = [...script]
  const server = createServer((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => {
      const body = Buffer.concat(pieces).toString()
      const challenge = /"challenge":"([^"]+)"/u.exec(body)?.[1]
      if (challenge !== undefined) return void response.end(proves ? challenge : 'ok')
      got.push({ headers: request.headers, body })
      const step = steps.shift() ?? { status: 200 }
      response.writeHead(step.status, step.headers).end(step.body)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  const address = server.address()
  return { url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/slack/events`, got }
}

test('over HTTP events are signed, and sent again with a number and a reason', async (t) => {
  await using slack = await createSlackDouble()
  slack.redeliverMs([1, 1, 1])
  const { url, got } = await behindUrl(t, [{ status: 500 }, { status: 404 }])
  slack.eventsUrl(url)
  const said = await slack.say({ channel: slack.channel('general'), user: slack.user('Ann'), text: 'hi' })
  assert.equal(said.outcome, 'acknowledged')
  assert.deepEqual(
    got.map(({ headers }) => [headers['x-slack-retry-num'], headers['x-slack-retry-reason']]),
    [
      [undefined, undefined],
      ['1', 'http_error'],
      ['2', 'http_error'],
    ],
  )
  for (const { headers, body } of got) {
    const signed = `v0:${String(headers['x-slack-request-timestamp'])}:${body}`
    const expected = createHmac('sha256', slack.signingSecret).update(signed).digest('hex')
    assert.equal(headers['x-slack-signature'], `v0=${expected}`)
  }
})

test('over HTTP an app may ask for no more tries', async (t) => {
  await using slack = await createSlackDouble()
  slack.redeliverMs([1, 1, 1])
  const { url, got } = await behindUrl(t, [{ status: 500, headers: { 'x-slack-no-retry': '1' } }])
  slack.eventsUrl(url)
  assert.equal(await slack.emit({ type: 'tokens_revoked' }), 'refused')
  assert.equal(got.length, 1)
})

test('over HTTP an app that does not prove itself gets nothing', async (t) => {
  await using slack = await createSlackDouble()
  slack.redeliverMs([])
  const { url, got } = await behindUrl(t, [], false)
  slack.eventsUrl(url)
  assert.equal(await slack.emit({ type: 'tokens_revoked' }), 'refused')
  assert.deepEqual(got, [])
})

test('over HTTP commands are forms, and clicks a form with one field', async (t) => {
  await using slack = await createSlackDouble()
  const { url, got } = await behindUrl(t, [{ status: 200, body: '{"text":"done"}' }])
  slack.eventsUrl(url)
  const [channel, ann] = [slack.channel('general'), slack.user('Ann')]
  const { response } = await slack.command({ channel, user: ann, text: 'status' })
  assert.deepEqual(response, { text: 'done' })
  const form = new URLSearchParams(got[0]?.body)
  assert.deepEqual([form.get('command'), form.get('text'), form.get('user_id')], ['/moltbot', 'status', ann])
  const button = { type: 'button', action_id: 'go', text: { type: 'plain_text', text: 'Go' }, value: '7' }
  await ask(slack, 'chat.postMessage', { channel, blocks: [{ type: 'actions', elements: [button] }] })
  const ts = slack.messages(channel)[0]?.ts ?? ''
  await slack.click({ channel, ts, user: ann }, 'Go')
  const payload: unknown = JSON.parse(new URLSearchParams(got.at(-1)?.body).get('payload') ?? '')
  assert.equal(text(Object(payload), 'type'), 'block_actions')
})
