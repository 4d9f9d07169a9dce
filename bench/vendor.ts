// The model of the message bench, in a process of its own: answers every POST at once with the same chat completion,
// streamed, and keeps nothing of what it was asked, however often. GET tells how many answers it has given.
import { once } from 'node:events'
import { createServer } from 'node:http'

/** What it always says. */
export const vendorAnswer = 'Paris is the capital of France.'

const envelope = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'bench' }

function frame(delta: object, finish: string | null = null): string {
  const choice = { index: 0, delta, logprobs: null, finish_reason: finish }
  return `data: ${JSON.stringify({ ...envelope, choices: [choice], usage: null })}\n\n`
}

/** Serves an answer in these pieces, and counts it as so many tokens; prints its port. */
export async function serve(
  pieces: readonly string[],
  [inputTokens, outputTokens]: readonly [number, number],
): Promise<void> {
  const total = inputTokens + outputTokens
  const usage = { prompt_tokens: inputTokens, completion_tokens: outputTokens, total_tokens: total }
  const stream = [
    frame({ role: 'assistant', content: '' }),
    ...pieces.map((content) => frame({ content })),
    frame({}, 'stop'),
    `data: ${JSON.stringify({ ...envelope, choices: [], usage })}\n\n`,
    'data: [DONE]\n\n',
  ]
  let answers = 0
  const server = createServer((incoming, response) => {
    if (incoming.method === 'GET') {
      response.end(String(answers))
      return
    }
    incoming.resume()
    incoming.on('end', () => {
      answers++
      response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
      for (const piece of stream) response.write(piece)
      response.end()
    })
  })
  server.keepAliveTimeout = 60_000 // ms; longer than the pauses of the bench
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  console.log(typeof address === 'object' && address !== null ? address.port : 0)
}

if (import.meta.main) await serve(vendorAnswer.match(/.{1,12}/gu) ?? [], [9, 7])
