import type { Language } from './words.ts'

const english = {
  /** Below the beginning of a long answer; what one person alone is shown has its file in their direct messages. */
  rest: (chars: number, isAside: boolean) =>
    `… the whole text (${chars.toLocaleString('en')} characters) is in the file ${isAside ? 'that I sent you directly' : 'below'}.`,
}

/** What Moltbot says about the form of its answers in Slack, in one language. */
export type SlackFormatWords = typeof english

const chinese: SlackFormatWords = {
  rest: (chars, isAside) =>
    `……全文（${chars.toLocaleString('en')} 字）见${isAside ? '我私信发给你的' : '下面的'}文件。`,
}

/** The words about the form of answers in each language. */
export const slackFormatWords: Readonly<Record<Language, SlackFormatWords>> = { en: english, zh: chinese }
