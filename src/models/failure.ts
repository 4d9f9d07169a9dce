import { ModelError, type Fault } from '../errors.ts'

/** A vendor as its failures are told: the model's name, its key (never shown), and the clock that dates are read by. */
export type Vendor = {
  readonly name: string
  readonly apiKey?: string | undefined
  readonly now: () => number
}

/**
 * Turns anything that an SDK, fetch or a stream threw into a ModelError, by statuses and codes, never by words. Vendors
 * quote in their errors what people wrote: none of their prose, and none of their bodies, is in the error or its causes.
 */
export function readFailure(thrown: unknown, vendor: Vendor): ModelError {
  if (thrown instanceof ModelError) return thrown
  const chain = causes(thrown)
  const status = chain.map(statusOf).find((found) => found !== undefined)
  const fault = faultOfChain(chain, status)
  const shown = blotted(factsOf(chain, status).join(', '), vendor)
  const headers = chain.map((link) => link['headers']).find((found) => found instanceof Headers)
  return new ModelError(
    fault,
    `${vendor.name} ${phrases[fault] ?? 'failed'}${shown === '' ? '' : ` (${shown})`}`,
    {
      cause: plainCause(chain, status, shown, vendor),
      retryAfterMs: headers === undefined ? undefined : readRetryAfter(headers, vendor.now()),
    },
  )
}

/** The failure that an answer tells of itself, by its code; `bad-answer` where that says nothing we know. */
export function toldFailure(
  error: { readonly code?: string | null | undefined },
  vendor: Vendor,
): ModelError {
  return readFailure({ name: 'APIError', code: error.code, error: undefined }, vendor)
}

/** What may be shown of a failure: status, code and the name of the request, or what the system says of a connection. */
function factsOf(chain: readonly Thrown[], status: number | undefined): string[] {
  const system = chain.findLast(isOfSystem)
  // Where a name has two addresses, it is an AggregateError with a code and no message.
  if (status === undefined && system !== undefined) return [clip(String(system['message'] || system['code']))]
  const code = chain.flatMap(codesOf).find(isWord)
  const request = chain.map((link) => link['requestID']).find(isWord)
  const name = chain.map((link) => link['name']).find(isWord)
  const known = [status, code, request === undefined ? undefined : `request ${request}`]
  const facts = known.filter((one) => one !== undefined).map(String)
  return facts.length === 0 && name !== undefined ? [name] : facts
}

/** True for an error of sockets, TLS, HTTP or compression: its words come from this machine, not from the vendor. */
function isOfSystem(link: Thrown): boolean {
  const isVendors = 'error' in link || 'headers' in link
  const codes =
    /^(?:E[A-Z]|UND_ERR_|ERR_(?:SSL|TLS|STREAM|BROTLI|ANSWER)_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_|HPE_|Z_)/u
  return !isVendors && typeof link['code'] === 'string' && codes.test(link['code'])
}

/** True for what a vendor gives as a code or an id; anything longer, or with blanks in it, may be prose. */
function isWord(value: unknown): value is string {
  return typeof value === 'string' && /^\w[\w.:-]{0,63}$/u.test(value)
}

/** What the log may have of the errors: the name of the outermost, the code of the innermost, where it was thrown. */
function plainCause(
  chain: readonly Thrown[],
  status: number | undefined,
  shown: string,
  vendor: Vendor,
): Error {
  const codes = chain.map((link) => link['code']).filter(isWord)
  const code = codes.at(-1)
  const cause = Object.assign(new Error(shown), {
    name: chain.map((link) => link['name']).find(isWord) ?? 'Error',
    ...(status === undefined ? {} : { status }),
    ...(code === undefined ? {} : { code: blotted(code, vendor) }),
  })
  cause.stack = `${cause.name}: ${shown}${chain.map(framesOf).findLast((frames) => frames !== '') ?? ''}`
  return cause
}

/** The places in a stack, without the message before them. */
function framesOf({ stack, message }: Thrown): string {
  if (typeof stack !== 'string' || typeof message !== 'string') return ''
  const at = stack.indexOf(message)
  const lines = at < 0 ? [] : stack.slice(at + message.length).split('\n')
  return lines.flatMap((line) => (/^ {4}at /u.test(line) ? [`\n${line}`] : [])).join('')
}

function blotted(text: string, { apiKey }: Vendor): string {
  return apiKey === undefined || apiKey === '' ? text : text.replaceAll(apiKey, '***')
}

/** The wait that a response asks for: `retry-after-ms`, or Retry-After in seconds or as an HTTP date (RFC 9110, 10.2.3). */
function readRetryAfter(headers: Headers, nowMs: number): number | undefined {
  const ms = headers.get('retry-after-ms')
  if (ms !== null && /^\d+(\.\d+)?$/u.test(ms)) return Math.ceil(Number(ms))
  const given = headers.get('retry-after')
  if (given === null) return undefined
  if (/^\d+(\.\d+)?$/u.test(given)) return Math.ceil(Number(given) * 1000)
  const atMs = Date.parse(given)
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs)
}

function faultOfChain(chain: readonly Thrown[], status: number | undefined): Fault {
  const codes = chain.flatMap(codesOf)
  const precise = first(codes, faultOfCode)
  if (precise !== undefined) return precise
  if (status !== undefined)
    return faultOfStatus[status] ?? faultOfClass[Math.floor(status / 100)] ?? 'bad-request'
  if (codes.some((code) => /^(?:HPE_|Z_|ERR_BROTLI|ERR__ERROR_FORMAT)/u.test(code))) return 'bad-answer'
  // The innermost is the most telling: an SDK's name for it comes around it.
  const names = chain
    .toReversed()
    .flatMap((link) => [String(link['name']), link instanceof Error ? link.constructor.name : ''])
  const known = first([...codes, ...names], faultOfKind)
  if (known !== undefined) return known
  return chain.some((link) => typeof link['syscall'] === 'string') ? 'network' : 'internal'
}

function first(words: readonly string[], table: Readonly<Record<string, Fault>>): Fault | undefined {
  const known = words.find((word) => Object.hasOwn(table, word))
  return known === undefined ? undefined : table[known]
}

type Thrown = Readonly<Record<string, unknown>>

/** The error and its causes, outermost first. */
function causes(thrown: unknown): Thrown[] {
  const chain: Thrown[] = []
  for (let link = thrown; isThrown(link) && chain.length < 8; link = link['cause']) chain.push(link)
  return chain
}

/** Every code that an error and the body in it carry, the most telling first. */
function codesOf(link: Thrown): string[] {
  const body = isThrown(link['error']) ? link['error'] : {}
  const inner = isThrown(body['error']) ? body['error'] : {}
  const codes = [
    link['errorCode'],
    link['code'],
    inner['code'],
    body['code'],
    link['type'],
    inner['type'],
    body['type'],
  ]
  return codes.filter((code) => typeof code === 'string')
}

/** The HTTP status of an error; some servers write it as a number into the error object of a stream. */
function statusOf(link: Thrown): number | undefined {
  const given = [link['status'], link['code']].map((value) =>
    typeof value === 'string' && /^[345]\d\d$/u.test(value) ? Number(value) : value,
  )
  return given.find((value): value is number => typeof value === 'number' && value >= 300 && value < 600)
}

function isThrown(value: unknown): value is Thrown {
  return typeof value === 'object' && value !== null
}

/** A text in one line of at most 200 characters. */
function clip(text: string): string {
  const line = text.replace(/\s+/gu, ' ').trim()
  return line.length > 200 ? `${line.slice(0, 199)}…` : line
}

const faultOfStatus: Readonly<Record<number, Fault>> = {
  400: 'bad-request',
  401: 'bad-key',
  402: 'no-credit',
  403: 'unsupported', // a right that this key lacks for this model, or a wall before it: the key may do for others
  404: 'unsupported',
  405: 'unsupported',
  408: 'timeout',
  409: 'overloaded',
  413: 'too-long',
  422: 'bad-request',
  425: 'overloaded',
  429: 'rate-limit',
  451: 'refused',
  501: 'unsupported',
  504: 'timeout',
  524: 'timeout', // Cloudflare: the server behind it did not answer
}

/** The rest, by their first digit. A redirect is not followed, because the key would go with it. */
const faultOfClass: Readonly<Record<number, Fault>> = { 3: 'unsupported', 4: 'bad-request', 5: 'overloaded' }

/** Codes that say more than the status beside them, and those that come without one: error objects in a stream, sockets. */
const faultOfCode: Readonly<Record<string, Fault>> = {
  // https://platform.openai.com/docs/guides/error-codes
  insufficient_quota: 'no-credit',
  billing_hard_limit_reached: 'no-credit',
  context_length_exceeded: 'too-long',
  model_not_found: 'unsupported',
  invalid_api_key: 'bad-key',
  rate_limit_exceeded: 'rate-limit',
  server_error: 'overloaded',
  content_filter: 'refused',
  content_policy_violation: 'refused',
  image_content_policy_violation: 'refused',
  bio_policy: 'refused',
  misalignment_policy_violation: 'refused',
  invalid_prompt: 'bad-request',
  // https://platform.claude.com/docs/en/api/errors
  authentication_error: 'bad-key',
  permission_error: 'unsupported',
  billing_error: 'no-credit',
  not_found_error: 'unsupported',
  request_too_large: 'too-long',
  rate_limit_error: 'rate-limit',
  timeout_error: 'timeout',
  api_error: 'overloaded',
  overloaded_error: 'overloaded',
  ECONNREFUSED: 'network',
  ECONNRESET: 'network',
  EPIPE: 'network',
  ENOTFOUND: 'network',
  EAI_AGAIN: 'network',
  EHOSTUNREACH: 'network',
  ENETUNREACH: 'network',
  ECONNABORTED: 'network',
  ERR_STREAM_PREMATURE_CLOSE: 'network',
  UND_ERR_SOCKET: 'network',
  UND_ERR_CLOSED: 'network',
  UND_ERR_DESTROYED: 'network',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'network',
  ETIMEDOUT: 'timeout',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_TIMEOUT: 'timeout',
  UND_ERR_BODY_TIMEOUT: 'timeout',
  Z_DATA_ERROR: 'bad-answer',
  ERR_ANSWER_TOO_LONG: 'bad-answer', // longer than we read
}

/** Types and classes, for what has neither a status nor a code above. */
const faultOfKind: Readonly<Record<string, Fault>> = {
  invalid_request_error: 'bad-request',
  APIConnectionTimeoutError: 'timeout',
  APIConnectionError: 'network',
  AbortError: 'timeout', // not our signal, so the SDK's own clock
  TimeoutError: 'timeout',
  HTTPParserError: 'bad-answer',
  SyntaxError: 'bad-answer', // JSON in an event
  TypeError: 'network', // `terminated` and `fetch failed`
  APIError: 'bad-answer', // an error object in a stream that says nothing we know
}

const phrases: Readonly<Partial<Record<Fault, string>>> = {
  network: 'cannot be reached: check its endpoint and the network',
  timeout: 'took too long',
  'rate-limit': 'asks to slow down',
  overloaded: 'has no room just now',
  'bad-key': 'does not accept the key: check it in config.yaml',
  'no-credit': 'has no credit left: top up the account behind its key',
  'too-long': 'finds the request too long',
  unsupported:
    'does not offer this model, or this address, to this key: check model and endpoint in config.yaml',
  refused: 'refuses the request',
  'bad-request': 'finds the request malformed',
  'bad-answer': 'answered what was not agreed',
}
