import type { Fault } from '../../src/errors.ts'
import type { Image, Turn, Usage } from '../../src/model.ts'

/** The clock of the scenes, Unix milliseconds: give it to a model that reads dates of the vendor. */
export const sceneNowMs = Date.UTC(2026, 10, 22, 12)

/** How a scene ends that fails. With `spoken` a piece of text comes before. */
export type Failing = { readonly fault: Fault; readonly retryAfterMs?: number; readonly spoken?: true }

/**
 * The scenes that fail, each with the fault that the model throws. "Before" is before the response, "opened" after its
 * headers, "midway" after a first piece of text. The waits are those that the vendor asks for in Retry-After.
 */
export const failing = {
  'reset before': { fault: 'network' },
  'reset opened': { fault: 'network' },
  'reset midway': { fault: 'network', spoken: true },
  'end opened': { fault: 'network' },
  cut: { fault: 'network', spoken: true },
  'bad key': { fault: 'bad-key' },
  'no credit': { fault: 'no-credit' },
  'no such model': { fault: 'unsupported' },
  'too large': { fault: 'too-long' },
  'malformed request': { fault: 'bad-request' },
  'rate limit': { fault: 'rate-limit' },
  'rate limit, 0': { fault: 'rate-limit', retryAfterMs: 0 },
  'rate limit, 2': { fault: 'rate-limit', retryAfterMs: 2_000 },
  'rate limit, 90': { fault: 'rate-limit', retryAfterMs: 90_000 },
  'rate limit, date': { fault: 'rate-limit', retryAfterMs: 30_000 },
  overloaded: { fault: 'overloaded' },
  'error opened': { fault: 'overloaded' },
  'error opened, status': { fault: 'rate-limit' },
  'error midway': { fault: 'overloaded', spoken: true },
  rubbish: { fault: 'bad-answer' },
  page: { fault: 'bad-answer' },
} as const satisfies Readonly<Record<string, Failing>>

/**
 * What the world behind the model does in a test, each time that it is asked.
 * `answer`: says a few pieces of text; `gzip` and `drip` the same, compressed and in bits of 7 bytes; `no usage` without
 * counting. `usage`: counts as in `countedUsage`. `call`: proposes the command `remind` with the arguments
 * `{ what: 'tea', minutes: 5 }`. `images`, `history`: answers only a request that has a picture, past calls with their
 * results. `shape`: answers `{"city":"Paris"}`, and only a request with a JSON Schema.
 * `thinking`: thinks before it speaks, and shows it. `stall`: says a piece, then nothing more. `opened`: opens a response and says nothing. `silence`: not even that.
 */
export type Scene =
  | 'answer'
  | 'gzip'
  | 'drip'
  | 'no usage'
  | 'usage'
  | 'call'
  | 'images'
  | 'history'
  | 'shape'
  | 'thinking'
  | 'stall'
  | 'opened'
  | 'silence'
  | keyof typeof failing

/** What the vendor counts in the scene `usage`. */
export const countedUsage: Usage = {
  inputTokens: 109,
  outputTokens: 4,
  cachedTokens: 64,
  cacheWriteTokens: 32,
}

/** A picture of one transparent pixel. */
export const pixel: Image = {
  mediaType: 'image/png',
  base64: 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
}

/** Turns with calls whose ids no vendor takes as they are: odd, overlong, and one that comes twice. */
export const turnsWithCalls: readonly Turn[] = [
  { role: 'user', text: 'Remind me of tea and of cake.' },
  {
    role: 'assistant',
    text: 'Right.',
    calls: [
      {
        id: 'functions.remind:0',
        name: 'remind',
        args: { what: 'tea', minutes: 5 },
        result: 'In 5 minutes.',
      },
      { id: `call|${'x'.repeat(80)}`, name: 'remind', args: { what: 'cake' }, result: '' },
    ],
  },
  { role: 'user', text: 'And of milk.' },
  {
    role: 'assistant',
    text: '',
    calls: [{ id: 'functions.remind:0', name: 'remind', args: { what: 'milk' }, result: 'Tomorrow.' }],
  },
  { role: 'user', text: 'What did I ask for?' },
]
