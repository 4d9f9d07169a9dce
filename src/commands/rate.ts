import { z } from 'zod'
import { command, type AnyCommand, type Outcome } from '../command.ts'
import type { FeedbackReads } from '../store/feedback.ts'
import { readWords } from '../typed.ts'
import { peopleWords } from '../words-people.ts'

const opinionWords = new Map([
  ['👍', 'good'],
  ['👎', 'bad'],
  ['好', 'good'],
  ['差', 'bad'],
  ['不好', 'bad'],
])

const shownMs = 30 * 86_400_000

/** /rate: notes what a person says of an answer; alone it tells how often each was said in the last 30 days. */
export function createRate(read: FeedbackReads): AnyCommand {
  return command({
    name: 'rate',
    aliases: ['评价'],
    summary: { en: 'say whether an answer was good', zh: '评价一个回答' },
    usage: { en: 'rate [good|bad <post>]', zh: '评价 [好|差 <帖子>]' },
    args: z.object({ opinion: z.enum(['good', 'bad']).optional(), post: z.string().optional() }),
    readText: (text) => {
      const { opinion, ...rest } = readWords(text, ['opinion', 'post'], [])
      return opinion === undefined
        ? rest
        : { ...rest, opinion: opinionWords.get(opinion) ?? opinion.toLowerCase() }
    },
    // A press below an older answer leaves a question that is open as it is, as a look does.
    tier: () => 'read',
    run: async ({ opinion, post }, { person, language, nowMs }): Promise<Outcome> => {
      const words = peopleWords[language].rate
      if (opinion === undefined && post === undefined) {
        const { good, bad } = read.counts(nowMs - shownMs)
        const text = good + bad === 0 ? words.none : words.counts(good, bad)
        return { reply: { text, status: 'done', data: { good, bad }, aside: true } }
      }
      const problem = (text: string): Outcome => ({ reply: { text, status: 'misused', aside: true } })
      if (opinion === undefined || post === undefined) return problem(words.which)
      if (!read.isPost(post)) return problem(words.noPost)
      return {
        reply: { text: words.noted, status: 'done', aside: true },
        writes: [['feedback.rate', post, person.key, opinion, nowMs]],
      }
    },
  })
}
