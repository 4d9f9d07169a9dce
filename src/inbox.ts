import type { Adapter, Receive, Sign } from './adapter.ts'
import type { Answer, Assistant } from './assistant.ts'
import type { CommandTable } from './command.ts'
import { faultOf, StoreError } from './errors.ts'
import type { Lanes } from './lanes.ts'
import type { Log } from './log.ts'
import { addressKey, type Message } from './message.ts'
import type { Outbox } from './outbox.ts'
import type { Store } from './store/store.ts'
import { languageOf, wordsOf } from './words.ts'

export type Inbox = {
  readonly receive: Receive
  /** Answers what an earlier life of the program took in and left unanswered. */
  readonly resume: () => Promise<void>
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

/** After so many starts of the program a message that never got its answer is given up, with a word to its author. */
const mostAttempts = 3

/** The way in: a row first, then the message's turn in its conversation, then its answer. */
export function createInbox({
  store,
  lanes,
  answer,
  deliver,
  adapters,
  table,
  mostChars,
  now,
  sleep,
  log,
}: Parts): Inbox {
  let closing = false

  const receive: Receive = async (raw) => {
    if (closing) throw new StoreError('overloaded', 'Moltbot is stopping; send it again in a moment')
    const message = { ...raw, text: clean(raw.text).slice(0, mostChars() + 1) }
    let id: number | null
    try {
      id = await store.write('inbox.receive', message, now())
    } catch (error) {
      await answerWithoutRows(message, error)
      return 'accepted'
    }
    if (id === null) return 'duplicate'
    begin(id, message)
    return 'accepted'
  }

  const begin = (id: number, message: Message): void => {
    const job = (signal: AbortSignal): Promise<void> => turn(id, message, signal)
    const done = isUrgent(message)
      ? job(new AbortController().signal)
      : lanes.run(addressKey(message.address), job)
    done.catch((error: unknown) => {
      log.error(
        { fault: faultOf(error), err: error, message: message.id },
        'a message waits for the next start',
      )
    })
  }

  const isUrgent = ({ text, sentAtMs }: Message): boolean => {
    const order = table.read(text, { nowMs: sentAtMs, zone: 'UTC' })
    return order?.kind === 'invocation' && table.find(order.invocation.name)?.urgent === true
  }

  const turn = async (id: number, message: Message, signal: AbortSignal): Promise<void> => {
    let answered: Answer
    try {
      signal.throwIfAborted()
      answered = await answer(message, signal, show(message))
    } catch (error) {
      if (closing) return
      if (!signal.aborted) throw error
      answered = { reply: { text: wordsOf(languageOf(message.text)).stopped, status: 'failed' }, writes: [] }
    }
    await finish(id, message, answered)
  }

  const finish = (id: number, message: Message, { reply, to, writes }: Answer): Promise<void> => {
    const { address } = message
    const key = `inbox/${id}`
    const here = { key, address, answers: message.id, reply }
    const isElsewhere = to !== undefined && addressKey(to) !== addressKey(address)
    const words = wordsOf(languageOf(message.text))
    const drafts = isElsewhere
      ? [
          { key: `${key}/post`, address: to, answers: null, reply },
          { ...here, reply: { ...reply, text: words.posted(to.channel) } },
        ]
      : [here]
    return deliver(drafts, [['inbox.done', id], ...writes])
  }

  const show = ({ id, address }: Message): ((sign: Sign) => void) => {
    const adapter = adapters.find(({ name }) => name === address.adapter)
    return (sign) => adapter?.show?.(id, address, sign)
  }

  /** Where nothing can be written, looking things up still works; all else is told what is wrong. */
  const answerWithoutRows = async (message: Message, error: unknown): Promise<void> => {
    const fault = faultOf(error)
    log.error({ fault, err: error }, 'a message could not be written down')
    const order = table.read(message.text, { nowMs: now(), zone: 'UTC' })
    const isLookUp = order?.kind === 'invocation' && order.invocation.tier === 'read'
    const { signal } = new AbortController()
    const words = wordsOf(languageOf(message.text))
    const reply = isLookUp
      ? (await answer(message, signal, () => undefined)).reply
      : { text: words.notWritten(words.faults[fault]), status: 'failed' as const }
    const adapter = adapters.find(({ name }) => name === message.address.adapter)
    const post = {
      key: `unwritten/${message.id}`,
      address: message.address,
      answers: message.id,
      reply,
      createdAtMs: now(),
    }
    await adapter?.send(post, signal)
  }

  return {
    receive,
    resume: async () => {
      if (store.read.inbox.waitingCount() === 0) return
      await store.write('inbox.resume')
      for (const { id, attempts, message } of store.read.inbox.waiting()) {
        if (attempts <= mostAttempts) begin(id, message)
        else
          await finish(id, message, {
            reply: { text: wordsOf(languageOf(message.text)).gaveUp, status: 'failed' },
            writes: [],
          })
      }
    },
    close: async (mostMs) => {
      closing = true
      const limit = new AbortController()
      await Promise.race([lanes.idle(), sleep(mostMs, limit.signal).catch(() => undefined)])
      limit.abort()
      lanes.stopAll('closing')
      await lanes.idle()
    },
  }
}

/** Takes out what no person types and no reader should obey: control characters and marks that turn text around. */
function clean(text: string): string {
  return text.replaceAll(/[^\P{Cc}\n\t]|[\u200E\u200F\u202A-\u202E\u2066-\u2069\uFEFF]/gu, '').toWellFormed()
}
