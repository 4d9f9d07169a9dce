import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { z } from 'zod'

/**
 * What the server tells of one request for an answer. `text` is all that it has said. `stop` is why it said no more,
 * absent while it speaks: `aborted` in mid-answer, `unspoken` before the first token.
 */
const Heard = z.object({
  model: z.string(),
  prompt: z.string(),
  text: z.string(),
  stop: z.enum(['complete', 'length', 'aborted', 'unspoken']).optional(),
  inputTokens: z.number(),
  outputTokens: z.number(),
})
export type Heard = z.infer<typeof Heard>

/** What the server tells of itself. `mostAtOnce` is the most answers that were being made at a time. */
const Told = z.object({ isLoaded: z.boolean(), mostAtOnce: z.number(), heard: z.array(Heard) })
export type Told = z.infer<typeof Told>

/** A local model server in a process of its own. */
export type ServerProcess = {
  /** The base URL of its API. */
  readonly endpoint: string
  readonly tell: () => Promise<Told>
  /** The same, once no answer is being made. */
  readonly tellWhenQuiet: () => Promise<Told>
  /** It stands still, with its connections open. */
  readonly freeze: () => void
  readonly thaw: () => void
  /** Ends it without a good-bye. */
  readonly kill: () => Promise<void>
}

/** Starts the server for a GGUF file. It listens as soon as this resolves, and has not loaded the model yet. */
export async function startServer(file: string): Promise<ServerProcess> {
  const child = fork(join(import.meta.dirname, 'local-server.ts'), [file])
  const origin = await originOf(child)
  const tell = async (query: string): Promise<Told> => {
    const response = await fetch(`${origin}/control${query}`)
    return Told.parse(await response.json())
  }
  return {
    endpoint: `${origin}/v1`,
    tell: () => tell(''),
    tellWhenQuiet: () => tell('?quiet'),
    freeze: () => child.kill('SIGSTOP'),
    thaw: () => child.kill('SIGCONT'),
    kill: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
    },
  }
}

function originOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once('message', (message) => {
      resolve(z.string().parse(message))
    })
    child.once('exit', (code) => {
      reject(new Error(`the local model server ended with ${code} before it listened`))
    })
  })
}
