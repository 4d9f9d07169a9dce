/** The part of node-llama-cpp that we call, so that the types are there where the package is not installed. */
declare module 'node-llama-cpp' {
  export type LlamaModel = {
    readonly createContext: (options: {
      readonly contextSize: number
      readonly sequences: number
      readonly threads: number
    }) => Promise<LlamaContext>
  }

  export type LlamaContext = {
    readonly sequencesLeft: number
    readonly getSequence: () => LlamaContextSequence
  }

  export type LlamaContextSequence = {
    readonly tokenMeter: { readonly usedInputTokens: number; readonly usedOutputTokens: number }
    readonly dispose: () => Promise<void>
  }

  export type ChatHistoryItem =
    | { readonly type: 'system' | 'user'; readonly text: string }
    | { readonly type: 'model'; readonly response: readonly string[] }

  export function getLlama(options: {
    readonly gpu: false
    readonly build: 'never'
    readonly logLevel: 'error'
    readonly maxThreads: number
  }): Promise<{ readonly loadModel: (options: { readonly modelPath: string }) => Promise<LlamaModel> }>

  export class LlamaChat {
    constructor(options: { readonly contextSequence: LlamaContextSequence })
    readonly generateResponse: (
      history: readonly ChatHistoryItem[],
      options: {
        readonly maxTokens: number
        readonly temperature: number
        readonly seed: number
        readonly customStopTriggers: readonly string[]
        readonly signal: AbortSignal
        readonly stopOnAbortSignal: boolean
        readonly onTextChunk: (text: string) => void
      },
    ) => Promise<{
      readonly metadata: { readonly stopReason: 'eogToken' | 'maxTokens' | 'customStopTrigger' | 'abort' }
    }>
    readonly dispose: () => void
  }
}
