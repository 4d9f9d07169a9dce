import { faultOf, type CapState, type Fault } from './errors.ts'
import type { Log } from './log.ts'

import { addressKey, type Address, type NotDelivered, type Post } from './message.ts'
import type { Draft, Outbox } from './outbox.ts'
import type { Places } from './places.ts'
import type { Sequel } from './sending.ts'
import type { Run, Task } from './task.ts'
import { runsWords } from './words-runs.ts'
import { createUndelivered, type UndeliveredReads } from './undelivered.ts'
import { tasksWords } from './words-tasks.ts'
import { wordsOf, type Language, type Words } from './words.ts'

/** A cap is at 80 %, or has refused its first call. */
export type CapNotice = CapState & {
  /** Names this news for ever: the same cap, period and percentage have the same key after a restart. */
  readonly key: string
  readonly percent: 80 | 100
  /** Of a person's or a task's cap: whose. */
  readonly person?: string
  readonly task?: number
  /** Of a person's cap: where the person asked. */
  readonly address?: Address
}

/** What is new of a task: it begins to fail, works again, or was paused because it failed too often in a row. */
export type TaskNews = {
  readonly task: Task
  /** The run that brought it. */
  readonly run: Run
} & (
  | {
      readonly kind: 'failed'
      readonly fault: Fault | null
      readonly detail: string
      readonly told: readonly Address[]
    }
  | { readonly kind: 'recovered' }
  | { readonly kind: 'paused'; readonly failures: number; readonly told: readonly Address[] }
)

/**
 * Tells the owner what nobody asked about. What has been told is not told again, in this life of the program or
 * another. The telling goes on by itself.
 */
export type Notices = {
  /** The person whose cap it is hears it, too. */
  readonly tellOfCap: (notice: CapNotice) => void
  /** A vendor does not accept a key, or its account is empty; `key` is a name of the key that does not tell it. */
  readonly tellOfKey: (model: string, key: string, fault: Fault) => void
  /**
   * What the owner is to be told of a task, to be committed with the end of the run that brought it. Nothing where the
   * place of notices is one of `told`, the places that hear of it anyway.
   */
  readonly aboutTask: (news: TaskNews) => readonly Draft[]
  /** What follows where a post did not arrive. */
  readonly aboutPost: (post: Post, failure: Pick<NotDelivered, 'why' | 'says'>) => Sequel
  /** What is amiss with the place of notices, one sentence each. */
  readonly remarks: () => readonly string[]
}

type Parts = {
  readonly deliver: Outbox['deliver']
  /** Where the owner reads, as a place is called; where there is no such place, the terminal is it. */
  readonly to: () => string
  readonly placeOf: (target: string) => Address | undefined
  /** Where a person is spoken to alone, if their platform is on. */
  readonly directTo: (personKey: string) => Address | undefined
  readonly nameOf: Places['nameOf']
  readonly read: UndeliveredReads
  /** A task is paused after so many failures in a row. */
  readonly pauseAfter: () => number
  readonly language: () => Language | 'auto'
  readonly formatTime: (ms: number, language: Language) => string
  readonly now: () => number
  readonly log: Log
}

export function createNotices(parts: Parts): Notices {
  const { deliver, to, placeOf, language, formatTime, now, log } = parts
  const spoken = (): Language => {
    const setting = language()
    return setting === 'auto' ? 'en' : setting
  }
  const ownersPlace = (): Address | undefined => placeOf(to()) ?? placeOf('terminal')
  const draftOf = (whose: string, key: string, address: Address, text: string): Draft => ({
    key: `notice/${whose}/${key}`,
    address,
    answers: null,
    reply: { text, status: 'done' },
  })
  const tell = (key: string, say: (words: Words, language: Language) => string, also?: Address): void => {
    const chosen = spoken()
    const text = say(wordsOf(chosen), chosen)
    log.warn({ notice: key }, text)
    const place = ownersPlace()
    const isThere = place !== undefined && also !== undefined && addressKey(place) === addressKey(also)
    const drafts = Object.entries({ owner: place, also: isThere ? undefined : also }).flatMap(
      ([whose, address]) => (address === undefined ? [] : [draftOf(whose, key, address, text)]),
    )
    deliver(drafts, []).catch((error: unknown) =>
      log.error({ fault: faultOf(error), err: error, notice: key }, 'a notice could not be written down'),
    )
  }
  const aboutTask: Notices['aboutTask'] = (news) => {
    const place = ownersPlace()
    const told = news.kind === 'recovered' ? [] : news.told
    if (place === undefined || told.some((one) => addressKey(one) === addressKey(place))) return []
    // The run that brings news ends once, so its id names the news also where a crash comes between.
    return [draftOf('owner', `task/${news.run.id}/${news.kind}`, place, newsText(news, spoken()))]
  }
  return {
    aboutPost: createUndelivered({ ...parts, ownersPlace, draftOf, aboutTask }),
    remarks: () =>
      placeOf(to()) === undefined ? [`notices.to: there is no place ${to()}, so the terminal gets them`] : [],
    tellOfCap: ({ key, cap, percent, spentUsd, endsAtMs, person, task, address }) => {
      const whose = person ?? (task === undefined ? undefined : `#${task}`)
      tell(
        key,
        ({ usage }, chosen) =>
          usage.notice(cap, percent, usage.usd(spentUsd), whose, formatTime(endsAtMs, chosen)),
        address,
      )
    },
    tellOfKey: (model, key, fault) => {
      // A key that is not accepted stays so; an account may be filled, and be empty again on another day.
      if (fault === 'bad-key') return tell(`bad-key/${key}`, (words) => words.model.deadKey(model))
      const day = new Date(now()).toISOString().slice(0, 10)
      tell(`no-credit/${key}/${day}`, (words) => words.model.noCredit(model))
    },
    aboutTask,
  }
}

function newsText(news: TaskNews, language: Language): string {
  const words = runsWords[language]
  const { task } = news
  const name = tasksWords[language].task(task.id, task.command)
  switch (news.kind) {
    case 'failed': {
      const { fault, detail } = news
      const reason = fault === null ? firstLine(detail) : wordsOf(language).faults[fault]
      // What has had its last due time will not work again.
      return task.state === 'active' ? words.ownerFailed(name, reason) : words.failed(name, reason, '')
    }
    case 'paused':
      return words.ownerPaused(name, news.failures)
    case 'recovered':
      return words.ownerRecovered(name)
  }
}

/** The first line of a text, without the mark that ends it. */
function firstLine(text: string): string {
  return (text.trim().split('\n', 1)[0] ?? '').replace(/[.。]+$/u, '')
}
