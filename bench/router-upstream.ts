// The model of the router bench, in a process of its own: answers every POST at once with the same chat completion in
// 17 pieces, and keeps nothing of what it was asked, however often. GET tells how many answers it has given.
import { once } from 'node:events'
import { createServer } from 'node:http'

/** The words that it says, a piece each; with the pieces for role, end and usage they are 17. */
export const upstreamWords: readonly string[] =
  'Paris is the capital of France and has been for most of a millennium'.match(/\S+\s*/gu) ?? []

const envelope = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'bench' }

function frame(choices: readonly object[], usage: object | null = null): string {
  return `data: ${JSON.stringify({ ...envelope, choices, usage })}\n\n`
}

function choice(delta: object, finish: string | null = null): readonly object[] {
  return [{ index: 0, delta, logprobs: null, finish_reason: finish }]
}

async function serve(): Promise<void> {
  const stream = [
    frame(choice({ role: 'assistant', content: '' })),
    ...upstreamWords.map((content) => frame(choice({ content }))),
    frame(choice({}, 'stop')),
    frame([], { prompt_tokens: 1_000, completion_tokens: 14, total_tokens: 1_014 }),
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

if (import.meta.main) await serve()
