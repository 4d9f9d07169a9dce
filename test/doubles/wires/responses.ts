import { codeOfOpenai } from './chat.ts'
import {
  createLedger,
  defaultPieces,
  event,
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

/** OpenAI Responses, streaming and stateless. */
export const responses: Wire = {
  refuse: ({ body }, callIds = /^[\w-]{1,64}$/u) => {
    const text = wrongFields(body) ?? wrongInput(records(body['input']), callIds)
    return text === undefined ? undefined : { status: 400, code: 'invalid_request_error', text }
  },
  has: (body, what) => {
    const input = records(body['input'])
    if (what === 'calls') return input.some(({ type }) => type === 'function_call_output')
    if (what === 'shape') return isRecord(body['text']) && isRecord(body['text']['format'])
    return input.some(({ content }) => records(content).some(({ type }) => type === 'input_image'))
  },
  codeOf: codeOfOpenai,
  failure: (code, text) => ({ error: { message: text, type: 'invalid_request_error', param: null, code } }),
  errorFrame: (code, status) =>
    status === undefined
      ? event({ type: 'error', code, message: 'scripted failure', param: null, sequence_number: 9 })
      : event({
          type: 'response.failed',
          response: {
            ...shell,
            status: 'failed',
            error: { code: codeOfOpenai(status), message: 'scripted' },
          },
        }),
  frames,
}

const shell = { id: 'resp_1', object: 'response', model: 'double', output: [], error: null }

function wrongFields(body: Seen['body']): string | undefined {
  const { model, input, stream, store, tools, text, max_output_tokens: most } = body
  if (typeof model !== 'string' || model === '') return 'model: required'
  if (!Array.isArray(input) || input.length === 0) return 'input: required'
  if (stream !== true || store !== false) return 'this double only streams, and stores nothing'
  if (typeof most === 'number' && most < 16) return 'max_output_tokens: below 16'
  if (/^(o\d|gpt-5)/u.test(model) && (body['temperature'] ?? body['top_p']) !== undefined)
    return 'temperature: not with this model'
  if (records(tools).some(({ type, name }) => type !== 'function' || !isText(name))) return 'tools: malformed'
  if (text === undefined) return undefined
  const { format } = isRecord(text) ? text : {}
  const { type, name, schema } = isRecord(format) ? format : {}
  return type === 'json_schema' && isName(name) && isRecord(schema) ? undefined : 'text.format: malformed'
}

function wrongInput(input: readonly Fields[], callIds: RegExp): string | undefined {
  const ledger = createLedger(callIds)
  for (const item of input) {
    const wrong = wrongItem(item, ledger)
    if (wrong !== undefined) return wrong
  }
  return ledger.settled()
}

function wrongItem(item: Fields, ledger: ReturnType<typeof createLedger>): string | undefined {
  const { type = 'message', role, content, call_id: id, name, arguments: args, output } = item
  if (type === 'function_call') {
    if (!isName(name) || !isObjectJson(args)) return 'function_call: malformed'
    return ledger.call(id)
  }
  if (type === 'function_call_output') return isText(output) ? ledger.result(id) : 'output: required'
  if (type !== 'message') return `unknown item ${String(type)}`
  if (!['system', 'developer', 'user', 'assistant'].includes(String(role)))
    return `unknown role ${String(role)}`
  const open = ledger.settled()
  if (open !== undefined || isText(content)) return open
  const parts = records(content)
  const isFine = ({ type, text, image_url: url }: Fields): boolean =>
    type === 'input_text' ? isText(text) : type === 'input_image' && String(url).startsWith('data:image/')
  return role === 'user' && parts.length > 0 && parts.every(isFine) ? undefined : 'content: malformed'
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
  const at = { item_id: 'msg_1', output_index: 0, content_index: 0 }
  const delta = (text: string): string => event({ type: 'response.output_text.delta', ...at, delta: text })
  const [first = '', ...rest] = pieces
  const opening =
    event({ type: 'response.created', response: { ...shell, status: 'in_progress' } }) +
    event({ type: 'response.in_progress', response: { ...shell, status: 'in_progress' } }) +
    event({ type: 'response.output_item.added', output_index: 0, item: { type: 'message', id: 'msg_1' } })
  return {
    head: opening + thoughts.map(thought).join('') + (first === '' ? '' : delta(first)),
    tail: [
      ...rest.map(delta),
      event({ type: 'response.output_text.done', ...at, text: pieces.join('') }),
      ...calls.map((one, i) => callFrames({ id: `call_${i}`, ...one }, i + 1)),
      ending(stop, usage === 'none' ? null : counted(tokens[usage])),
    ].join(''),
  }
}

function thought(text: string): string {
  return event({ type: 'response.reasoning_summary_text.delta', item_id: 'rs_1', delta: text })
}

function ending(stop: NonNullable<Answer['stop']>, usage: object | null): string {
  if (stop === 'complete')
    return event({ type: 'response.completed', response: { ...shell, status: 'completed', usage } })
  const reason = stop === 'length' ? 'max_output_tokens' : 'content_filter'
  const response = { ...shell, status: 'incomplete', incomplete_details: { reason }, usage }
  return event({ type: 'response.incomplete', response })
}

function callFrames(
  { id, name, args }: { readonly id: string; readonly name: string; readonly args: string },
  index: number,
): string {
  const item = { type: 'function_call', id: `fc_${index}`, call_id: id, name }
  const at = { item_id: item.id, output_index: index }
  return [
    event({
      type: 'response.output_item.added',
      output_index: index,
      item: { ...item, arguments: '', status: 'in_progress' },
    }),
    ...inBits(args).map((bit) =>
      event({ type: 'response.function_call_arguments.delta', ...at, delta: bit }),
    ),
    event({ type: 'response.function_call_arguments.done', ...at, arguments: args }),
    event({
      type: 'response.output_item.done',
      output_index: index,
      item: { ...item, arguments: args, status: 'completed' },
    }),
  ].join('')
}

function counted({ prompt, cached, written, answer }: Tokens): object {
  return {
    input_tokens: prompt,
    ...(cached !== undefined && {
      input_tokens_details: { cached_tokens: cached, cache_write_tokens: written },
    }),
    output_tokens: answer,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: prompt + answer,
  }
}
