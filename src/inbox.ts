import { untilAborted } from './abort.ts'
import type { Adapter, Receive, Sign } from './adapter.ts'
import type { Answer } from './answer.ts'
import type { Assistant } from './assistant.ts'
import type { CommandTable } from './command.ts'
import { faultOf, StoreError } from './errors.ts'
import type { Lanes } from './lanes.ts'
import type { Log } from './log.ts'
import { addressKey, type Message } from './message.ts'
import type { Outbox } from './outbox.ts'
import type { Waiting } from './store/inbox.ts'
import type { Store } from './store/store.ts'
import { languageOf, wordsOf } from './words.ts'

export type Inbox = {
  readonly receive: Receive
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
/** How long what was told to stop may take to do so, in milliseconds. */
const mostStopMs = 1_000

/** The way in: a row first, then the message's turn in its conversation, then its answer. */
export function createInbox(parts: Parts): Inbox {
  const { store, lanes, answer, deliver, adapters, table, mostChars, now, sleep, log } = parts
  let closing = false
  /** The rows that are being answered, or wait for their turn. */
  const underWay = new Set<number>()

  const receive: Receive = async (raw) => {
    if (closing) throw new StoreError('overloaded', 'Moltbot is stopping; send it again in a moment')
    const message = { ...raw, text: clean(raw.text).slice(0, mostChars() + 1) }
    let id: number | null
    try {
      id = await store.write('inbox.receive', message, now())
    } catch (error) {
      // Written down all the same, by a writer that ended before it could say so.
      const row = faultOf(error) === 'internal' ? rowOf(message) : undefined
      if (row === undefined) await answerWithoutRows(message, error)
      else if (!underWay.has(row.id)) begin(row, false)
      return 'accepted'
    }
    if (id === null) return 'duplicate'
    begin({ id, attempts: 0, message }, false)
    return 'accepted'
  }

  const rowOf = ({ id, address }: Message): Waiting | undefined =>
    store.read.inbox
      .waiting()
      .find(({ message }) => message.id === id && addressKey(message.address) === addressKey(address))

  const begin = (row: Waiting, isResumed: boolean): void => {
    const { id, message } = row
    const job = (signal: AbortSignal): Promise<void> =>
      isResumed ? turnAgain(row, signal) : turn(id, message, signal)
    const done = orderIn(message).isUrgent
      ? job(new AbortController().signal)
      : lanes.run(addressKey(message.address), job)
    underWay.add(id)
    done
      .catch((error: unknown) => {
        log.error(
          { fault: faultOf(error), err: error, message: message.id },
          'a message waits for the next start',
        )
      })
      .finally(() => underWay.delete(id))
  }

  const orderIn = ({ text, sentAtMs }: Message): { isUrgent: boolean; isLook: boolean } => {
    const order = table.read(text, { nowMs: sentAtMs, zone: 'UTC' })
    if (order?.kind !== 'invocation') return { isUrgent: false, isLook: false }
    const { name, tier } = order.invocation
    return { isUrgent: table.find(name)?.urgent === true, isLook: tier === 'read' }
  }

  /** A turn that may have brought the program down before: counted, so that it cannot do so for ever. */
  const turnAgain = async ({ id, attempts, message }: Waiting, signal: AbortSignal): Promise<void> => {
    const words = wordsOf(languageOf(message.text))
    if (attempts >= mostAttempts) return finish(id, message, failed(words.gaveUp))
    // Nothing of the life that it was to stop is running any more.
    const { isUrgent, isLook } = orderIn(message)
    if (isUrgent && !isLook) return finish(id, message, failed(words.started.stopped(0, 0)))
    await store.write('inbox.attempt', id, 1)
    await turn(id, message, signal)
    if (closing) await store.write('inbox.attempt', id, -1)
  }

  const turn = async (id: number, message: Message, signal: AbortSignal): Promise<void> => {
    let answered: Answer
    try {
      answered = await untilAborted(answer(message, id, signal, show(message)), signal)
    } catch (error) {
      if (closing) return
      if (!signal.aborted) throw error
      answered = failed(wordsOf(languageOf(message.text)).stopped)
    }
    try {
      await finish(id, message, answered)
    } catch (error) {
      if (closing || faultOf(error) !== 'internal') throw error
      // What was to be written cannot be: the person is told, and what waits behind it goes on.
      log.error({ fault: 'internal', err: error, message: message.id }, 'an answer could not be written down')
      await finish(id, message, failed(wordsOf(languageOf(message.text)).defect(message.id)))
    }
  }

  const finish = (id: number, message: Message, { reply, posts, writes }: Answer): Promise<void> => {
    const key = `inbox/${id}`
    const elsewhere = posts.map(({ to, reply: post }, i) => ({
      key: `${key}/to-${i}`,
      address: to,
      answers: null,
      reply: post,
    }))
    const here = { key, address: message.address, answers: message.id, reply }
    return deliver([...elsewhere, here], [['inbox.done', id], ...writes])
  }

  const show = ({ id, address }: Message): ((sign: Sign) => void) => {
    const adapter = adapters.find(({ name }) => name === address.adapter)
    return (sign) => adapter?.show?.(id, address, sign)
  }

  /** Where nothing can be written, looking things up and stopping still work; all else is told why, and not taken. */
  const answerWithoutRows = async (message: Message, error: unknown): Promise<void> => {
    const fault = faultOf(error)
    log.error({ fault, err: error }, 'a message could not be written down')
    const { isUrgent, isLook } = orderIn(message)
    const { signal } = new AbortController()
    const words = wordsOf(languageOf(message.text))
    const { reply } =
      isUrgent || isLook
        ? await answer(message, 0, signal, () => undefined)
        : failed(words.notWritten(words.faults[fault]))
    const { id, address } = message
    const post = { key: `unwritten/${id}`, address, answers: id, reply, createdAtMs: now() }
    const delivery = await adapters.find(({ name }) => name === address.adapter)?.send(post, signal)
    if (delivery?.kind !== 'sent') throw error
  }

  return {
    receive,
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
