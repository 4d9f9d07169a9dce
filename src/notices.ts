import { faultOf, type CapState, type Fault } from './errors.ts'
import type { Log } from './log.ts'
import { addressKey, type Address } from './message.ts'
import type { Outbox } from './outbox.ts'
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

/**
 * Tells the owner what nobody asked about. What has been told is not told again, in this life of the program or
 * another. The telling goes on by itself.
 */
export type Notices = {
  /** The person whose cap it is hears it, too. */
  readonly tellOfCap: (notice: CapNotice) => void
  /** A vendor does not accept a key, or its account is empty; `key` is a name of the key that does not tell it. */
  readonly tellOfKey: (model: string, key: string, fault: Fault) => void
  /** What is amiss with the place of notices, one sentence each. */
  readonly remarks: () => readonly string[]
}

type Parts = {
  readonly deliver: Outbox['deliver']
  /** Where the owner reads, as a place is called; where there is no such place, the terminal is it. */
  readonly to: () => string
  readonly placeOf: (target: string) => Address | undefined
  readonly language: () => Language | 'auto'
  readonly formatTime: (ms: number, language: Language) => string
  readonly now: () => number
  readonly log: Log
}

export function createNotices({ deliver, to, placeOf, language, formatTime, now, log }: Parts): Notices {
  const tell = (key: string, say: (words: Words, language: Language) => string, also?: Address): void => {
    const setting = language()
    const chosen = setting === 'auto' ? 'en' : setting
    const text = say(wordsOf(chosen), chosen)
    log.warn({ notice: key }, text)
    const place = placeOf(to()) ?? placeOf('terminal')
    const isThere = place !== undefined && also !== undefined && addressKey(place) === addressKey(also)
    const drafts = Object.entries({ owner: place, also: isThere ? undefined : also }).flatMap(
      ([whose, address]) =>
        address === undefined
          ? []
          : [
              {
                key: `notice/${whose}/${key}`,
                address,
                answers: null,
                reply: { text, status: 'done' as const },
              },
            ],
    )
    deliver(drafts, []).catch((error: unknown) =>
      log.error({ fault: faultOf(error), err: error, notice: key }, 'a notice could not be written down'),
    )
  }
  return {
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
  }
}
