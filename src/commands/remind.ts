import { z } from 'zod'
import { command, type AnyCommand, type Moment } from '../command.ts'
import { readPersonKey } from '../people.ts'
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
    usage: { en: 'remind <when> <text>', zh: '提醒 <时间> <内容>' },
    args: z.object({ text: z.string().trim().min(1).max(2_000) }),
    words: ['text'],
    readText: (text, moment) => readReminder(text, moment, findWhen),
    tier: () => 'ask',
    schedulable: true,
    tool: true,
    run: async ({ text }, { dueMs, language, address, person }) => {
      const words = tasksWords[language].remind
      if (dueMs === undefined) return { reply: { text: words.needsTime(text), status: 'misused' } }
      const { adapter, account, author } = readPersonKey(person.key)
      // Where several read along, nobody is notified of what names nobody.
      const isTheirs = address.adapter === adapter && address.account === account
      const to = address.shared === true && isTheirs ? { to: author } : {}
      return { reply: { text: words.reminder(text), status: 'done', data: { text }, ...to } }
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
