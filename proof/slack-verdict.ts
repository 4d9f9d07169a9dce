import { echoOf } from './echo.ts'
import { isGivenUp } from './orders.ts'
import type { Question, SlackDouble } from './slack-crowd.ts'

export type SlackBreach = {
  readonly kind: 'lost' | 'doubled' | 'outOfOrder' | 'corrupt'
  readonly what: string
}

export type SlackVerdict = {
  readonly answers: number
  readonly givenUp: number
  readonly breaches: readonly SlackBreach[]
}

/** Holds what stands in Slack's threads against what was asked there. */
export function slackBreaches(slack: SlackDouble, questions: readonly Question[]): SlackVerdict {
  const threads = Map.groupBy(questions, ({ channel, thread }) => `${channel} ${thread}`)
  const verdicts = [...threads.values()].map((asked) => threadVerdict(slack, asked))
  return {
    answers: verdicts.reduce((sum, { answers }) => sum + answers, 0),
    givenUp: verdicts.reduce((sum, { givenUp }) => sum + givenUp, 0),
    breaches: verdicts.flatMap(({ breaches }) => breaches),
  }
}

function threadVerdict(slack: SlackDouble, asked: readonly Question[]): SlackVerdict {
  const { channel = '', thread = '' } = asked[0] ?? {}
  const ours = slack
    .messages(channel)
    .filter((message) => message.thread_ts === thread && message.user === slack.bot.userId)
  const givenUp = ours.filter(({ asSeen }) => isGivenUp(asSeen))
  const told = ours.filter(({ asSeen }) => !isGivenUp(asSeen))
  const answersOf = ({ text }: Question) => told.filter(({ asSeen }) => asSeen.includes(echoOf(text)))
  const counts = asked.map((question) => ({ question, answers: answersOf(question) }))
  const unanswered = counts.filter(({ answers }) => answers.length === 0)
  const breaches: SlackBreach[] = [
    // A question that was given up has a word in the place of its answer.
    ...unanswered
      .slice(givenUp.length)
      .map(({ question }) => breach('lost', `no answer to ${question.text}`)),
    ...counts
      .filter(({ answers }) => answers.length > 1)
      .map(({ question, answers }) => breach('doubled', `${answers.length} answers to ${question.text}`)),
    ...told
      .filter((message) => !counts.some(({ answers }) => answers.includes(message)))
      .map(({ asSeen }) =>
        breach('doubled', `left behind in ${channel} ${thread}: ${JSON.stringify(asSeen)}`),
      ),
    ...told
      .filter(({ streaming }) => streaming)
      .map(({ ts }) => breach('lost', `${channel} ${ts} still streams`)),
    ...outOfOrder(counts.map(({ answers }) => answers[0]?.ts)),
  ]
  const { status } = slack.statuses(channel, thread)
  if (status !== '')
    breaches.push(breach('doubled', `a status stays behind in ${channel} ${thread}: ${status}`))
  return { answers: told.length, givenUp: givenUp.length, breaches }
}

function outOfOrder(times: readonly (string | undefined)[]): SlackBreach[] {
  const there = times.filter((ts) => ts !== undefined)
  return there.flatMap((ts, i) =>
    i > 0 && Number(ts) < Number(there[i - 1])
      ? [breach('outOfOrder', `an answer at ${ts} before the one before it`)]
      : [],
  )
}

function breach(kind: SlackBreach['kind'], what: string): SlackBreach {
  return { kind, what }
}
