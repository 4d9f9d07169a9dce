/** What one call says: each value is text, or what was JSON. */
export type Args = Readonly<Record<string, unknown>>

/** A JSON object. */
export type Data = Readonly<Record<string, unknown>>

/** Slack's own way to say no: `{ok: false, error}`, with HTTP 200 unless `http` has more. */
export class Refusal extends Error {
  readonly error: string
  readonly more: Data
  readonly http: { readonly status: number; readonly retryAfterS?: number }

  constructor(error: string, more: Data = {}, http: Refusal['http'] = { status: 200 }) {
    super(error)
    this.error = error
    this.more = more
    this.http = http
  }
}

export function refuse(error: string, more?: Data, http?: Refusal['http']): never {
  throw new Refusal(error, more, http)
}

export function isRecord(value: unknown): value is Data {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A part of an object that is an object itself; empty where it is not. */
export function part(of: Data, key: string): Data {
  const value = of[key]
  return isRecord(value) ? value : {}
}

/** The objects in a list; none where it is no list. */
export function records(value: unknown): readonly Data[] {
  return Array.isArray(value) ? value.filter(isRecord) : []
}

/** A text, empty where there is none. */
export function text(of: Data, key: string): string {
  const value = of[key]
  return typeof value === 'string' ? value : ''
}

export function flag(args: Args, key: string): boolean {
  return ['true', '1'].includes(text(args, key))
}

/** A copy without what is undefined, as JSON would have it. */
export function dense(data: Data): Data {
  return Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined))
}

/** The arguments that are JSON, also in a form. */
const json = new Set(
  'attachments blocks chunks files loading_messages metadata prompts unfurls view'.split(' '),
)

/** Reads a form or JSON, after what stands in the URL. */
export function readArgs(contentType: string, query: URLSearchParams, body: Buffer): Args {
  const raw = contentType.startsWith('application/json')
    ? parse(body.toString() || '{}', 'invalid_json')
    : Object.fromEntries(new URLSearchParams(body.toString()))
  if (!isRecord(raw)) refuse('json_not_object')
  return Object.fromEntries(
    Object.entries({ ...Object.fromEntries(query), ...raw }).map(([key, value]) => [key, read(key, value)]),
  )
}

function read(key: string, value: unknown): unknown {
  if (!json.has(key)) return typeof value === 'object' && value !== null ? value : String(value)
  return typeof value === 'string'
    ? parse(value, key === 'blocks' ? 'invalid_blocks_format' : 'invalid_arguments')
    : value
}

function parse(source: string, error: string): unknown {
  try {
    return JSON.parse(source)
  } catch {
    return refuse(error)
  }
}
