import type { Reply } from '../../../message.ts'
import { slackFormatWords } from '../../../words-slack-format.ts'
import type { Language } from '../../../words.ts'
import { beginningOf, fitsMessage } from './markdown.ts'

/** Of a text that is too long for a message, so much is read in the chat. */
const maxSummaryChars = 2_500

/**
 * What is posted for a reply: one message, and each file after it by itself. Of a text that does not fit a message the
 * message has the beginning, and a file all of it. Files are for the same eyes as the text.
 */
export function splitReply(
  reply: Reply,
  language: Language,
  isAside = reply.aside === true,
): readonly Reply[] {
  const { file, ...message } = reply
  // Where the file does not arrive, what is in it was not seen.
  const shows = reply.shows === undefined ? {} : { shows: reply.shows }
  const rest = {
    text: '',
    status: reply.status,
    ...shows,
    ...(reply.aside === true ? { aside: reply.aside } : {}),
  }
  const own: readonly Reply[] = file === undefined ? [] : [{ ...rest, file }]
  if (fitsMessage(reply.text))
    return reply.text.trim() === '' && file !== undefined ? [reply] : [message, ...own]
  const words = slackFormatWords[language]
  const beginning = beginningOf(reply.text, maxSummaryChars)
  const text = `${beginning}\n\n${words.rest(Array.from(reply.text).length, isAside)}`
  return [{ ...message, text }, { ...rest, file: { name: 'answer.md', text: reply.text } }, ...own]
}

/**
 * The language that most of a text is in: a Han character counts as a word does. Code and links count for nothing, and one
 * Chinese name in an English list does not make it Chinese.
 */
export function mainLanguage(text: string): Language {
  const prose = text.replaceAll(/```[^]*?(?:```|$)|`[^`\n]*`|\bhttps?:\/\/\S+/gu, ' ')
  const count = (pattern: RegExp): number => prose.match(pattern)?.length ?? 0
  return count(/\p{Script=Han}/gu) > count(/\p{Script=Latin}{2,}/gu) ? 'zh' : 'en'
}
