import {
  createLedger,
  defaultPieces,
  event,
  inBits,
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

/** Anthropic messages, version 2026-10-21. */
export const messages: Wire = {
  refuse: ({ body, headers }, callIds = /^[a-zA-Z0-9_-]{1,64}$/u) => {
    const text = !headers['anthropic-version']
      ? 'anthropic-version: required'
      : (wrongFields(body) ?? wrongMessages(records(body['messages']), callIds))
    return text === undefined ? undefined : { status: 400, code: 'invalid_request_error', text }
  },
  has: (body, what) => {
    const blocks = records(body['messages']).flatMap(({ content }) => records(content))
    if (what === 'calls') return blocks.some(({ type }) => type === 'tool_result')
    if (what === 'shape') return isRecord(body['output_config']) && isRecord(body['output_config']['format'])
    return blocks.some(({ type }) => type === 'image')
  },
  codeOf: (status) => codes[status] ?? 'some_error',
  failure: (code, text) => ({ type: 'error', error: { type: code, message: text }, request_id: 'req_1' }),
  errorFrame: (code, status) =>
    event({
      type: 'error',
      error: { type: status === undefined ? code : codes[status], message: 'scripted failure' },
    }),
  frames,
}

const codes: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  500: 'api_error',
  503: 'overloaded_error',
  504: 'timeout_error',
  529: 'overloaded_error',
}

function wrongFields(body: Seen['body']): string | undefined {
  const { model, max_tokens: most, stream, messages: all, tools, output_config: output } = body
  if (typeof model !== 'string' || model === '') return 'model: required'
  if (typeof most !== 'number' || most < 1) return 'max_tokens: Field required'
  if (stream !== true) return 'this double only streams'
  if (!Array.isArray(all) || all.length === 0) return 'messages: required'
  const refused = ['temperature', 'top_p', 'top_k'].find((field) => body[field] !== undefined)
  if (refused !== undefined) return `${refused}: not in this version`
  const uses = records(all).flatMap(({ content }) => records(content))
  if (tools === undefined && uses.some(({ type }) => type === 'tool_use')) return 'tool_use without tools'
  if (output === undefined) return undefined
  const { format } = isRecord(output) ? output : {}
  const { type, schema } = isRecord(format) ? format : {}
  return type === 'json_schema' && isRecord(schema) && isClosed(schema)
    ? undefined
    : 'output_config.format: malformed; additionalProperties must be false'
}

/** Every object of a schema must say that it has no more properties. */
function isClosed(schema: unknown): boolean {
  if (Array.isArray(schema)) return schema.every(isClosed)
  if (!isRecord(schema)) return true
  if (schema['type'] === 'object' && schema['additionalProperties'] !== false) return false
  return Object.values(schema).every(isClosed)
}

function wrongMessages(all: readonly Fields[], callIds: RegExp): string | undefined {
  const ledger = createLedger(callIds)
  if (all[0]?.['role'] !== 'user') return 'the first message must be by the user'
  for (const { role, content } of all) {
    if (role !== 'user' && role !== 'assistant') return `unknown role ${String(role)}`
    const blocks = typeof content === 'string' ? [{ type: 'text', text: content }] : records(content)
    if (blocks.length === 0) return 'content: required'
    for (const block of blocks) {
      // Results come first in the message after the calls, all of them.
      const open = role === 'user' && block['type'] !== 'tool_result' ? ledger.settled() : undefined
      const wrong = open ?? wrongBlock(role, block, ledger)
      if (wrong !== undefined) return wrong
    }
    const open = role === 'user' ? ledger.settled() : undefined
    if (open !== undefined) return open
  }
  const open = ledger.settled()
  return open ?? (all.at(-1)?.['role'] === 'assistant' ? 'no prefill with this model' : undefined)
}

function wrongBlock(
  role: string,
  block: Fields,
  ledger: ReturnType<typeof createLedger>,
): string | undefined {
  switch (block['type']) {
    case 'text':
      return isText(block['text']) ? undefined : 'text must not be empty'
    case 'tool_use':
      if (role !== 'assistant' || !isRecord(block['input'])) return 'tool_use: misplaced or malformed'
      if (!isName(block['name'])) return 'tool_use: name'
      return ledger.call(block['id'])
    case 'tool_result': {
      const content = block['content']
      if (role !== 'user' || !isText(content)) return 'tool_result: misplaced or empty'
      return ledger.result(block['tool_use_id'])
    }
    case 'image': {
      const { type, media_type: media, data } = isRecord(block['source']) ? block['source'] : {}
      const isFine = type === 'base64' && /^image\/(png|jpeg|gif|webp)$/u.test(String(media)) && isText(data)
      return role === 'user' && isFine ? undefined : 'image: misplaced or malformed'
    }
    default:
      return `unknown block ${String(block['type'])}`
  }
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
  const reason = {
    complete: calls.length > 0 ? 'tool_use' : 'end_turn',
    length: 'max_tokens',
    refused: 'refusal',
  }
  const delta = (index: number, one: object): string =>
    event({ type: 'content_block_delta', index, delta: one })
  const start = (index: number, block: object): string =>
    event({ type: 'content_block_start', index, content_block: block })
  const counted = usage === 'none' ? {} : { usage: countedInput(tokens[usage]) }
  const message = {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'double',
    content: [],
    ...counted,
  }
  const opening = event({ type: 'message_start', message }) + event({ type: 'ping' })
  const [first, ...rest] = pieces
  const said = first === undefined ? '' : start(0, { type: 'text', text: '' }) + textDelta(first)
  return {
    head: opening + thoughts.map(thought).join('') + said,
    tail: [
      ...rest.map(textDelta),
      first === undefined ? '' : event({ type: 'content_block_stop', index: 0 }),
      ...calls.map(({ id, name, args }, i) =>
        [
          start(i + 1, { type: 'tool_use', id: id ?? `toolu_${i}`, name, input: {} }),
          ...inBits(args).map((bit) => delta(i + 1, { type: 'input_json_delta', partial_json: bit })),
          event({ type: 'content_block_stop', index: i + 1 }),
        ].join(''),
      ),
      event({
        type: 'message_delta',
        delta: { stop_reason: reason[stop], stop_sequence: null },
        ...(usage === 'none' ? {} : { usage: { output_tokens: tokens[usage].answer } }),
      }),
      event({ type: 'message_stop' }),
    ].join(''),
  }
}

/** A vendor that does not show what it thinks sends pings meanwhile. */
function thought(thinking: string): string {
  const delta = { type: 'thinking_delta', thinking }
  const ping = event({ type: 'ping' })
  return thinking === '' ? ping : event({ type: 'content_block_delta', index: 9, delta })
}

function textDelta(text: string): string {
  return event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } })
}

function countedInput({ fresh, cached, written }: Tokens): object {
  return {
    input_tokens: fresh,
    ...(cached !== undefined && { cache_read_input_tokens: cached, cache_creation_input_tokens: written }),
    output_tokens: 1,
  }
}
