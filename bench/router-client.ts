// One side of the router bench in a process of its own: asks the model as often as it is told to, and measures itself.
// GET /?atOnce=16&ms=300 has it ask for so long, so many at a time, and answers with a Stretch.
//
//   node bench/router-client.ts <side> <base URL that it asks> <base URL of the model> <folder>
import { once } from 'node:events'
import { createServer } from 'node:http'
import { messageOf } from '../src/errors.ts'
import { promptOf, sides, type Ask, type Place, type SideName } from './router-sides.ts'
import { upstreamWords } from './router-upstream.ts'

/** A timed stretch of calls; an untimed one went before it, so that connections are open. */
export type Stretch = {
  /** All calls that were made, with the untimed ones. */
  readonly asked: number
  readonly durationMs: number
  /** Processor time of this process, all its threads, in the timed stretch. */
  readonly cpuUs: number
  /** Of each timed call: until the first piece of text, and until the end. */
  readonly firstMs: readonly number[]
  readonly totalMs: readonly number[]
}

const answer = upstreamWords.join('')

async function stretch(ask: Ask, atOnce: number, ms: number, from: number): Promise<Stretch> {
  let asked = 0
  const firstMs: number[] = []
  const totalMs: number[] = []
  const askOnce = async (): Promise<void> => {
    const prompt = promptOf(from + asked++)
    const startedMs = performance.now()
    let first: number | undefined
    let text = ''
    for await (const piece of ask(prompt)) {
      first ??= performance.now() - startedMs
      text += piece
    }
    totalMs.push(performance.now() - startedMs)
    firstMs.push(first ?? NaN)
    if (text !== answer) throw new Error(`the answer was ${JSON.stringify(text)}`)
  }
  const all = async (work: () => Promise<void>): Promise<void> => {
    await Promise.all(Array.from({ length: atOnce }, work))
  }
  await all(askOnce)
  firstMs.length = 0
  totalMs.length = 0
  const before = process.cpuUsage()
  const startedMs = performance.now()
  await all(async () => {
    do await askOnce()
    while (performance.now() - startedMs < ms)
  })
  const { user, system } = process.cpuUsage(before)
  return { asked, durationMs: performance.now() - startedMs, cpuUs: user + system, firstMs, totalMs }
}

async function serve(name: SideName, place: Place): Promise<void> {
  const ask = await sides[name](place)
  let asked = 0
  const answerTo = async (url: string): Promise<string> => {
    const { searchParams } = new URL(url, 'http://localhost')
    const done = await stretch(ask, Number(searchParams.get('atOnce')), Number(searchParams.get('ms')), asked)
    asked += done.asked
    return JSON.stringify(done)
  }
  const server = createServer((incoming, response) => {
    answerTo(incoming.url ?? '/').then(
      (body) => response.end(body),
      (error: unknown) => response.writeHead(500).end(messageOf(error)),
    )
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  console.log(typeof address === 'object' && address !== null ? address.port : 0)
}

if (import.meta.main) {
  const [name = '', endpoint = '', upstream = '', folder = ''] = process.argv.slice(2)
  if (!(name in sides)) throw new Error(`there is no side ${name}`)
  await serve(name as SideName, { endpoint, upstream, folder })
}
