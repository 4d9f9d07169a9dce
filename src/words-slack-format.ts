import type { Language } from './words.ts'

const english = {
  /** Below the beginning of a long answer. */
  rest: (chars: number) =>
    `… the whole text (${chars.toLocaleString('en')} characters) is in the file below.`,
}

/** What Moltbot says about the form of its answers in Slack, in one language. */
export type SlackFormatWords = typeof english

const chinese: SlackFormatWords = {
  rest: (chars) => `……全文（${chars.toLocaleString('en')} 字）见下面的文件。`,
}

/** The words about the form of answers in each language. */
export const slackFormatWords: Readonly<Record<Language, SlackFormatWords>> = { en: english, zh: chinese }
