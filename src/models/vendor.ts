import { z } from 'zod'
import { cutShort, ModelError, stopped } from '../errors.ts'
import type { Image, ModelEvent } from '../model.ts'
import { readFailure, type Vendor } from './failure.ts'

/** Request headers for both SDKs: no word about this machine, and no key where there is none. */
export function plainHeaders(apiKey: string | undefined): Record<string, string | null> {
  const told = [
    'lang',
    'package-version',
    'os',
    'arch',
    'runtime',
    'runtime-version',
    'retry-count',
    'timeout',
  ]
  return {
    'user-agent': 'moltbot',
    ...Object.fromEntries(told.map((what) => [`x-stainless-${what}`, null])),
    ...(apiKey === undefined ? { authorization: null } : {}),
  }
}

/** The time limit that is given to the SDKs, which insist on one: deadlines of our own stand before it. */
export const wholeDayMs = 24 * 60 * 60 * 1000

/** A response whose body an SDK reads as events. */
export type Opened = { readonly data: AsyncIterable<unknown>; readonly response: Response }

/** Reads an event of a stream. Throws `bad-answer` where it has another shape than agreed. */
export function readEvent<T>(schema: z.ZodType<T>, raw: unknown, vendor: Vendor): T {
  const read = schema.safeParse(raw)
  if (read.success) return read.data
  const where = read.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')
  throw new ModelError('bad-answer', `${vendor.name} sent an event of another shape than agreed (${where})`)
}

/** More tokens than any answer or prompt has; what says more is no count. */
const mostTokens = 100_000_000

/** A number of tokens, also as digits; what cannot be one counts as not said. */
export const tokenCount = z.preprocess(
  numberOf,
  z.int().nonnegative().max(mostTokens).nullish().catch(undefined),
)

/** Where a piece belongs, also as digits; what is no place counts as not said. */
export const placeNumber = z.preprocess(numberOf, z.int().nullish().catch(undefined))

/** Arguments of a call as JSON text; some servers send the object itself. */
export const argumentText = z.preprocess(
  (value) => (typeof value === 'object' && value !== null ? JSON.stringify(value) : value),
  z.string().nullish(),
)

function numberOf(value: unknown): unknown {
  return typeof value === 'string' && /^\d{1,15}$/u.test(value) ? Number(value) : value
}

/** A picture as a URL that holds it (RFC 2397). */
export function dataUrl({ mediaType, base64 }: Image): string {
  return `data:${mediaType};base64,${base64}`
}

/** Arguments of a call; none are an empty object. Text that is not JSON stays text, so that the command's schema refuses it. */
export function readArgs(json: string | null | undefined): unknown {
  if (json === null || json === undefined || json.trim() === '') return {}
  try {
    return JSON.parse(json)
  } catch {
    return json
  }
}

/**
 * Holds a vendor's events to the contract of Model. `open` yields `end` only after the vendor's terminal event:
 * ending without it becomes `network`, an abort `cancelled`, and any other error what `readFailure` makes of it.
 */
export async function* underContract(
  vendor: Vendor,
  signal: AbortSignal,
  open: () => AsyncIterable<ModelEvent>,
): AsyncGenerator<ModelEvent, void, undefined> {
  try {
    signal.throwIfAborted()
    for await (const event of open()) {
      signal.throwIfAborted()
      yield event
      if (event.kind === 'end') return
    }
    // Both SDKs end their loop quietly after an abort, and after an answer that was cut short.
    signal.throwIfAborted()
  } catch (thrown) {
    // Not what was thrown: an SDK's error may hold what people wrote.
    if (signal.aborted) throw stopped(vendor.name, signal.reason)
    throw readFailure(thrown, vendor)
  }
  throw cutShort(vendor.name)
}

/** The error for an answer with no event in it at all, where its content type says that it never was a stream. */
export function notAStream(vendor: Vendor, response: Response): ModelError | undefined {
  const type = response.headers.get('content-type')
  if (type === null || type.includes('event-stream')) return undefined
  const kind = /^[\w.+-]+\/[\w.+-]+/u.exec(type)?.[0] ?? 'something else'
  const remedy = 'check that the endpoint is the base URL of the API'
  return new ModelError('bad-answer', `${vendor.name} answered ${kind} in place of a stream; ${remedy}`)
}
