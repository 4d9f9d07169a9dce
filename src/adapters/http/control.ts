import { Hono } from 'hono'
import { streamText } from 'hono/streaming'
import { once } from 'node:events'
import { chmodSync, rmSync } from 'node:fs'
import { IncomingMessage, request } from 'node:http'
import { connect } from 'node:net'
import { z } from 'zod'
import type { Sign } from '../../adapter.ts'
import { FaultError, faultOf, faults, messageOf } from '../../errors.ts'
import type { Reply } from '../../message.ts'
import type { Terminal } from '../terminal.ts'
import { serverOf } from './server.ts'

const order = z.strictObject({ text: z.string() })
const line = z.union([
  z.strictObject({ kind: z.literal('draft'), text: z.string() }),
  z.strictObject({ kind: z.literal('progress'), text: z.string(), share: z.number().exactOptional() }),
  z.strictObject({
    kind: z.literal('reply'),
    reply: z.object({
      text: z.string(),
      status: z.enum(['done', 'failed', 'misused', 'refused', 'asked']),
      data: z.unknown().optional(),
    }),
  }),
  z.strictObject({ kind: z.literal('error'), fault: z.enum(faults), message: z.string() }),
])

/** The longest path that a Unix socket can have on Linux, in bytes; macOS permits four less. */
const mostPathBytes = 107

/**
 * The Unix socket in the data folder (mode 0600) through which `moltbot …` reaches a Moltbot that runs. Whoever can
 * open it owns the folder. Resolves with the function that closes it.
 */
export async function openControl(socket: string, terminal: Terminal): Promise<() => Promise<void>> {
  if (Buffer.byteLength(socket) > mostPathBytes) {
    const remedy = 'set MOLTBOT_DATA to a folder with a shorter path'
    throw new FaultError('unsupported', `${socket} is too long a path for a socket; ${remedy}`)
  }
  const app = new Hono()
  app.post('/ask', async (c) => {
    const { text } = order.parse(await c.req.json())
    return streamText(c, async (stream) => {
      const send = (value: z.infer<typeof line>): Promise<unknown> =>
        stream.write(`${JSON.stringify(value)}\n`)
      try {
        const asked = await terminal.ask(text, c.req.raw.signal, (sign) => void send(finite(sign)))
        await send(
          asked.kind === 'reply' ? asked : { kind: 'error', fault: 'internal', message: 'asked twice' },
        )
      } catch (error) {
        await send({ kind: 'error', fault: faultOf(error), message: messageOf(error) })
      }
    })
  })
  // The folder is ours alone (its lock is held), so a socket that is there was left by a process that is gone.
  rmSync(socket, { force: true })
  const server = serverOf(app)
  await once(server.listen(socket), 'listening')
  chmodSync(socket, 0o600)
  const close = async (): Promise<void> => {
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }
  let closing: Promise<void> | undefined
  return () => (closing ??= close())
}

/**
 * Says a line to the Moltbot that runs behind `socket` and resolves with its reply; undefined if none runs there.
 * Throws a FaultError: `network` if it goes away before the reply, else the fault that it met.
 */
export async function askOverSocket(
  socket: string,
  text: string,
  onSign: (sign: Sign) => void,
): Promise<Reply | undefined> {
  const headers = { 'content-type': 'application/json', host: 'localhost' }
  const sent = request({ socketPath: socket, path: '/ask', method: 'POST', headers, agent: false })
  sent.end(JSON.stringify({ text }))
  const [response] = await once(sent, 'response').catch((error: unknown) => {
    if (isNobody(error)) return []
    throw wentAway(error)
  })
  if (!(response instanceof IncomingMessage)) return undefined
  // From here on the response tells of every failure.
  sent.on('error', () => undefined)
  if (response.statusCode !== 200) {
    response.resume()
    throw new FaultError('bad-answer', `the Moltbot that runs here answered with ${response.statusCode}`)
  }
  for await (const raw of linesOf(response)) {
    const told = readLine(raw)
    if (told.kind === 'reply') return told.reply
    if (told.kind === 'error') throw new FaultError(told.fault, told.message)
    onSign(told)
  }
  throw wentAway()
}

/** JSON has no word for a share that was divided by nothing. */
function finite(sign: Sign): Sign {
  return sign.kind === 'progress' && sign.share !== undefined && !Number.isFinite(sign.share)
    ? { kind: 'progress', text: sign.text }
    : sign
}

function readLine(text: string): z.infer<typeof line> {
  try {
    return line.parse(JSON.parse(text))
  } catch (cause) {
    throw new FaultError('bad-answer', 'the Moltbot that runs here is of another version; restart it', {
      cause,
    })
  }
}

/** The whole lines of a response. Throws a FaultError `network` if it breaks off. */
async function* linesOf(response: IncomingMessage): AsyncIterable<string> {
  response.setEncoding('utf8')
  let held = ''
  try {
    for await (const chunk of response) {
      const lines = (held + String(chunk)).split('\n')
      held = lines.pop() ?? ''
      yield* lines
    }
  } catch (error) {
    throw wentAway(error)
  }
}

function wentAway(cause?: unknown): FaultError {
  const message =
    'the Moltbot that runs here went away before it answered; your message is kept and will be answered at its next start'
  return new FaultError('network', message, { cause })
}

/** True for what the system says where no program listens on a socket. */
function isNobody(error: unknown): boolean {
  return (
    error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ECONNREFUSED')
  )
}

/** True if a Moltbot listens on the socket. */
export async function isListening(socket: string): Promise<boolean> {
  const connection = connect(socket)
  try {
    await once(connection, 'connect')
    return true
  } catch {
    return false
  } finally {
    connection.destroy()
  }
}
