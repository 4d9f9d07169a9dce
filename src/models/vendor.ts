import { ModelError } from '../errors.ts'
import type { ModelEvent, Turn } from '../model.ts'
import { clip, readFailure, type Vendor } from './failure.ts'

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

/**
 * The turns as the strictest server takes them: the user begins, roles alternate, none is empty, and every
 * string is valid Unicode. Anthropic and many local prompt templates refuse anything else.
 */
export function alternating(turns: readonly Turn[]): { role: Turn['role']; content: string }[] {
  const merged: { role: Turn['role']; content: string }[] = []
  for (const { role, text } of turns) {
    if (text.trim() === '') continue
    const last = merged.at(-1)
    if (last?.role === role) last.content += `\n\n${text.toWellFormed()}`
    else merged.push({ role, content: text.toWellFormed() })
  }
  if (merged[0]?.role === 'assistant') merged.unshift({ role: 'user', content: '…' })
  return merged
}

/** Arguments of a call. Text that is not JSON stays text, so that the command's schema refuses it. */
export function readArgs(json: string): unknown {
  if (json.trim() === '') return {}
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
    if (signal.aborted) throw new ModelError('cancelled', `${vendor.name} was stopped`, { cause: thrown })
    throw readFailure(thrown, vendor)
  }
  throw new ModelError('network', `${vendor.name}: the answer was cut short`)
}

/** The error for an answer with no event in it at all, where its content type says that it never was a stream. */
export function notAStream(vendor: Vendor, response: Response): ModelError | undefined {
  const type = response.headers.get('content-type')
  if (type === null || type.includes('event-stream')) return undefined
  const remedy = 'check that the endpoint is the base URL of the API'
  return new ModelError('bad-answer', `${vendor.name} answered ${clip(type)} in place of a stream; ${remedy}`)
}
