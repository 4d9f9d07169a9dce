import { z } from 'zod'
import { command, type AnyCommand } from '../command.ts'
import { addressKey } from '../message.ts'
import { mayActAs } from '../people.ts'
import { wordsOf } from '../words.ts'

type Parts = {
  /** Abort what runs in a conversation and its threads, by the key of its address; each tells how many that were. */
  readonly stopAnswers: (conversation: string) => number
  readonly stopRuns: (conversation: string) => number
}

/**
 * /stop: ends what is being done in this conversation and its threads, at once and without any model. Whoever may talk may stop
 * answers; runs of tasks end for those who may have tasks.
 */
export function createStop({ stopAnswers, stopRuns }: Parts): AnyCommand {
  return command({
    name: 'stop',
    aliases: ['cancel', '停', '停止', '停下', '取消'],
    summary: { en: 'stop what you are doing here', zh: '停止当前正在做的事' },
    usage: { en: 'stop', zh: '停止' },
    args: z.object({}),
    tier: () => 'ask',
    role: 'guest',
    urgent: true,
    run: async (_, { person, address, language }) => {
      const stopIn = (place: string) => ({
        answers: stopAnswers(place),
        runs: mayActAs(person.role, 'member') ? stopRuns(place) : 0,
      })
      const here = stopIn(addressKey(address))
      const { thread, shared, ...place } = address
      // Where nobody else is, who says stop means what is being done, in whichever thread that is.
      const isElsewhere = here.answers + here.runs === 0 && thread !== undefined && shared !== true
      const stopped = isElsewhere ? stopIn(addressKey(place)) : here
      const text = wordsOf(language).started.stopped(stopped.answers, stopped.runs)
      return { reply: { text, status: 'done', data: stopped } }
    },
  })
}
