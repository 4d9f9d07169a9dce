import { z } from 'zod'
import { command, type AnyCommand } from '../command.ts'
import { addressKey } from '../message.ts'
import type { PromptShare } from '../prompt.ts'
import { wordsOf } from '../words.ts'

type Parts = {
  /** What the prompt for a text would be made of in a conversation now, in tokens. */
  readonly shareOf: (conversation: string, text: string, nowMs: number) => PromptShare
}

/** /context: what a message costs in prompt tokens, and what they are made of. */
export function createContext({ shareOf }: Parts): AnyCommand {
  return command({
    name: 'context',
    aliases: ['上下文'],
    summary: { en: 'what a message costs in prompt tokens', zh: '一条消息要用多少提示词元' },
    usage: 'context',
    args: z.object({}),
    tier: () => 'read',
    run: async (_, { address, language, nowMs }) => {
      const words = wordsOf(language).context
      const share = shareOf(addressKey(address), 'hi', nowMs)
      const total = Object.values(share).reduce((sum, tokens) => sum + tokens, 0)
      const lines = (Object.keys(words.shares) as (keyof PromptShare)[]).map(
        (key) => `  ${String(share[key]).padStart(6)}  ${words.shares[key]}`,
      )
      return {
        reply: { text: [words.total(total), ...lines].join('\n'), status: 'done', data: { total, ...share } },
      }
    },
  })
}
