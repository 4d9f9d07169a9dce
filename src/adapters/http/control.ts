import { Hono } from 'hono'
import { streamText } from 'hono/streaming'
import { once } from 'node:events'
import { chmodSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { z } from 'zod'
import type { Sign } from '../../adapter.ts'
import { FaultError, messageOf } from '../../errors.ts'
import type { Reply } from '../../message.ts'
import type { Terminal } from '../terminal.ts'
import { serverOf } from './server.ts'

const order = z.strictObject({ text: z.string() })
const line = z.union([
  z.strictObject({ kind: z.enum(['draft', 'progress']), text: z.string() }),
  z.strictObject({
    kind: z.literal('reply'),
    reply: z.object({
      text: z.string(),
      status: z.enum(['done', 'failed', 'misused', 'refused', 'asked']),
      data: z.unknown().optional(),
    }),
  }),
  z.strictObject({ kind: z.literal('error'), message: z.string() }),
])

/**
 * The Unix socket in the data folder (mode 0600) through which `moltbot …` reaches a Moltbot that runs. Whoever can
 * open it owns the folder. Resolves with the function that closes it.
 */
export async function openControl(socket: string, terminal: Terminal): Promise<() => Promise<void>> {
  const app = new Hono()
  app.post('/ask', async (c) => {
    const { text } = order.parse(await c.req.json())
    return streamText(c, async (stream) => {
      const send = (value: z.infer<typeof line>): Promise<unknown> =>
        stream.write(`${JSON.stringify(value)}\n`)
      try {
        const asked = await terminal.ask(text, c.req.raw.signal, (sign) => void send(sign))
        await send(asked.kind === 'reply' ? asked : { kind: 'error', message: 'asked twice' })
      } catch (error) {
        await send({ kind: 'error', message: messageOf(error) })
      }
    })
  })
  // The folder is ours alone (its lock is held), so a socket that is there was left by a process that is gone.
  rmSync(socket, { force: true })
  const server = serverOf(app)
  await once(server.listen(socket), 'listening')
  chmodSync(socket, 0o600)
  return async () => {
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }
}

/**
 * Says a line to the Moltbot that runs behind `socket` and resolves with its reply; undefined if none runs there.
 * Throws a FaultError `network` if it goes away before the reply.
 */
export async function askOverSocket(
  socket: string,
  text: string,
  onSign: (sign: Sign) => void,
): Promise<Reply | undefined> {
  const headers = { 'content-type': 'application/json', host: 'localhost' }
  const sent = request({ socketPath: socket, path: '/ask', method: 'POST', headers })
  sent.end(JSON.stringify({ text }))
  let response
  try {
    ;[response] = await once(sent, 'response')
  } catch {
    return undefined
  }
  for await (const raw of createInterface({ input: response })) {
    const told = line.parse(JSON.parse(raw))
    if (told.kind === 'reply') return told.reply
    if (told.kind === 'error') throw new FaultError('network', told.message)
    onSign(told)
  }
  throw new FaultError(
    'network',
    'the Moltbot that runs here went away before it answered; your message is kept and will be answered at its next start',
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
