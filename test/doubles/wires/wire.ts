import type { IncomingHttpHeaders } from 'node:http'

/** What the double says: what it thinks before, text in pieces, calls (their arguments as JSON text), why it stops, what it counts. */
export type Answer = {
  readonly thoughts?: readonly string[]
  readonly pieces?: readonly string[]
  readonly calls?: readonly SaidCall[]
  readonly stop?: 'complete' | 'length' | 'refused'
  /** `cached`: some of the prompt was in the vendor's cache; `none`: nothing is counted. */
  readonly usage?: 'plain' | 'cached' | 'none'
}

/** A proposed call; without `id` the double counts from zero in each answer. */
export type SaidCall = { readonly name: string; readonly args: string; readonly id?: string }

/** A request as it came; `body` is its JSON. */
export type Seen = {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: Readonly<Record<string, unknown>>
}

export type Refusal = { readonly status: number; readonly code: string; readonly text: string }

/** How one vendor says things. `head` runs to the first piece of text, `tail` has the rest with the terminal event. */
export type Wire = {
  /** What the vendor refuses, it refuses as well. `callIds`: ids of calls that it accepts, where not the usual ones. */
  readonly refuse: (seen: Seen, callIds?: RegExp) => Refusal | undefined
  /** True if the request has what the step needs. */
  readonly has: (body: Seen['body'], what: 'image' | 'calls' | 'shape') => boolean
  readonly frames: (answer: Answer) => { readonly head: string; readonly tail: string }
  /** The code that goes with a status. */
  readonly codeOf: (status: number) => string
  readonly failure: (code: string, text: string) => unknown
  /** An error in place of an event, with the code, and with the status if the wire has a place for it. */
  readonly errorFrame: (code: string, status?: number) => string
}

/** Tokens of an answer. `fresh` were in no cache of the vendor; without `cached` nothing is said of one. */
export type Tokens = {
  readonly prompt: number
  readonly fresh: number
  readonly cached?: number
  readonly written?: number
  readonly answer: number
}

export const tokens: Readonly<Record<'plain' | 'cached', Tokens>> = {
  plain: { prompt: 9, fresh: 9, answer: 4 },
  cached: { prompt: 109, fresh: 13, cached: 64, written: 32, answer: 4 },
}

/** What it says when nothing else is scripted. */
export const defaultPieces = ['Paris is', ' the capital', ' of France.']

export function data(value: unknown): string {
  return `data: ${JSON.stringify(value)}\n\n`
}

export function event(value: { readonly type: string; readonly [field: string]: unknown }): string {
  return `event: ${value.type}\n${data(value)}`
}

/** A text in bits of four characters. */
export function inBits(text: string): string[] {
  return text.match(/.{1,4}/gsu) ?? []
}

export type Fields = Readonly<Record<string, unknown>>

export function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The items of a list as records; nothing for what is no list. */
export function records(value: unknown): Fields[] {
  return Array.isArray(value) ? value.map((one: unknown) => (isRecord(one) ? one : {})) : []
}

/** True if it is text with more in it than blanks, and valid Unicode. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '' && value.isWellFormed()
}

/** True if it is a name as vendors take it for commands and shapes. */
export function isName(value: unknown): boolean {
  return typeof value === 'string' && /^[a-zA-Z0-9_-]{1,64}$/u.test(value)
}

/** True if it is the JSON text of an object. */
export function isObjectJson(value: unknown): boolean {
  if (typeof value !== 'string') return false
  try {
    return isRecord(JSON.parse(value))
  } catch {
    return false
  }
}

/** What is wrong with the calls of a history, in the order in which they and their results come. */
export function createLedger(callIds: RegExp): {
  readonly call: (id: unknown) => string | undefined
  readonly result: (id: unknown) => string | undefined
  /** Called where no more results may come. */
  readonly settled: () => string | undefined
} {
  const known = new Set<string>()
  const open = new Set<string>()
  return {
    call: (id) => {
      if (typeof id !== 'string' || !callIds.test(id)) return `the id ${String(id)} is not ${String(callIds)}`
      if (known.has(id)) return `the id ${id} comes twice`
      known.add(id)
      open.add(id)
      return undefined
    },
    result: (id) => (open.delete(String(id)) ? undefined : `a result without its call: ${String(id)}`),
    settled: () => (open.size === 0 ? undefined : `no result for ${[...open].join(', ')}`),
  }
}
