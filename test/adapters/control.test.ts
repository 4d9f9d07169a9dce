import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { createServer as createNetServer } from 'node:net'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { Sign } from '../../src/adapter.ts'
import { askOverSocket, isListening, openControl } from '../../src/adapters/http/control.ts'
import type { Terminal } from '../../src/adapters/terminal.ts'
import { FaultError } from '../../src/errors.ts'
import type { Message } from '../../src/message.ts'
import { temporaryFolder } from '../doubles/folder.ts'
import { createFakeTerminal, terminalOn } from './fake-terminal.ts'

type Served = {
  readonly socket: string
  readonly terminal: Terminal
  readonly close: () => Promise<void>
  readonly seen: () => Promise<string[]>
}

/** A terminal behind a socket; `answer` is what happens with a message that came in. */
async function serve(
  t: TestContext,
  answer: (message: Message, terminal: Terminal) => Promise<void>,
): Promise<Served> {
  const socket = join(temporaryFolder(t), 'moltbot.sock')
  const screen = createFakeTerminal({ isTTY: false })
  const terminal = terminalOn(screen)
  await terminal.start(
    async (message) => {
      void answer(message, terminal)
      return 'accepted'
    },
    async () => {},
  )
  const close = await openControl(socket, terminal)
  t.after(close)
  return { socket, terminal, close, seen: screen.seen }
}

const replyTo = async ({ id, address, text }: Message, terminal: Terminal): Promise<void> => {
  const reply = { text: `re: ${text}`, status: 'done' as const, data: { n: 1 } }
  await terminal.send({ key: id, address, answers: id, reply, createdAtMs: 0 }, new AbortController().signal)
}

/** Something else than a Moltbot behind a socket. */
async function impostor(
  t: TestContext,
  server: Server | ReturnType<typeof createNetServer>,
): Promise<string> {
  const socket = join(temporaryFolder(t), 'other.sock')
  await once(server.listen(socket), 'listening')
  t.after(() => server.close())
  return socket
}

const isFault = (fault: string) => (error: unknown) => error instanceof FaultError && error.fault === fault
const noSigns = (): void => undefined

test('whoever asks gets the signs in order, then the reply with its data', async (t) => {
  const { socket, seen } = await serve(t, async (message, terminal) => {
    const show = (sign: Sign): void => terminal.show?.(message.id, message.address, sign)
    show({ kind: 'progress', text: 'reading' })
    show({ kind: 'progress', text: 'read', share: 0.5 })
    show({ kind: 'progress', text: 'read', share: 0 / 0 })
    show({ kind: 'draft', text: 're: 你' })
    await replyTo(message, terminal)
  })
  const signs: unknown[] = []
  const reply = await askOverSocket(socket, '你好\nand more', (sign) => signs.push(sign))
  assert.deepEqual(reply, { text: 're: 你好\nand more', status: 'done', data: { n: 1 } })
  assert.deepEqual(signs, [
    { kind: 'progress', text: 'reading' },
    { kind: 'progress', text: 'read', share: 0.5 },
    { kind: 'progress', text: 'read' },
    { kind: 'draft', text: 're: 你' },
  ])
  assert.deepEqual(await seen(), [])
})

test('many ask at once, and each gets its own reply', async (t) => {
  const { socket } = await serve(t, replyTo)
  const texts = Array.from({ length: 30 }, (_, i) => `question ${i}`)
  const replies = await Promise.all(texts.map((text) => askOverSocket(socket, text, noSigns)))
  assert.deepEqual(
    replies.map((reply) => reply?.text),
    texts.map((text) => `re: ${text}`),
  )
})

test('long texts go both ways whole, characters and all', async (t) => {
  const { socket } = await serve(t, replyTo)
  const long = '长👩‍👩‍👧\u2028'.repeat(20_000)
  assert.equal((await askOverSocket(socket, long, noSigns))?.text, `re: ${long}`)
})

test('only the owner of the folder may open the socket', async (t) => {
  const { socket } = await serve(t, replyTo)
  assert.equal(statSync(socket).mode & 0o777, 0o600)
})

test('a socket file that a dead process left is taken over', async (t) => {
  const folder = temporaryFolder(t)
  const socket = join(folder, 'moltbot.sock')
  writeFileSync(socket, '')
  const terminal = terminalOn(createFakeTerminal())
  const close = await openControl(socket, terminal)
  assert.equal(await isListening(socket), true)
  await close()
})

test('where nobody listens there is no reply, and nobody', async (t) => {
  const folder = temporaryFolder(t)
  const left = join(folder, 'left.sock')
  writeFileSync(left, '')
  for (const socket of [join(folder, 'none.sock'), left, join(folder, 'no/such/folder.sock')]) {
    assert.equal(await askOverSocket(socket, 'hi', noSigns), undefined)
    assert.equal(await isListening(socket), false)
  }
})

test('closing ends the socket, and its file is gone', async (t) => {
  const { socket, close } = await serve(t, replyTo)
  assert.equal(await isListening(socket), true)
  await close()
  assert.equal(await isListening(socket), false)
  assert.equal(existsSync(socket), false)
})

test('a Moltbot that goes away before the reply is a network fault that says what becomes of the message', async (t) => {
  const asked = Promise.withResolvers<void>()
  const { socket, close } = await serve(t, async () => asked.resolve())
  const asking = askOverSocket(socket, 'hi', noSigns)
  asking.catch(noSigns)
  await asked.promise
  await close()
  await assert.rejects(
    asking,
    (error) => isFault('network')(error) && /will be answered/u.test(String(error)),
  )
})

test('one that dies without a word, at any point, is a network fault', async (t) => {
  const head = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'
  const line = '{"kind":"draft","text":"so far"}\n'
  const chunk = `${line.length.toString(16)}\r\n${line}\r\n`
  for (const said of ['', 'HTTP/1.1 200', head, head + chunk, `${head}${chunk}0\r\n\r\n`]) {
    const server = createNetServer((connection) => {
      connection.on('error', noSigns)
      connection.once('data', () => connection.write(said, () => connection.destroy()))
    })
    const socket = await impostor(t, server)
    await assert.rejects(askOverSocket(socket, 'hi', noSigns), isFault('network'), said)
  }
})

test('an answer that is none of ours is told apart', async (t) => {
  for (const [status, body] of [
    [500, 'Internal Server Error'],
    [200, 'hello\n'],
    [200, '{"kind":"song"}\n'],
  ] as const) {
    const socket = await impostor(
      t,
      createServer((_, response) => response.writeHead(status).end(body)),
    )
    await assert.rejects(askOverSocket(socket, 'hi', noSigns), isFault('bad-answer'), body)
  }
})

test('a message that could not be taken in tells its fault', async (t) => {
  const socket = join(temporaryFolder(t), 'moltbot.sock')
  const terminal = terminalOn(createFakeTerminal())
  await terminal.start(
    () => Promise.reject(new FaultError('overloaded', 'Moltbot is stopping')),
    async () => {},
  )
  const close = await openControl(socket, terminal)
  await assert.rejects(
    askOverSocket(socket, 'hi', noSigns),
    (error) => isFault('overloaded')(error) && /stopping/u.test(String(error)),
  )
  await close()
})
