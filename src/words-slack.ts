import type { Language } from './words.ts'

const english = {
  /** Stands behind our name while an answer is being made. */
  thinking: 'is thinking…',
  /** Said to whoever typed a slash command that takes a while. */
  working: 'I am working on it; the answer comes here, to you alone.',
  /** Stands above the answer to a slash command that Slack takes in direct messages only. */
  late: 'My answer to your slash command, which I could no longer give where you typed it:',
  /** The button under a run that is under way. */
  stop: 'Stop',
  /** Stands below what was shown of an answer that was not finished. */
  cutShort: 'This answer was not finished.',
  /** Stands below a question that ended without an answer. */
  gone: 'No longer open.',
  /** What 👍 and 👎 mean, for those who hear the screen. */
  good: 'Good answer',
  bad: 'Bad answer',
}

/** What Moltbot says by itself around its posts in Slack, in one language. */
export type SlackWords = typeof english

const chinese: SlackWords = {
  thinking: '正在思考…',
  working: '正在处理，完成后在这里回答，只有你能看到。',
  late: '这是对你那条斜杠命令的回答，已经不能在你输入的地方给出：',
  stop: '停止',
  cutShort: '这个回答没有完成。',
  gone: '已不再等待回答。',
  good: '回答得好',
  bad: '回答得不好',
}

/** The words around posts in Slack in each language. */
export const slackWords: Readonly<Record<Language, SlackWords>> = { en: english, zh: chinese }
