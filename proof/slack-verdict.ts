import Database from 'better-sqlite3'
import { fileNameOf } from '../src/adapters/slack/out/upload.ts'
import { echoOf } from './echo.ts'
import { isGivenUp } from './orders.ts'
import type { Question, SlackDouble, Version } from './slack-crowd.ts'

export type SlackBreach = {
  readonly kind: 'lost' | 'doubled' | 'outOfOrder' | 'stale' | 'left' | 'corrupt'
  readonly what: string
}

export type SlackVerdict = {
  readonly answers: number
  readonly givenUp: number
  readonly breaches: readonly SlackBreach[]
}

/** What Moltbot wrote down as the answer to a message. */
export type Answer = {
  /** The id of the message. */
  readonly answers: string
  readonly key: string
  readonly atMs: number
  readonly state: string
  readonly reply: string
  /** It is a file, and not the words of an answer. */
  readonly file?: string | null
}

/** What of Slack is looked at. */
type Seen = Pick<SlackDouble, 'messages' | 'ephemerals' | 'statuses' | 'bot'>

/** The answers that lie in the rows. */
export function readAnswers(database: string): Answer[] {
  const db = new Database(database, { readonly: true })
  try {
    return db
      .prepare<[], Answer>(
        `SELECT answers, key, created_at_ms AS atMs, state, json_extract(reply_json, '$.text') AS reply,
           json_extract(reply_json, '$.file.name') AS file
         FROM outbox WHERE answers IS NOT NULL ORDER BY id`,
      )
      .all()
  } finally {
    db.close()
  }
}

/** The keys of what tasks post. */
export function readPostKeys(database: string): string[] {
  const db = new Database(database, { readonly: true })
  try {
    return db.prepare<[], string>(`SELECT key FROM outbox WHERE run_id IS NOT NULL ORDER BY id`).pluck().all()
  } finally {
    db.close()
  }
}

/** Holds what stands in Slack's threads against what was asked there, and against when it was answered. */
export function slackBreaches(
  slack: Seen,
  questions: readonly Question[],
  answers: readonly Answer[],
): SlackVerdict {
  const [words, files] = [answers.filter(({ file }) => !file), answers.filter(({ file }) => file)]
  const rows = new Map(words.map((answer) => [answer.answers, answer]))
  const rowOf = ({ channel, ts }: Question): Answer | undefined => rows.get(`${channel}/${ts}`)
  const threads = Map.groupBy(questions, ({ channel, thread }) => `${channel} ${thread}`)
  const pressed = answers.filter((row) => /^(?:stop|click)\//u.test(row.answers)).map(({ key }) => key)
  const verdicts = [...threads.values()].map((asked) => threadVerdict(slack, asked, rowOf, pressed, files))
  const whispers = Map.groupBy(questions, ({ channel, user }) => `${channel} ${user}`)
  return {
    answers: verdicts.reduce((sum, { answers }) => sum + answers, 0),
    givenUp: verdicts.reduce((sum, { givenUp }) => sum + givenUp, 0),
    breaches: [
      ...verdicts.flatMap(({ breaches }) => breaches),
      ...[...whispers.values()].flatMap((asked) => whisperBreaches(slack, asked, rowOf)),
    ],
  }
}

type RowOf = (question: Question) => Answer | undefined

function threadVerdict(
  slack: Seen,
  asked: readonly Question[],
  rowOf: RowOf,
  pressed: readonly string[],
  files: readonly Answer[],
): SlackVerdict {
  const { channel = '', thread = '' } = asked[0] ?? {}
  const ours = slack
    .messages(channel)
    .filter((message) => message.thread_ts === thread && message.user === slack.bot.userId)
  const found = asked.map((question) => {
    const texts = question.versions.flatMap(({ text }) => text ?? [])
    const seen = ours.filter(({ asSeen }) => texts.some((text) => asSeen.includes(echoOf(text))))
    return { question, row: rowOf(question), seen }
  })
  const breaches = found.flatMap(({ question, row, seen }): SlackBreach[] => {
    const about = `${question.versions[0]?.text ?? ''} (${question.channel}/${question.ts})`
    if (seen.length > 1) return [breach('doubled', `${seen.length} answers to ${about}`)]
    const isGone = question.versions.at(-1)?.text === null
    const isOwed = row === undefined ? !isGone : isEcho(row, question)
    const [answer] = seen
    if (answer === undefined)
      return isOwed ? [breach('lost', `no answer to ${about}: ${row?.state ?? 'no row'}`)] : []
    if (row === undefined || !isEcho(row, question))
      return [breach('doubled', `an answer to ${about} that is in no row`)]
    const isMeant = asKnownAt(row.atMs, question.versions).some(
      (text) => text !== null && answer.asSeen.includes(echoOf(text)),
    )
    return isMeant ? [] : [breach('stale', `${about} was changed and answered as it had been`)]
  })
  // What answers a press, and the beginning of an answer that did not come: people read below it that it was cut.
  const cuts = found.flatMap(({ row, question }) => (row && !isEcho(row, question) ? `${row.key}/cut` : []))
  const meant = new Set([...cuts, ...pressed])
  const others = ours.filter((message) => !found.some(({ seen }) => seen.includes(message)))
  const isWithdrawn = (asSeen: string): boolean =>
    asked.some(
      ({ versions }) =>
        versions.at(-1)?.text === null &&
        versions.some(({ text }) => text && echoOf(text).startsWith(asSeen)),
    )
  // What was streamed of an answer stays where its question is taken back and the program dies at that moment.
  const owed = new Set(
    files
      .filter(({ answers }) => asked.some(({ ts }) => answers === `${channel}/${ts}`))
      .map(({ file, key }) => fileNameOf({ name: file ?? '', text: '' }, key)),
  )
  const isFile = ({ files = [] }: (typeof ours)[number]): boolean =>
    files.some(({ name }) => owed.delete(String(name)))
  const left = others.filter(
    (message) => !isWithdrawn(message.asSeen) && !meant.delete(keyOf(message.metadata)) && !isFile(message),
  )
  const streaming = ours.filter((message) => message.streaming && !isWithdrawn(message.asSeen))
  const { status, session } = slack.statuses(channel, thread)
  return {
    answers: ours.length - others.length,
    givenUp: found.filter(({ row }) => row !== undefined && isGivenUp(row.reply)).length,
    breaches: [
      ...breaches,
      ...[...owed].map((name) => breach('lost', `${name} in ${channel}`)),
      ...left.map(({ asSeen, ts }) => breach('left', `${channel}/${ts}: ${JSON.stringify(asSeen)}`)),
      ...streaming.map(({ ts }) => breach('left', `${channel}/${ts} still streams`)),
      ...outOfOrder(found.map(({ seen }) => seen[0]?.ts)),
      ...(status === '' ? [] : [breach('left', `the status of ${channel}/${thread}: ${status}`)]),
      ...(session === 'processing' ? [breach('left', `the stop button of ${channel}/${thread}`)] : []),
    ],
  }
}

/** True if it says what the model does; all else is told to the asker alone. */
function isEcho({ reply }: Answer, { versions }: Question): boolean {
  return versions.some(({ text }) => text !== null && reply.includes(echoOf(text)))
}

/** Holds what a task posted to a channel, outside of its threads, against the keys of its posts. */
export function postBreaches(
  slack: Pick<Seen, 'messages' | 'bot'>,
  channel: string,
  keys: readonly string[],
) {
  const seen = slack
    .messages(channel)
    .filter(({ user, thread_ts }) => user === slack.bot.userId && thread_ts === undefined)
  const there = seen.map(({ metadata }) => keyOf(metadata))
  return [
    ...(keys.length === 0 ? [breach('lost', `the run of ${channel}`)] : []),
    ...keys.flatMap((key) => {
      const times = there.filter((one) => one === key).length
      return times === 1
        ? []
        : [breach(times === 0 ? 'lost' : 'doubled', `${key} is ${times} times in ${channel}`)]
    }),
    ...seen
      .filter((_, i) => !keys.includes(there[i] ?? ''))
      .map(({ asSeen }) => breach('left', `${channel}: ${JSON.stringify(asSeen)}`)),
  ]
}

function keyOf(metadata: Readonly<Record<string, unknown>> | undefined): string {
  const payload = metadata?.['event_payload']
  return typeof payload === 'object' && payload !== null && 'key' in payload ? String(payload.key) : ''
}

/** What a question may have been when it was answered: each change counts at the latest when Slack heard that it was taken. */
function asKnownAt(atMs: number, versions: readonly Version[]): readonly (string | null)[] {
  const known = versions.findLastIndex(({ takenAtMs }) => takenAtMs < atMs)
  return versions.slice(Math.max(known, 0)).map(({ text }) => text)
}

/** That a question was given up is told to its asker alone, once, unless nobody can know whether it was. */
function whisperBreaches(slack: Seen, asked: readonly Question[], rowOf: RowOf): SlackBreach[] {
  const { channel = '', user = '' } = asked[0] ?? {}
  const heard = slack.ephemerals(channel, user).filter(({ asSeen }) => isGivenUp(asSeen)).length
  const states = asked.flatMap((question) => {
    const row = rowOf(question)
    return row !== undefined && isGivenUp(row.reply) ? row.state : []
  })
  const sure = states.filter((state) => state === 'sent').length
  if (heard < sure) return [breach('lost', `${sure - heard} words of what was given up in ${channel}`)]
  if (heard > states.length)
    return [breach('doubled', `${heard} words of ${states.length} that were given up in ${channel}`)]
  return []
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
