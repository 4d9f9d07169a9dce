import type Anthropic from '@anthropic-ai/sdk'
import type { ModelRequest } from '../model.ts'
import { wordIds } from './call-ids.ts'
import { tellable, type Told } from './history.ts'
import { closedShape } from './shape.ts'

/** The request as Anthropic takes it: without any settings of sampling, which it refuses. */
export function messagesBody(request: ModelRequest, model: string): Anthropic.MessageCreateParamsStreaming {
  const { system, tools, maxTokens, shape } = request
  return {
    model,
    max_tokens: maxTokens,
    messages: messagesOf(tellable(request, wordIds)),
    stream: true,
    ...(system.trim() !== '' && { system: system.toWellFormed() }),
    ...(tools.length > 0 && { tools: tools.map(toTool) }),
    ...(shape !== undefined && {
      output_config: { format: { type: 'json_schema', schema: closedShape(shape).schema } },
    }),
  }
}

/** The results of calls come first in the user's message after them. */
function messagesOf(told: readonly Told[]): Anthropic.MessageParam[] {
  const messages: Anthropic.MessageParam[] = []
  let results: Anthropic.ToolResultBlockParam[] = []
  for (const turn of told) {
    if (turn.role === 'user') {
      messages.push({ role: 'user', content: userContent(turn, results) })
      results = []
      continue
    }
    if (results.length > 0) messages.push({ role: 'user', content: results })
    messages.push({ role: 'assistant', content: assistantContent(turn) })
    results = turn.calls.map(({ id, result }) => ({ type: 'tool_result', tool_use_id: id, content: result }))
  }
  return messages
}

function userContent(
  { text, images }: Extract<Told, { role: 'user' }>,
  results: readonly Anthropic.ToolResultBlockParam[],
): string | Anthropic.ContentBlockParam[] {
  if (images.length + results.length === 0) return text
  return [
    ...results,
    ...images.map(({ mediaType, base64 }): Anthropic.ImageBlockParam => ({
      type: 'image',
      source: { type: 'base64', media_type: mediaType, data: base64 },
    })),
    ...textBlocks(text),
  ]
}

function assistantContent({
  text,
  calls,
}: Extract<Told, { role: 'assistant' }>): string | Anthropic.ContentBlockParam[] {
  if (calls.length === 0) return text
  return [
    ...textBlocks(text),
    ...calls.map(({ id, name, args }): Anthropic.ToolUseBlockParam => ({
      type: 'tool_use',
      id,
      name,
      input: args,
    })),
  ]
}

function textBlocks(text: string): Anthropic.TextBlockParam[] {
  return text === '' ? [] : [{ type: 'text', text }]
}

function toTool({ name, description, parameters }: ModelRequest['tools'][number]): Anthropic.Tool {
  return { name, description, input_schema: { ...parameters, type: 'object' } }
}
