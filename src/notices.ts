import { faultOf, type Cap, type Fault } from './errors.ts'
import type { Log } from './log.ts'
import type { Address } from './message.ts'
import type { Outbox } from './outbox.ts'
import { wordsOf, type Language, type Words } from './words.ts'

/** A cap that is nearly used up, or has refused a call. `key` names this news for ever. */
export type CapNotice = {
  readonly key: string
  readonly cap: Cap
  readonly percent: number
  readonly spentUsd: number
  readonly endsAtMs: number
  /** Of a person's or a task's cap: whose. */
  readonly person?: string
  readonly task?: number
  /** Of a person's cap: where the person is. */
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
}

type Parts = {
  readonly deliver: Outbox['deliver']
  /** Where the owner reads; undefined if there is no such place. */
  readonly owner: () => Address | undefined
  readonly language: () => Language | 'auto'
  readonly formatTime: (ms: number, language: Language) => string
  readonly log: Log
}

export function createNotices({ deliver, owner, language, formatTime, log }: Parts): Notices {
  const tell = (key: string, say: (words: Words, language: Language) => string, also?: Address): void => {
    const setting = language()
    const chosen = setting === 'auto' ? 'en' : setting
    const text = say(wordsOf(chosen), chosen)
    log.warn({ notice: key }, text)
    const drafts = Object.entries({ owner: owner(), also }).flatMap(([whose, address]) =>
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
    tellOfCap: ({ key, cap, percent, spentUsd, endsAtMs, person, task, address }) => {
      const whose = person ?? (task === undefined ? undefined : `#${task}`)
      tell(
        key,
        ({ usage }, chosen) =>
          usage.notice(cap, percent, usage.usd(spentUsd), whose, formatTime(endsAtMs, chosen)),
        address,
      )
    },
    tellOfKey: (model, key, fault) =>
      tell(`${fault}/${key}`, (words) =>
        fault === 'bad-key' ? words.model.deadKey(model) : words.model.noCredit(model),
      ),
  }
}
