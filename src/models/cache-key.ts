import { createHash, createHmac, createSecretKey } from 'node:crypto'
import type { CacheConfig } from '../config.ts'
import type { Asker, Image, ModelRequest, PastCall, Tool, Turn } from '../model.ts'

/** Tells which requests are the same for whom: equal keys mean equal answers may be shared. */
export type Keys = {
  /** `fingerprint` stands for all that decides the answer besides the request: models, endpoints, parameters. */
  readonly keyOf: (request: ModelRequest, fingerprint: string, scope: CacheConfig['scope']) => string
}

/**
 * Makes keys that only the holder of `secret` can make: HMAC-sha256 of the scope, the fingerprint and every field of
 * the request that reaches a vendor, so that two different requests never share one. `asker.task` is no part of it. An
 * empty list is the same as none. JSON (arguments, schemas) counts as it is written, the order of its keys included:
 * vendors pass it on in that order, and another order is another prompt. An array of tools and the schema of a shape
 * are read once, and must not be changed afterwards.
 */
export function createKeys(secret: Uint8Array): Keys {
  const key = createSecretKey(secret)
  const known = new WeakMap<object, string>()
  const digest: Digest = (of, write) => {
    const found = known.get(of)
    if (found !== undefined) return found
    const made = createHash('sha256').update(write(), 'utf16le').digest('base64url')
    known.set(of, made)
    return made
  }
  return {
    keyOf: (request, fingerprint, scope) => {
      let input = scopeText(request.asker, scope) + framed(fingerprint)
      for (const write of writers) input += write(request, digest)
      // Not UTF-8: it makes all lone surrogates one character, and takes three times as long for Chinese.
      return createHmac('sha256', key).update(input, 'utf16le').digest('base64url')
    },
  }
}

/** The digest of what `write` gives for `of`; written once for each object. */
type Digest = (of: object, write: () => string) => string

type Writer = (request: ModelRequest, digest: Digest) => string

/** One for each field: a field that is added to the contract does not compile without its writer. */
const fields: Readonly<Record<keyof ModelRequest, Writer>> = {
  asker: () => '', // it is in the scope
  intent: ({ intent }) =>
    intent.kind === 'chat' ? 'c' : `s${intent.sentences};${listed(intent.documents, framed)}`,
  system: ({ system }) => framed(system),
  turns: ({ turns }) => listed(turns, turnText),
  tools: ({ tools }, digest) =>
    tools.length === 0 ? '-' : `+${digest(tools, () => listed(tools, toolText))}`,
  maxTokens: ({ maxTokens }) => `${maxTokens};`,
  shape: ({ shape }, digest) =>
    shape === undefined ? '-' : `+${framed(shape.name)}${digest(shape.schema, () => jsonText(shape.schema))}`,
  sampling: ({ sampling }) => `${sampling?.temperature ?? '-'};${sampling?.topP ?? '-'};`,
}
const writers = Object.values(fields)

function scopeText({ person, address }: Asker, scope: CacheConfig['scope']): string {
  switch (scope) {
    case 'person':
      return `p${framed(person)}`
    case 'channel':
      return `c${framed(address.adapter)}${framed(address.account)}${framed(address.channel)}`
    case 'everyone':
      return 'e'
  }
}

function turnText(turn: Turn): string {
  return turn.role === 'user'
    ? `u${framed(turn.text)}${listed(turn.images, imageText)}`
    : `a${framed(turn.text)}${listed(turn.calls, callText)}`
}

function imageText({ mediaType, base64 }: Image): string {
  return framed(mediaType) + framed(base64)
}

function callText({ id, name, args, result }: PastCall): string {
  return framed(id) + framed(name) + jsonText(args) + framed(result)
}

function toolText({ name, description, parameters }: Tool): string {
  return framed(name) + framed(description) + jsonText(parameters)
}

function jsonText(value: unknown): string {
  return value === undefined ? '-' : framed(JSON.stringify(value))
}

/** A list with its length before it, so that where it ends cannot be mistaken. */
function listed<T>(items: readonly T[] | undefined, write: (item: T) => string): string {
  if (items === undefined) return '0;'
  let text = `${items.length};`
  for (const item of items) text += write(item)
  return text
}

/** A text with its length before it. */
function framed(text: string): string {
  return `${text.length};${text}`
}
