import type { ModelRequest } from '../../model.ts'
import type { Server } from './openai.ts'

/** The settings of sampling, in OpenAI's words; none for OpenAI's own reasoning models, which refuse them. */
export function samplingFor(
  { sampling = {} }: Pick<ModelRequest, 'sampling'>,
  { model, isOpenai }: Pick<Server, 'model' | 'isOpenai'>,
): { temperature?: number; top_p?: number } {
  if (isOpenai && isReasoning(model)) return {}
  const { temperature, topP } = sampling
  return {
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { top_p: topP }),
  }
}

/** o1 and what followed it, gpt-5 and later; also fine-tuned. */
function isReasoning(model: string): boolean {
  return /^(?:ft:)?(?:o\d|gpt-(?:[5-9]|\d{2}))/u.test(model)
}
