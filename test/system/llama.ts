import type { ChatHistoryItem, LlamaContext } from 'node-llama-cpp'

/** What is to be answered. `stopAt` ends the answer before any of these strings. */
export type Question = {
  readonly history: readonly ChatHistoryItem[]
  readonly maxTokens: number
  readonly seed: number
  readonly stopAt: readonly string[]
}

/** How an answer came to its end, with the tokens as llama.cpp counted them. */
export type Answered = {
  readonly stop: 'complete' | 'length' | 'aborted'
  readonly inputTokens: number
  readonly outputTokens: number
}

/** A loaded model that answers up to `places` questions at a time, and throws at one more. */
export type Llama = {
  readonly answer: (
    question: Question,
    signal: AbortSignal,
    onText: (text: string) => void,
  ) => Promise<Answered>
}

/** The most questions at a time. */
const places = 4
const contextTokens = 4096

/** Loads a GGUF file on one thread: more of them starve where others use the cores, too. */
export async function loadLlama(file: string): Promise<Llama> {
  const { getLlama } = await import('node-llama-cpp')
  const llama = await getLlama({ gpu: false, build: 'never', logLevel: 'error', maxThreads: 1 })
  const model = await llama.loadModel({ modelPath: file })
  const context = await model.createContext({ contextSize: contextTokens, sequences: places, threads: 1 })
  return { answer: (question, signal, onText) => answer(context, question, signal, onText) }
}

async function answer(
  context: LlamaContext,
  { history, maxTokens, seed, stopAt }: Question,
  signal: AbortSignal,
  onText: (text: string) => void,
): Promise<Answered> {
  const { LlamaChat } = await import('node-llama-cpp')
  const sequence = context.getSequence()
  const chat = new LlamaChat({ contextSequence: sequence })
  try {
    const { metadata } = await chat.generateResponse([...history, { type: 'model', response: [] }], {
      maxTokens,
      temperature: 1,
      seed,
      customStopTriggers: stopAt,
      signal,
      stopOnAbortSignal: true,
      onTextChunk: onText,
    })
    const { usedInputTokens, usedOutputTokens } = sequence.tokenMeter
    return {
      stop: stops[metadata.stopReason],
      inputTokens: usedInputTokens,
      outputTokens: usedOutputTokens,
    }
  } finally {
    chat.dispose()
    await sequence.dispose()
  }
}

const stops = {
  eogToken: 'complete',
  customStopTrigger: 'complete',
  maxTokens: 'length',
  abort: 'aborted',
} as const
