import { z } from 'zod'
import { command, type AnyCommand } from '../command.ts'
import { addressKey } from '../message.ts'
import { wordsOf } from '../words.ts'

type Parts = {
  /** Abort what runs in a conversation, by the key of its address; each tells how many that were. */
  readonly stopAnswers: (conversation: string) => number
  readonly stopRuns: (conversation: string) => number
}

/** /stop: ends what is being done for this conversation, at once and without any model. */
export function createStop({ stopAnswers, stopRuns }: Parts): AnyCommand {
  return command({
    name: 'stop',
    aliases: ['cancel', '停', '停止', '停下', '取消'],
    summary: { en: 'stop what you are doing here', zh: '停止当前正在做的事' },
    usage: 'stop',
    args: z.object({}),
    tier: () => 'ask',
    urgent: true,
    run: async (_, { address, language }) => {
      const conversation = addressKey(address)
      const stopped = { answers: stopAnswers(conversation), runs: stopRuns(conversation) }
      const text = wordsOf(language).started.stopped(stopped.answers, stopped.runs)
      return { reply: { text, status: 'done', data: stopped } }
    },
  })
}
