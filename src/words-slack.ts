import type { Language } from './words.ts'

const english = {
  /** Stands behind our name while an answer is being made. */
  thinking: 'is thinking…',
  /** The button under a run that is under way. */
  stop: 'Stop',
  /** Stands below what was shown of an answer that was not finished. */
  cutShort: 'This answer was not finished.',
  /** What 👍 and 👎 mean, for those who hear the screen. */
  good: 'Good answer',
  bad: 'Bad answer',
}

/** What Moltbot says by itself around its posts in Slack, in one language. */
export type SlackWords = typeof english

const chinese: SlackWords = {
  thinking: '正在思考…',
  stop: '停止',
  cutShort: '这个回答没有完成。',
  good: '回答得好',
  bad: '回答得不好',
}

/** The words around posts in Slack in each language. */
export const slackWords: Readonly<Record<Language, SlackWords>> = { en: english, zh: chinese }
