import { z } from 'zod'
import { command, type AnyCommand, type Moment } from '../command.ts'
import { readWords } from '../typed.ts'
import { tasksWords } from '../words-tasks.ts'

type Parts = {
  /** Finds the words of time in a text; `rest` is the text without them. */
  readonly findWhen: (
    text: string,
    moment: Moment,
  ) => { readonly words: string; readonly rest: string } | undefined
}

/** /remind: says a text back when its time has come. It always needs a time, so it runs in tasks only. */
export function createRemind({ findWhen }: Parts): AnyCommand {
  return command({
    name: 'remind',
    aliases: ['提醒'],
    summary: { en: 'remind you of something at a time', zh: '到时间提醒你一件事' },
    usage: 'remind <when> <text>',
    args: z.object({ text: z.string().trim().min(1).max(2_000) }),
    words: ['text'],
    readText: (text, moment) => readReminder(text, moment, findWhen),
    tier: () => 'ask',
    schedulable: true,
    tool: true,
    run: async ({ text }, { dueMs, language }) => {
      const words = tasksWords[language].remind
      return dueMs === undefined
        ? { reply: { text: words.needsTime(text), status: 'misused' } }
        : { reply: { text: words.reminder(text), status: 'done', data: { text } } }
    },
  })
}

function readReminder(text: string, moment: Moment, findWhen: Parts['findWhen']): Record<string, string> {
  if (/(^|\s)--(when|text)\b/u.test(text)) return readWords(text, ['text'], [])
  const found = findWhen(text, moment)
  const said = plain(found === undefined ? text : found.rest)
  return { ...(said === '' ? {} : { text: said }), ...(found === undefined ? {} : { when: found.words }) }
}

/** What is to be said, without the words that only lead to it: "me to drink tea" is "drink tea". */
function plain(text: string): string {
  return text
    .trim()
    .replace(/^["“「]([^"”」]*)["”」]$/u, '$1')
    .replace(/^(?:me|us)(?:\s+|$)/iu, '')
    .replace(/^(?:to|that|of|about)\s+/iu, '')
    .replace(/^我(?!们)\s*/u, '')
    .replace(/^[\s,，:：]+|[\s,，]+$/gu, '')
}
