import { z } from 'zod'
import { askerOf, command, type AnyCommand } from '../command.ts'
import type { Asker } from '../model.ts'
import type { PromptShare } from '../prompt.ts'
import { wordsOf } from '../words.ts'

type Parts = {
  /** What the prompt for a text would be made of in a conversation now, in tokens. */
  readonly shareOf: (asker: Asker, text: string, nowMs: number) => PromptShare
}

/** /context: what a message costs in prompt tokens, and what they are made of. */
export function createContext({ shareOf }: Parts): AnyCommand {
  return command({
    name: 'context',
    aliases: ['上下文'],
    summary: { en: 'what a message costs in prompt tokens', zh: '一条消息要用多少提示词元' },
    usage: { en: 'context', zh: '上下文' },
    args: z.object({}),
    tier: () => 'read',
    run: async (_, context) => {
      const words = wordsOf(context.language).context
      const share = shareOf(askerOf(context), 'hi', context.nowMs)
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
