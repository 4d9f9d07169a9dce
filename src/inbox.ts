import { untilAborted } from './abort.ts'
import type { Adapter, Receive, Revise, Sign } from './adapter.ts'
import type { Answer } from './answer.ts'
import type { Assistant } from './assistant.ts'
import type { CommandTable } from './command.ts'
import { faultOf, StoreError } from './errors.ts'
import type { Lanes } from './lanes.ts'
import type { Log } from './log.ts'
import { addressKey, type Message, type Revision } from './message.ts'
import type { Outbox } from './outbox.ts'
import type { Waiting } from './store/inbox.ts'
import type { Store } from './store/store.ts'
import { languageOf, wordsOf } from './words.ts'

export type Inbox = {
  readonly receive: Receive
  readonly revise: Revise
  /**
   * Answers what an earlier life of the program took in and left unanswered. To be called before the platforms open,
   * so that what comes in now stands behind it.
   */
  readonly resume: () => void
  /** Takes nothing more and lets what runs finish for `mostMs`; what has not finished by then waits for the next start. */
  readonly close: (mostMs: number) => Promise<void>
}

type Parts = {
  readonly store: Pick<Store, 'read' | 'write'>
  readonly lanes: Lanes
  readonly answer: Assistant['answer']
  readonly deliver: Outbox['deliver']
  readonly adapters: readonly Adapter[]
  readonly table: CommandTable
  /** Texts are cut at this length when they come in; the assistant refuses those that are longer than it reads. */
  readonly mostChars: () => number
  readonly now: () => number
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  readonly log: Log
}

/** A message that began so often without getting to its end is given up, with a word to its author. */
const mostAttempts = 3
/** So many messages that could not be written down are remembered. */
const mostTold = 1_000
/** How long what was told to stop may take to do so, in milliseconds. */
const mostStopMs = 1_000
/** So many changes of messages that are not here, or not yet, are remembered. */
const mostEarly = 200

/** A message on its way to its answer. */
type Turn = {
  readonly id: number
  message: Message
  /** Its author took it back. */
  isWithdrawn: boolean
  /** Aborted where the message changes while it is being answered; then there is a new one. */
  changed: AbortController
}

/** The way in: a row first, then the message's turn in its conversation, then its answer. */
export function createInbox(parts: Parts): Inbox {
  const { store, lanes, answer, deliver, adapters, table, mostChars, now, sleep, log } = parts
  let closing = false
  /** What is being answered, or waits for its turn, by its event. */
  const underWay = new Map<string, Turn>()
  /** How messages read now that may still come: a platform promises no order between them and their changes. */
  const early = new Map<string, string | null>()
  /** The messages that could not be written down, and the telling of that. */
  const told = new Map<string, Promise<void>>()

  const receive: Receive = async (raw) => {
    if (closing) throw new StoreError('overloaded', 'Moltbot is stopping; send it again in a moment')
    const message = asChanged({ ...raw, text: readable(raw.text) })
    if (message === undefined) return 'duplicate'
    let id: number | null
    try {
      id = await store.write('inbox.receive', message, now())
    } catch (error) {
      // Written down all the same, by a writer that ended before it could say so.
      const row = faultOf(error) === 'internal' ? rowOf(message) : undefined
      if (row === undefined) await tellOnce(message, error)
      else if (!underWay.has(eventOf(message))) begin(row, false)
      return 'accepted'
    }
    // It may have been changed while it was written down.
    const current = id === null ? undefined : asChanged(message)
    if (id === null || current === undefined) return 'duplicate'
    begin({ id, attempts: 0, message: current }, false)
    return 'accepted'
  }

  const revise: Revise = async (revision) => {
    const text = revision.text === null ? null : readable(revision.text)
    const turn = underWay.get(eventOf(revision))
    // Before the row, so that no answer to what it was is written down after it.
    if (turn === undefined) keepEarly(eventOf(revision), text)
    else change(turn, text)
    await store.write('inbox.revise', { ...revision, text })
  }

  const change = (turn: Turn, text: string | null): void => {
    // The same change may be delivered again.
    if (turn.message.text === text) return
    if (text === null) turn.isWithdrawn = true
    else turn.message = { ...turn.message, text }
    const { changed } = turn
    turn.changed = new AbortController()
    changed.abort()
  }

  const keepEarly = (event: string, text: string | null): void => {
    early.delete(event)
    early.set(event, text)
    const [oldest] = early.keys()
    if (early.size > mostEarly && oldest !== undefined) early.delete(oldest)
  }

  /** The message as it reads now; undefined where it was taken back. */
  const asChanged = (message: Message): Message | undefined => {
    const text = early.get(eventOf(message))
    return text === null ? undefined : { ...message, text: text ?? message.text }
  }

  const readable = (text: string): string => clean(text).slice(0, mostChars() + 1)

  const rowOf = ({ id, address }: Message): Waiting | undefined =>
    store.read.inbox
      .waiting()
      .find(({ message }) => message.id === id && addressKey(message.address) === addressKey(address))

  const begin = ({ id, attempts, message }: Waiting, isResumed: boolean): void => {
    const row: Turn = { id, message, isWithdrawn: false, changed: new AbortController() }
    const job = (signal: AbortSignal): Promise<void> =>
      isResumed ? turnAgain(row, attempts, signal) : turn(row, signal)
    underWay.set(eventOf(message), row)
    const done = orderIn(message).isUrgent
      ? job(new AbortController().signal)
      : lanes.run(addressKey(message.address), job)
    done
      .catch((error: unknown) => {
        log.error(
          { fault: faultOf(error), err: error, message: message.id },
          'a message waits for the next start',
        )
      })
      .finally(() => underWay.delete(eventOf(message)))
  }

  const orderIn = ({ text, sentAtMs }: Message): { isUrgent: boolean; isLook: boolean } => {
    const order = table.read(text, { nowMs: sentAtMs, zone: 'UTC' })
    if (order?.kind !== 'invocation') return { isUrgent: false, isLook: false }
    const { name, tier } = order.invocation
    return { isUrgent: table.find(name)?.urgent === true, isLook: tier === 'read' }
  }

  /** A turn that may have brought the program down before: counted, so that it cannot do so for ever. */
  const turnAgain = async (row: Turn, attempts: number, signal: AbortSignal): Promise<void> => {
    const { id, message, isWithdrawn } = row
    if (isWithdrawn) return
    const words = wordsOf(languageOf(message.text))
    if (attempts >= mostAttempts) return finish(id, message, failed(words.gaveUp))
    // Nothing of the life that it was to stop is running any more.
    const { isUrgent, isLook } = orderIn(message)
    if (isUrgent && !isLook) return finish(id, message, failed(words.started.stopped(0, 0)))
    await store.write('inbox.attempt', id, 1)
    await turn(row, signal)
    if (closing) await store.write('inbox.attempt', id, -1)
  }

  /** Answers a message as it is when its answer is ready; one that was taken back is not answered. */
  const turn = async (row: Turn, signal: AbortSignal): Promise<void> => {
    for (let isAnew = false; !row.isWithdrawn;) {
      const { id, message, changed } = row
      const either = AbortSignal.any([signal, changed.signal])
      let answered: Answer
      try {
        answered = await untilAborted(answer(message, id, either, show(message)), either)
      } catch (error) {
        if (closing) return
        if (!either.aborted) throw error
        const { reply, ...rest } = failed(wordsOf(languageOf(message.text)).stopped)
        answered = { ...rest, reply: { ...reply, isStopped: true } }
      }
      if (changed.signal.aborted && !signal.aborted) continue
      if (await finishTurn(row, message, answered, isAnew)) return
      isAnew = true
    }
  }

  /** False where what it stands on is gone by now, so that it is to be answered anew. */
  const finishTurn = async (
    row: Turn,
    message: Message,
    answered: Answer,
    isAnew: boolean,
  ): Promise<boolean> => {
    const { id } = row
    try {
      await finish(id, message, answered)
    } catch (error) {
      if (row.isWithdrawn) return true
      if (faultOf(error) === 'missing' && !isAnew) return false
      if (closing || faultOf(error) !== 'internal') throw error
      // What was to be written cannot be: the person is told, and what waits behind it goes on.
      log.error({ fault: 'internal', err: error, message: message.id }, 'an answer could not be written down')
      await finish(id, message, failed(wordsOf(languageOf(message.text)).defect(message.id)))
    }
    return true
  }

  const finish = (id: number, message: Message, { reply, posts, writes }: Answer): Promise<void> => {
    const key = `inbox/${id}`
    const elsewhere = posts.map(({ to, reply: post }, i) => ({
      key: `${key}/to-${i}`,
      address: to,
      answers: null,
      reply: post,
    }))
    const { address, author } = message
    const here = { key, address, answers: message.id, asker: author.id, reply }
    return deliver([...elsewhere, here], [['inbox.done', id], ...writes])
  }

  const show = ({ id, address }: Message): ((sign: Sign) => void) => {
    const adapter = adapters.find(({ name }) => name === address.adapter)
    return (sign) => adapter?.show?.(id, address, sign)
  }

  /** A platform may deliver a message again, or in two shapes: its author is told once. */
  const tellOnce = (message: Message, error: unknown): Promise<void> => {
    const event = eventOf(message)
    const telling = told.get(event) ?? answerWithoutRows(message, error)
    told.set(event, telling)
    const [oldest] = told.keys()
    if (told.size > mostTold && oldest !== undefined) told.delete(oldest)
    telling.catch(() => told.delete(event))
    return telling
  }

  /** Where nothing can be written, looking things up and stopping still work; all else is told why, and not taken. */
  const answerWithoutRows = async (message: Message, error: unknown): Promise<void> => {
    const fault = faultOf(error)
    log.error({ fault, err: error }, 'a message could not be written down')
    const { isUrgent, isLook } = orderIn(message)
    const { signal } = new AbortController()
    const words = wordsOf(languageOf(message.text))
    const answered = isUrgent || isLook ? await answer(message, 0, signal, () => undefined) : undefined
    // What would have to be written down is not done.
    const isDone = answered?.writes.every(([name]) => name === 'approvals.withdraw') === true
    const { reply } = isDone ? answered : failed(words.notWritten(words.faults[fault]))
    const { id, address } = message
    const asker = message.author.id
    const post = { key: `unwritten/${id}`, address, answers: id, asker, reply, createdAtMs: now() }
    const delivery = await adapters.find(({ name }) => name === address.adapter)?.send(post, signal)
    if (delivery?.kind !== 'sent') throw error
  }

  return {
    receive,
    revise,
    resume: () => {
      for (const row of store.read.inbox.waiting()) begin(row, true)
    },
    close: async (mostMs) => {
      closing = true
      await within(mostMs, lanes.idle(), sleep)
      lanes.stopAll('closing')
      await within(mostStopMs, lanes.idle(), sleep)
    },
  }
}

/** Names an event for ever: a platform's own id of it is unique within adapter and account. */
function eventOf({ id, address: { adapter, account } }: Pick<Revision, 'id' | 'address'>): string {
  return JSON.stringify([adapter, account, id])
}

function failed(text: string): Answer {
  return { reply: { text, status: 'failed' }, posts: [], writes: [] }
}

async function within(mostMs: number, work: Promise<void>, sleep: Parts['sleep']): Promise<void> {
  const limit = new AbortController()
  await Promise.race([work, sleep(mostMs, limit.signal).catch(() => undefined)])
  limit.abort()
}

/** Takes out what no person types and no reader should obey: control characters and marks that turn text around. */
function clean(text: string): string {
  return text.replaceAll(/[^\P{Cc}\n\t]|[\u200E\u200F\u202A-\u202E\u2066-\u2069\uFEFF]/gu, '').toWellFormed()
}
