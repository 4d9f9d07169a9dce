import { z } from 'zod'
import { command, type AnyCommand } from '../command.ts'
import { memoryKey } from '../memory.ts'
import { wordsOf } from '../words.ts'

/** /new: the conversation starts over. */
export function createNew(): AnyCommand {
  return command({
    name: 'new',
    aliases: ['reset', '新对话', '重新开始'],
    summary: { en: 'start a new conversation', zh: '开始新对话' },
    usage: { en: 'new', zh: '新对话' },
    args: z.object({}),
    tier: () => 'ask',
    tool: true,
    run: async (_, { address, person, language }) => ({
      reply: { text: wordsOf(language).started.fresh, status: 'done' },
      writes: [['conversations.startOver', memoryKey(address, person.key)]],
    }),
  })
}
