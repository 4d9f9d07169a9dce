import { complete, type Model, type ModelEvent, type Tool } from '../src/model.ts'
import { median, type Case, type Figure } from './figures.ts'
import { createOursOver } from './router-ours.ts'
import { promptOf, requestOf } from './router-sides.ts'
import { upstreamWords } from './router-upstream.ts'

/** The first stretch of calls is a warm-up, the others are timed. */
const sizes = {
  short: { rounds: 6, misses: 3_000, hits: 20_000 },
  long: { rounds: 22, misses: 5_000, hits: 50_000 },
} as const

/** So many questions take turns where the answers are to come from the cache. */
const questions = 64

/** Answers from the cache. */
export const hitCase: Case = {
  name: 'hit',
  summary: 'answers a second from the cache, and their processor time; without network and disk',
  run: async ({ isShort, say }) => {
    const { rounds, hits } = isShort ? sizes.short : sizes.long
    const inner = createInstant()
    const model = createOursOver(inner.model)
    const prompts = promptsFrom(0, questions)
    await costOf(model, prompts, questions)
    const costs: Cost[] = []
    for (let i = 0; i < rounds; i++) costs.push(await costOf(model, prompts, hits))
    inner.expect(questions)
    say(`${rounds * hits} answers, each right and from the cache`)
    const timed = costs.slice(1)
    const about = `middle of ${timed.length} times ${hits} hits, one at a time, ${requestAbout}`
    return [
      {
        metric: 'perSecond',
        value: 1_000_000 / median(timed.map(({ wallUs }) => wallUs)),
        unit: 'hits/s',
        about: `${about}; aim: at least 50000`,
      },
      {
        metric: 'hitUs',
        value: median(timed.map(({ cpuUs }) => cpuUs)),
        unit: 'µs/hit',
        about: `processor time, ${about}; aim: at most 15`,
      },
    ]
  },
}

/** What the wrappers cost where the answer is not in the cache: the whole, less the reading of the model alone. */
export async function missFigures(isShort: boolean): Promise<Figure[]> {
  const { rounds, misses } = isShort ? sizes.short : sizes.long
  const inner = createInstant()
  const model = createOursOver(inner.model)
  const addedUs: number[] = []
  for (let i = 0; i < rounds; i++) {
    const prompts = promptsFrom(i * misses, misses)
    const alone = await costOf(inner.model, prompts, misses)
    const whole = await costOf(model, prompts, misses)
    addedUs.push(whole.cpuUs - alone.cpuUs)
  }
  inner.expect(2 * rounds * misses)
  const timed = addedUs.slice(1)
  const about = `middle of ${timed.length} times ${misses} calls of an instant model in 15 events, ${requestAbout}`
  return [
    {
      metric: 'missUs',
      value: median(timed),
      unit: 'µs/call',
      about: `processor time of our wrappers, ${about}; aim: at most 25`,
    },
  ]
}

const tools: readonly Tool[] = ['digest', 'remind', 'tasks', 'status', 'model', 'help', 'new'].map(
  (name) => ({
    name,
    description: `does what a person means by ${name}, now or on a schedule, and says what came of it`,
    parameters: {
      type: 'object',
      properties: {
        what: { type: 'string', description: 'what it is about, in the words of the person' },
        when: {
          type: 'string',
          description: 'for later or repeated work: "in 20 minutes", "every weekday at 9"',
        },
      },
      required: ['what'],
    },
  }),
)

const requestAbout = `4 KB prompt, ${tools.length} tools`

/** A model without a network that gives the answer of the router bench at once. `expect` throws unless it was asked so often. */
function createInstant(): { readonly model: Model; readonly expect: (count: number) => void } {
  const events: readonly ModelEvent[] = [
    ...upstreamWords.map((text) => ({ kind: 'text', text }) as const),
    { kind: 'end', stop: 'complete', usage: { inputTokens: 1_000, outputTokens: upstreamWords.length } },
  ]
  let asked = 0
  return {
    model: {
      name: 'bench',
      stream: async function* () {
        asked++
        yield* events
      },
    },
    expect: (count) => {
      if (asked !== count) throw new Error(`the model was asked ${asked} times, not ${count}`)
    },
  }
}

/** Made anew as one string each, as texts are that come from a network. */
function promptsFrom(first: number, count: number): string[] {
  return Array.from({ length: count }, (_, i) => Buffer.from(promptOf(first + i)).toString())
}

type Cost = { readonly wallUs: number; readonly cpuUs: number }

const answer = upstreamWords.join('')

/** What one of so many calls cost, the prompts taking turns. Throws where an answer is wrong. */
async function costOf(model: Model, prompts: readonly string[], calls: number): Promise<Cost> {
  const { signal } = new AbortController()
  const before = process.cpuUsage()
  const startedMs = performance.now()
  for (let i = 0; i < calls; i++) {
    const { text } = await complete(model, requestOf(prompts[i % prompts.length] ?? '', tools), signal)
    if (text !== answer) throw new Error(`the answer was ${JSON.stringify(text)}`)
  }
  const { user, system } = process.cpuUsage(before)
  const wallUs = ((performance.now() - startedMs) * 1_000) / calls
  return { wallUs, cpuUs: (user + system) / calls }
}
