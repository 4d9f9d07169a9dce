import { setTimeout as sleep } from 'node:timers/promises'
import type { createSlackDouble } from '../test/doubles/slack/slack.ts'
import { between, type Random } from './random.ts'

export type SlackDouble = Awaited<ReturnType<typeof createSlackDouble>>

/** A question that a person asked in a thread; `thread` is the ts of its root. */
export type Question = { readonly channel: string; readonly thread: string; readonly text: string }

/** People who ask in threads of several channels until they are told to leave. */
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

export function createCrowd(slack: SlackDouble, random: Random): Crowd {
  const asked: Question[] = []
  let events = 0
  const over = new AbortController()

  /** Sends an event in both shapes, each three times and in any order, until all copies are acknowledged. */
  const sendCopies = async (event: Record<string, unknown>): Promise<void> => {
    const shapes = ['message', 'app_mention'].flatMap((type) =>
      Array.from({ length: copies - 1 }, () => ({ ...event, type })),
    )
    const shuffled = shapes.map((one) => ({ one, at: random() })).toSorted((a, b) => a.at - b.at)
    await Promise.all(
      shuffled.map(async ({ one, at }) => {
        await sleep(at * mostPauseMs)
        events++
        while ((await slack.emit(one)) === 'refused') await sleep(retryMs)
      }),
    )
  }

  const ask = async (channel: string, user: string, number: number, root?: string): Promise<string> => {
    const text = `question ${channel}-${number}`
    const said = `<@${slack.bot.userId}> ${text}`
    events += 2
    const { ts } = await slack.say({
      channel,
      user,
      text: said,
      ...(root === undefined ? {} : { thread: root }),
    })
    const thread = root ?? ts
    asked.push({ channel, thread, text })
    const place = root === undefined ? {} : { thread_ts: root }
    const event = {
      channel,
      user,
      text: said,
      ts,
      event_ts: ts,
      channel_type: 'channel',
      team: slack.team,
      ...place,
    }
    await sendCopies(event)
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
