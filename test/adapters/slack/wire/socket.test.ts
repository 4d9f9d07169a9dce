import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { test } from 'node:test'
import { setTimeout as realSleep } from 'node:timers/promises'
import { WebSocketServer, type WebSocket } from 'ws'
import { createCaller } from '../../../../src/adapters/slack/wire/api.ts'
import type { Arrival, Dispatch } from '../../../../src/adapters/slack/wire/arrival.ts'
import type { SlackAnswer } from '../../../../src/adapters/slack/contract.ts'
import { createSocketLinks, type SocketLinks } from '../../../../src/adapters/slack/wire/socket.ts'
import { createLog } from '../../../../src/log.ts'
import { createSlackDouble, type SlackDouble } from '../../../doubles/slack/slack.ts'

type House = AsyncDisposable & {
  readonly links: SocketLinks
  readonly arrivals: Arrival[]
  readonly lines: string[]
  readonly opens: () => number
}
type Given = {
  dispatch?: Dispatch
  links?: number
  viaProxy?: boolean
  known?: Promise<void>
  onRateLimited?: (ms: number) => void
}

/** Links whose waits are twenty times shorter. */
function createHouse(open: () => Promise<SlackAnswer>, given: Given = {}): House {
  const arrivals: Arrival[] = []
  const lines: string[] = []
  let opens = 0
  const links = createSocketLinks({
    open: () => {
      opens++
      return open()
    },
    dispatch: async (arrival) => {
      arrivals.push(arrival)
      return given.dispatch?.(arrival)
    },
    links: given.links ?? 2,
    viaProxy: given.viaProxy ?? false,
    ...(given.known === undefined ? {} : { known: given.known }),
    onRateLimited: given.onRateLimited ?? (() => {}),
    now: () => performance.now() * 20,
    sleep: (ms, signal) => realSleep(ms / 20, undefined, { signal }),
    random: () => 0.5,
    log: createLog(
      'info',
      () => [],
      (line) => void lines.push(line),
    ),
  })
  links.start()
  return { links, arrivals, lines, opens: () => opens, [Symbol.asyncDispose]: () => links.stop() }
}

function opening(slack: SlackDouble, token = slack.appToken): () => Promise<SlackAnswer> {
  const call = createCaller({ apiUrl: slack.apiUrl, fetch })
  return () => call('apps.connections.open', {}, { token, signal: new AbortController().signal })
}

async function until(isSo: () => boolean, what: string): Promise<void> {
  for (let n = 0; !isSo(); n++) {
    assert.ok(n < 4_000, `never: ${what}`)
    await realSleep(2)
  }
}

/** A house that is connected to the double by all its links. */
async function connected(slack: SlackDouble, given: Given = {}): Promise<House> {
  const house = createHouse(opening(slack), given)
  await until(() => house.links.state().up === (given.links ?? 2), 'connected')
  return house
}

type Raw = AsyncDisposable & { readonly open: () => Promise<SlackAnswer>; readonly sockets: Set<Duplex> }

/** A server that does with each WebSocket whatever the test wants. */
async function createRaw(upgrade: (key: string, socket: Duplex) => void): Promise<Raw> {
  const sockets = new Set<Duplex>()
  const server = createServer()
  server.on('upgrade', (request, socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    // It learns that the other side hung up, and says nothing of its own.
    socket.on('end', () => socket.destroy()).resume()
    socket.on('close', () => sockets.delete(socket))
    upgrade(request.headers['sec-websocket-key'] ?? '', socket)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/link`
  return {
    open: async () => ({ kind: 'ok', data: { ok: true, url } }),
    sockets,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      server.closeAllConnections()
      server.close()
    },
  }
}

/** The same, speaking WebSocket properly. */
async function createSpeaking(meet: (socket: WebSocket) => void): Promise<Omit<Raw, 'sockets'>> {
  const speaking = new WebSocketServer({ noServer: true })
  const server = createServer()
  server.on('upgrade', (request, socket, head) => speaking.handleUpgrade(request, socket, head, meet))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/link`
  return {
    open: async () => ({ kind: 'ok', data: { ok: true, url } }),
    [Symbol.asyncDispose]: async () => {
      for (const client of speaking.clients) client.terminate()
      server.closeAllConnections()
      server.close()
    },
  }
}

const accept = (key: string): string => {
  const hash = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
  return `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: ${hash}\r\n\r\n`
}
const frame = (text: string): Buffer => Buffer.concat([Buffer.from([0x81, text.length]), Buffer.from(text)])

test('events are acknowledged once they were taken in, and sent again where they were not', async () => {
  await using slack = await createSlackDouble({ ackMs: 50 })
  slack.redeliverMs([1, 1, 1])
  let failures = 2
  await using house = await connected(slack, {
    dispatch: async () => {
      if (failures-- > 0) throw new Error('the disk is full')
      return undefined
    },
  })
  const said = await slack.say({ channel: slack.channel('news'), user: slack.user('ann'), text: 'hi' })
  assert.equal(said.outcome, 'acknowledged')
  assert.deepEqual(
    house.arrivals.map(({ retryNum, retryReason }) => [retryNum, retryReason]),
    [
      [0, ''],
      [1, 'timeout'],
      [2, 'timeout'],
    ],
  )
})

test('a command gets its answer with the acknowledgement', async () => {
  await using slack = await createSlackDouble()
  await using house = await connected(slack, { dispatch: async () => ({ text: 'done' }) })
  const got = await slack.command({ channel: slack.channel('news'), user: slack.user('ann'), text: 'help' })
  assert.deepEqual([got.outcome, got.response], ['acknowledged', { text: 'done' }])
  assert.equal(house.links.state().up, 2)
})

test('through refresh after refresh every event is taken, and nobody is told of trouble', async () => {
  await using slack = await createSlackDouble({ lingerMs: 30 })
  slack.redeliverMs([20, 20, 20, 20])
  await using house = await connected(slack)
  const [channel, user] = [slack.channel('news'), slack.user('ann')]
  const outcomes: string[] = []
  for (let n = 0; n < 60; n++) {
    if (n % 15 === 14) slack.refresh(n % 2 === 0 ? 'warning' : 'refresh_requested')
    outcomes.push((await slack.say({ channel, user, text: `${n}` })).outcome)
    if (n % 15 === 14) await until(() => house.links.state().up >= 2, 'refreshed')
    await realSleep(2)
  }
  assert.deepEqual(new Set(outcomes), new Set(['acknowledged']))
  assert.deepEqual(
    house.lines.map((line) => /connected[^"]*/u.exec(line)?.[0]),
    ['connected'],
  )
})

test('connections that are cut come back, and the API that was gone, too', async () => {
  await using slack = await createSlackDouble()
  await using house = await connected(slack)
  slack.dropSockets()
  await until(() => house.links.state().up === 0, 'cut')
  await until(() => house.links.state().up === 2, 'back')
  await slack.vanish()
  await until(() => /reached/u.test(house.links.state().trouble ?? ''), 'unreached')
  await realSleep(100)
  await slack.appear()
  await until(() => house.links.state().up === 2, 'back again')
  await until(() => house.lines.length >= 3, 'told')
  assert.match(house.lines.at(0) ?? '', /"level":30.*Slack is connected/u)
  assert.match(house.lines.at(1) ?? '', /"level":40.*Slack is not connected/u)
  assert.match(house.lines.at(-1) ?? '', /"level":30.*connected again/u)
  assert.ok(house.lines.length <= 5, house.lines.join('\n'))
})

test('that it is connected is said once Slack knows us, and never where it does not', async () => {
  await using slack = await createSlackDouble()
  const known = Promise.withResolvers<void>()
  await using house = await connected(slack, { known: known.promise })
  slack.dropSockets()
  await until(() => house.links.state().up === 0, 'cut')
  await until(() => house.links.state().up === 2, 'back')
  assert.doesNotMatch(house.lines.join('\n'), /Slack is connected/u)
  known.resolve()
  await until(() => /Slack is connected/u.test(house.lines.join('\n')), 'said')
})

test('a Slack that is not there at the start is waited for', async () => {
  await using slack = await createSlackDouble()
  await slack.vanish()
  await using house = createHouse(opening(slack))
  assert.deepEqual(house.links.state(), { up: 0, trouble: 'Slack is not connected yet' })
  await until(() => house.lines.length === 1, 'told')
  await slack.appear()
  await until(() => house.links.state().up === 2, 'connected')
  assert.deepEqual(house.links.state(), { up: 2 })
})

test('a wrong app token is told once, with the remedy', async () => {
  await using slack = await createSlackDouble()
  await using house = createHouse(opening(slack, slack.bot.token))
  await until(() => house.lines.length > 0, 'told')
  await realSleep(50)
  assert.match(
    house.links.state().trouble ?? '',
    /app token .*\(not_allowed_token_type\).*connections:write/u,
  )
  assert.equal(house.lines.length, 1)
  assert.equal(house.opens(), 2)
  assert.ok(!house.lines.join('').includes(slack.bot.token))
})

test('being limited arrives as such', async () => {
  await using slack = await createSlackDouble()
  const minutesMs: number[] = []
  await using house = await connected(slack, { onRateLimited: (ms) => minutesMs.push(ms) })
  await slack.rateLimitApp()
  assert.equal(minutesMs.length, 1)
  assert.equal((minutesMs[0] ?? 1) % 60_000, 0)
  assert.equal(house.arrivals.length, 0)
})

test('a stop lets what is under way be acknowledged, and takes nothing more', async () => {
  await using slack = await createSlackDouble()
  slack.redeliverMs([])
  const taking = Promise.withResolvers<undefined>()
  const house = await connected(slack, { dispatch: () => taking.promise, links: 1 })
  const [channel, user] = [slack.channel('news'), slack.user('ann')]
  const first = slack.say({ channel, user, text: 'one' })
  await until(() => house.arrivals.length === 1, 'arrived')
  const stopped = house.links.stop()
  const second = slack.say({ channel, user, text: 'two' })
  await realSleep(10)
  taking.resolve(undefined)
  assert.equal((await first).outcome, 'acknowledged')
  assert.equal((await second).outcome, 'refused')
  await stopped
  await until(() => slack.sockets() === 0, 'closed')
  assert.equal(house.arrivals.length, 1)
})

test('a stop in every phase of opening ends it, and leaves no connection', async () => {
  await using mute = await createRaw((key, socket) => void socket.write(accept(key)))
  await using deaf = await createRaw(() => {})
  for (const open of [mute.open, deaf.open, () => new Promise<never>(() => {})]) {
    for (const ms of [0, 1, 5, 20]) {
      const house = createHouse(open)
      await realSleep(ms)
      await house.links.stop()
      assert.equal(house.links.state().up, 0)
    }
  }
  await until(() => mute.sockets.size + deaf.sockets.size === 0, 'closed')
})

test('a connection whose other side has fallen silent is given up, and one that only pongs is kept', async () => {
  await using silent = await createRaw((key, socket) => {
    socket.write(accept(key))
    socket.write(frame('{"type":"hello"}'))
  })
  await using house = createHouse(silent.open, { links: 1 })
  await until(() => house.links.state().up === 1, 'connected')
  const [first] = silent.sockets
  await until(() => /silent/u.test(house.links.state().trouble ?? ''), 'noticed')
  await until(() => first?.destroyed === true, 'let go')

  await using answering = await createSpeaking((socket) => socket.send('{"type":"hello"}'))
  await using kept = createHouse(answering.open, { links: 1 })
  await until(() => kept.links.state().up === 1, 'connected')
  await realSleep(1_200)
  assert.deepEqual([kept.links.state().up, kept.opens()], [1, 1])
})

test('a server that says goodbye and does not hang up holds no connection for ever', async () => {
  await using rude = await createRaw((key, socket) => {
    socket.write(accept(key))
    socket.write(frame('{"type":"hello"}'))
  })
  const house = createHouse(rude.open)
  await until(() => house.links.state().up === 2, 'connected')
  const sinceMs = performance.now()
  await house.links.stop()
  assert.ok(performance.now() - sinceMs < 1_000)
  await until(() => rude.sockets.size === 0, 'let go')
})

test('no frame takes the process down', async () => {
  const odd: (string | Buffer)[] = [
    'null',
    '{}',
    '[]',
    '',
    '{',
    '7',
    '"x"',
    Buffer.from([0, 255]),
    Buffer.alloc(0),
  ]
  odd.push(
    '{"type":"events_api"}',
    '{"type":"events_api","envelope_id":"a"}',
    '{"type":null,"envelope_id":"b"}',
  )
  odd.push('{"type":"disconnect"}', `"${'x'.repeat(5 * 1024 * 1024)}"`)
  const codes = new Set<number>()
  let met = 0
  await using server = await createSpeaking((socket) => {
    socket.on('error', () => {})
    socket.on('close', (code) => codes.add(code))
    socket.send('{"type":"hello"}')
    socket.send(odd[met++ % odd.length] ?? '')
    socket.ping('', false, () => socket.close())
  })
  await using house = createHouse(server.open, { links: 8 })
  await until(() => met > 2 * odd.length && house.arrivals.length > 1, 'all sent')
  await until(() => codes.has(1_009), 'the huge one refused')
  assert.ok(house.arrivals.every(({ body }) => body === undefined))
})

test('a handshake that fails in any way is tried again', async () => {
  const ways: ((key: string, socket: Duplex) => void)[] = [
    (_, socket) => socket.end('HTTP/1.1 409 Conflict\r\nconnection: close\r\n\r\n'),
    (_, socket) => socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n'),
    (_, socket) => socket.end('nonsense\r\n\r\n'),
    (_, socket) => void (socket as Socket).resetAndDestroy(),
    (key, socket) => socket.end(accept(key)),
    (key, socket) =>
      socket.end(Buffer.concat([Buffer.from(accept(key)), Buffer.from([0xff, 0xff, 0xff, 0xff])])),
    (key, socket) =>
      socket.end(Buffer.concat([Buffer.from(accept(key)), Buffer.from([0x81, 2, 0xff, 0xfe])])),
  ]
  let met = 0
  await using server = await createRaw((key, socket) => ways[met++ % ways.length]?.(key, socket))
  await using house = createHouse(server.open)
  await until(() => met >= 8, 'tried')
  assert.equal(house.lines.length, 1)
  assert.equal(house.links.state().up, 0)
})

test('a proxy of the environment is used where it is asked for', async () => {
  await using slack = await createSlackDouble()
  const tunnels: string[] = []
  const proxy = createServer()
  proxy.on('upgrade', (request, socket: Duplex, head) => {
    tunnels.push(new URL(request.url ?? '').pathname)
    const target = new URL(request.url ?? '')
    const onward = connect(Number(target.port), target.hostname, () => {
      const headers = Object.entries(request.headers).map(([name, value]) => `${name}: ${String(value)}\r\n`)
      onward.write(`GET ${target.pathname}${target.search} HTTP/1.1\r\n${headers.join('')}\r\n`)
      onward.write(head)
      onward.pipe(socket).pipe(onward)
    })
    for (const one of [socket, onward]) one.on('error', () => onward.destroy() && socket.destroy())
  })
  await once(proxy.listen(0, '127.0.0.1'), 'listening')
  const before = process.env['http_proxy']
  process.env['http_proxy'] = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
  try {
    await using direct = await connected(slack, { links: 1 })
    assert.deepEqual([direct.links.state().up, tunnels.length], [1, 0])
    await using house = await connected(slack, { viaProxy: true })
    assert.deepEqual([house.links.state().up, tunnels], [2, ['/link/', '/link/']])
  } finally {
    if (before === undefined) delete process.env['http_proxy']
    else process.env['http_proxy'] = before
    proxy.closeAllConnections()
    proxy.close()
  }
})
