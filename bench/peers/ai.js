// The Vercel AI SDK as a side of the router bench. JavaScript, so that it needs no types where this folder is not installed.
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { streamText } from 'ai'

/** Asks the model at this base URL; `Ask` in ../router-sides.ts says how. */
export function createAi({ endpoint, model, system, maxTokens }) {
  const provider = createOpenAICompatible({ name: model, baseURL: endpoint, includeUsage: true })
  return async function* ask(prompt) {
    let failure
    const { textStream } = streamText({
      model: provider(model),
      instructions: system,
      prompt,
      maxOutputTokens: maxTokens,
      maxRetries: 0,
      onError: ({ error }) => (failure = error), // its stream ends quietly where it fails
    })
    yield* textStream
    if (failure !== undefined) throw failure
  }
}
