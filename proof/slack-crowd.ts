import { setTimeout as sleep } from 'node:timers/promises'
import type { createSlackDouble } from '../test/doubles/slack/slack.ts'
import { between, type Random } from './random.ts'

export type SlackDouble = Awaited<ReturnType<typeof createSlackDouble>>

/** How a question read; null where it was taken back. `takenAtMs`: when Slack heard that Moltbot knows of it. */
export type Version = { readonly text: string | null; readonly takenAtMs: number }

/** A question that a person asked in a thread, of which `thread` is the root; `versions` has its changes, oldest first. */
export type Question = {
  readonly channel: string
  readonly thread: string
  readonly ts: string
  readonly user: string
  readonly versions: readonly Version[]
}

/** People who ask in threads of several channels until they are told to leave; some change their mind. */
export type Crowd = {
  readonly questions: () => readonly Question[]
  readonly events: () => number
  /** Ends the asking; resolves when every event has been acknowledged. */
  readonly leave: () => Promise<void>
}

const channels = 24
const inThread = 3
const copies = 3
const mostPauseMs = 1_200
const retryMs = 100
/** Of the questions that Moltbot knows of. */
const editShare = 0.15
const eraseShare = 0.1
const mostMindMs = 900

type Event = Readonly<Record<string, unknown>>
type Asked = Omit<Question, 'versions'> & { readonly versions: Version[] }

export function createCrowd(slack: SlackDouble, random: Random): Crowd {
  const asked: Asked[] = []
  let events = 0
  const over = new AbortController()

  /** Sends an event until it is acknowledged. */
  const send = async (event: Event): Promise<void> => {
    events++
    while ((await slack.emit(event)) === 'refused') await sleep(retryMs)
  }

  /** Sends an event in both shapes, each three times and in any order, until all copies are acknowledged. */
  const sendCopies = async (event: Event): Promise<void> => {
    const shapes = ['message', 'app_mention'].flatMap((type) =>
      Array.from({ length: copies - 1 }, () => ({ ...event, type })),
    )
    const shuffled = shapes.map((one) => ({ one, at: random() })).toSorted((a, b) => a.at - b.at)
    await Promise.all(
      shuffled.map(async ({ one, at }) => {
        await sleep(at * mostPauseMs)
        await send(one)
      }),
    )
  }

  /** Changes a question, or takes it back, where it does not begin a thread. */
  const changeMind = async (question: Asked, event: Event): Promise<void> => {
    const { channel, ts, thread, versions } = question
    const mind = random()
    if (mind > editShare + eraseShare || (mind < eraseShare && ts === thread)) return
    await sleep(between(random, 0, mostMindMs))
    const isErased = mind < eraseShare
    const text = isErased ? null : `${versions[0]?.text ?? ''}-changed`
    const version = { text, takenAtMs: Infinity }
    versions.push(version)
    const change = { type: 'message', hidden: true, channel, previous_message: event }
    if (isErased) await slack.erase(channel, ts)
    else await slack.edit(channel, ts, mentioned(slack, text ?? ''))
    await send(
      isErased
        ? { ...change, subtype: 'message_deleted', deleted_ts: ts }
        : {
            ...change,
            subtype: 'message_changed',
            message: { ...event, text: mentioned(slack, text ?? '') },
          },
    )
    versions.splice(versions.indexOf(version), 1, { text, takenAtMs: Date.now() })
  }

  const ask = async (channel: string, user: string, number: number, root?: string): Promise<string> => {
    const text = `question ${channel}-${number}`
    events += 2
    const place = root === undefined ? {} : { thread: root }
    const { ts, outcome } = await slack.say({ channel, user, text: mentioned(slack, text), ...place })
    const thread = root ?? ts
    const question = { channel, thread, ts, user, versions: [{ text, takenAtMs: -Infinity }] }
    asked.push(question)
    const event = {
      channel,
      user,
      text: mentioned(slack, text),
      ts,
      event_ts: ts,
      channel_type: 'channel',
      team: slack.team,
      ...(root === undefined ? {} : { thread_ts: root }),
    }
    await Promise.all([
      sendCopies(event),
      outcome === 'acknowledged' ? changeMind(question, event) : undefined,
    ])
    return thread
  }

  const askOn = async (channel: string, user: string): Promise<void> => {
    let number = 0
    while (!over.signal.aborted) {
      let thread: string | undefined
      for (let i = 0; i < inThread && !over.signal.aborted; i++) {
        await sleep(between(random, 0, mostPauseMs))
        thread = await ask(channel, user, ++number, thread)
      }
    }
  }

  const people = Array.from({ length: channels }, (_, i) =>
    askOn(slack.channel(`place-${i}`), slack.user(`person-${i}`)),
  )
  const all = Promise.all(people)
  all.catch(() => undefined) // it is told when they leave
  return {
    questions: () => asked,
    events: () => events,
    leave: async () => {
      over.abort()
      await all
    },
  }
}

function mentioned({ bot }: SlackDouble, text: string): string {
  return `<@${bot.userId}> ${text}`
}
