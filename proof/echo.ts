import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'

/** A model, as OpenAI's wire has it, that says back what it was told last: `re: …`. */
export type EchoModel = AsyncDisposable & { readonly endpoint: string }

const request = z.object({ messages: z.array(z.object({ role: z.string(), content: z.unknown() })).min(1) })

/** What the model says to a text: of several sentences, so that it is shown as it grows. */
export function echoOf(said: string): string {
  return `re: ${said}. This is the first that there is to say about it. Here is one thing more. And that is all of it.`
}

/** What the model says to this is too long for a message. */
export const atLength = 'at length'
const lines = 'One line of a long answer, of which there are many. '.repeat(300)
/** An answer comes in at most so many pieces. */
const mostPieces = 40

/** `pauseMs`: how long the next answer takes between two of its pieces. */
export async function startEcho(pauseMs: () => number): Promise<EchoModel> {
  const answer = async (body: unknown, response: ServerResponse): Promise<void> => {
    const { messages } = request.parse(body)
    // What was said in the thread before may come along, or that it could not be read.
    const said = String(messages.at(-1)?.content).split('\n\n').at(-1) ?? ''
    const text = said.includes(atLength) ? `${echoOf(said)} ${lines}` : echoOf(said)
    const size = Math.max(12, Math.ceil(text.length / mostPieces))
    const pieces = text.match(new RegExp(`.{1,${size}}`, 'gsu')) ?? []
    const betweenMs = pauseMs()
    const frame = (delta: object, finish: string | null): string =>
      `data: ${JSON.stringify({
        id: 'chatcmpl-1',
        object: 'chat.completion.chunk',
        created: 1,
        model: 'echo',
        choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
      })}\n\n`
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
    for (const content of pieces) {
      if (response.destroyed) return
      response.write(frame({ content }, null))
      if (betweenMs > 0) await sleep(betweenMs)
    }
    response.end(`${frame({}, 'stop')}data: [DONE]\n\n`)
  }
  const server = createServer((incoming, response) => {
    json(incoming)
      .then((body) => answer(body, response))
      .catch(() => response.destroy())
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  return {
    endpoint: `http://127.0.0.1:${port}/v1`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
