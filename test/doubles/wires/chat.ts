import {
  createLedger,
  data,
  defaultPieces,
  inBits,
  isObjectJson,
  isName,
  isRecord,
  isText,
  records,
  tokens,
  type Answer,
  type Fields,
  type Seen,
  type Tokens,
  type Wire,
} from './wire.ts'

/** OpenAI chat completions, as strict as the strictest of the servers that speak it. */
export const chat: Wire = {
  refuse: ({ body }, callIds = /^[\x21-\x7e]{1,40}$/u) => {
    const text =
      wrongFields(body) ?? wrongMessages(records(body['messages']), callIds, isRefusingUser(callIds))
    return text === undefined ? undefined : { status: 400, code: 'invalid_request_error', text }
  },
  has: (body, what) => {
    const messages = records(body['messages'])
    if (what === 'calls') return messages.some(({ role }) => role === 'tool')
    if (what === 'shape') return isRecord(body['response_format'])
    return messages.some(({ content }) => records(content).some(({ type }) => type === 'image_url'))
  },
  codeOf: codeOfOpenai,
  failure: (code, text) => ({ error: { message: text, type: 'invalid_request_error', param: null, code } }),
  errorFrame: (code, status) => data({ error: { message: 'scripted failure', code: status ?? code } }),
  frames,
}

/** The codes that OpenAI sends beside its statuses. */
export function codeOfOpenai(status: number): string {
  const codes: Readonly<Record<number, string>> = {
    401: 'invalid_api_key',
    404: 'model_not_found',
    429: 'rate_limit_exceeded',
    500: 'server_error',
    503: 'server_error',
    529: 'server_error',
  }
  return codes[status] ?? 'some_error'
}

/** Mistral, whose ids have nine characters, takes no user right after a result. */
function isRefusingUser(callIds: RegExp): boolean {
  return callIds.test('abcdefghi') && !callIds.test('abcdefgh')
}

function wrongFields(body: Seen['body']): string | undefined {
  const { model, messages, stream, tools, response_format: format } = body
  if (typeof model !== 'string' || model === '') return 'model: required'
  if (!Array.isArray(messages) || messages.length === 0) return 'messages: required'
  if (stream !== true) return 'this double only streams'
  if (tools === undefined && records(messages).some((one) => one['tool_calls'] !== undefined))
    return 'tool calls without tools'
  if (Array.isArray(tools) && tools.length === 0) return 'tools must not be empty'
  if (format === undefined) return undefined
  const { type, json_schema: shape } = isRecord(format) ? format : {}
  const { name, schema } = isRecord(shape) ? shape : {}
  return type === 'json_schema' && isName(name) && isRecord(schema) ? undefined : 'response_format: malformed'
}

function wrongMessages(messages: readonly Fields[], callIds: RegExp, strict: boolean): string | undefined {
  const ledger = createLedger(callIds)
  let before: unknown
  for (const [index, message] of messages.entries()) {
    const { role, content, tool_calls: calls, tool_call_id: id } = message
    const wrong =
      (role === 'tool' ? ledger.result(id) : ledger.settled()) ??
      (strict && before === 'tool' && role === 'user' ? 'user after tool' : undefined) ??
      wrongTurn(String(role), String(before), index) ??
      wrongContent(role, content, calls !== undefined) ??
      wrongCalls(role, calls, ledger.call)
    if (wrong !== undefined) return wrong
    before = role
  }
  return (
    ledger.settled() ?? (before === 'assistant' ? 'the last one must not be by the assistant' : undefined)
  )
}

/** Many prompt templates raise an error where the two do not alternate. */
function wrongTurn(role: string, before: string, index: number): string | undefined {
  if (!['system', 'developer', 'user', 'assistant', 'tool'].includes(role)) return `unknown role ${role}`
  if (role === 'system' && index > 0) return 'the system comes first'
  if (role === 'assistant' && !['user', 'tool'].includes(before)) return `${role} after ${before}`
  return role === 'user' && before === 'user' ? 'user after user' : undefined
}

function wrongContent(role: unknown, content: unknown, hasCalls: boolean): string | undefined {
  if (typeof content === 'string') return isText(content) ? undefined : 'content must not be empty'
  if (hasCalls && (content === undefined || content === null)) return undefined
  const parts = records(content)
  if (parts.length === 0) return 'content: required'
  if (role !== 'user') return 'parts are for the user only'
  const isFine = ({ type, text, image_url: image }: Fields): boolean =>
    type === 'text'
      ? isText(text)
      : type === 'image_url' &&
        isRecord(image) &&
        /^data:image\/(png|jpeg|gif|webp);base64,[\w+/]+=*$/u.test(String(image['url']))
  return parts.every(isFine) ? undefined : 'content: malformed part'
}

function wrongCalls(
  role: unknown,
  calls: unknown,
  enter: (id: unknown) => string | undefined,
): string | undefined {
  if (calls === undefined) return undefined
  if (role !== 'assistant' || records(calls).length === 0) return 'tool_calls: misplaced or empty'
  for (const { id, type, function: called } of records(calls)) {
    const { name, arguments: args } = isRecord(called) ? called : {}
    if (type !== 'function' || !isName(name) || !isObjectJson(args)) return 'tool_calls: malformed'
    const wrong = enter(id)
    if (wrong !== undefined) return wrong
  }
  return undefined
}

function frames({
  thoughts = [],
  pieces = defaultPieces,
  calls = [],
  stop = 'complete',
  usage = 'plain',
}: Answer): {
  head: string
  tail: string
} {
  const envelope = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'double' }
  const chunk = (delta: object, finish: string | null = null): string => {
    const choices = [{ index: 0, delta, logprobs: null, finish_reason: finish }]
    return data({ ...envelope, choices, usage: null })
  }
  const finish = {
    complete: calls.length > 0 ? 'tool_calls' : 'stop',
    length: 'length',
    refused: 'content_filter',
  }
  const [first = '', ...rest] = pieces
  return {
    head:
      chunk({ role: 'assistant', content: '' }) +
      thoughts.map((thought) => chunk({ content: null, reasoning_content: thought })).join('') +
      (first === '' ? '' : chunk({ content: first })),
    tail: [
      ...rest.map((content) => chunk({ content })),
      ...calls.flatMap(({ id, name, args }, index) => [
        chunk({
          tool_calls: [
            { index, id: id ?? `call_${index}`, type: 'function', function: { name, arguments: '' } },
          ],
        }),
        ...inBits(args).map((bit) => chunk({ tool_calls: [{ index, function: { arguments: bit } }] })),
      ]),
      chunk({}, finish[stop]),
      usage === 'none' ? '' : data({ ...envelope, choices: [], usage: counted(tokens[usage]) }),
      'data: [DONE]\n\n',
    ].join(''),
  }
}

function counted({ prompt, cached, written, answer }: Tokens): object {
  return {
    prompt_tokens: prompt,
    completion_tokens: answer,
    total_tokens: prompt + answer,
    ...(cached !== undefined && {
      prompt_tokens_details: { cached_tokens: cached, cache_write_tokens: written },
    }),
  }
}
