import QuickLRU from 'quick-lru'
import { over } from '../../../abort.ts'
import type { Adapter, Sign } from '../../../adapter.ts'
import type { Log } from '../../../log.ts'
import { addressKey, type Address, type Delivery, type Message, type Post } from '../../../message.ts'
import { languageOf } from '../../../words.ts'
import { slackWords } from '../../../words-slack.ts'
import { sourceOf, type ReplyUrls, type SlackApi } from '../contract.ts'
import { userOf } from './direct.ts'
import { createFeatures } from './features.ts'
import { lagMs } from './history.ts'
import { insist } from './insist.ts'
import { createRunSigns, type RunSigns } from './run-signs.ts'
import { createStatuses } from './statuses.ts'
import { createWriter, type Shown, type Writer } from './stream.ts'
import { createWorking } from './working.ts'

/** What people see of an answer before it is there. All of it is best effort; nothing of it stays behind. */
export type Drafts = {
  readonly show: NonNullable<Adapter['show']>
  /** Says that a message is being answered, where that takes a while; also before there is a first sign of it. */
  readonly begin: (messageId: string, address: Address) => void
  /**
   * Ends the writing for a message, puts its status out, and says what stands there then: the answer takes its place. The
   * status goes first, so that none stays where the program dies once the answer is there.
   */
  readonly of: (messageId: string, address: Address) => Promise<Shown | undefined>
  /**
   * Takes away what stands there for a message that is not answered any more; nothing where its answer is on its way. Of what
   * an earlier life left, the status alone.
   */
  readonly drop: (messageId: string, address?: Address) => Promise<void>
  /** Takes in what became of a post: its status goes out and, where it was sent, its draft is forgotten. */
  readonly settled: (post: Pick<Post, 'answers' | 'address' | 'run'>, delivery: Delivery['kind']) => void
  /** Takes away the progress of runs that earlier lives of the program left. */
  readonly clear: RunSigns['clear']
  /** Ends all of it and takes away what it can within a second. What was streamed stays for the next start to finish. */
  readonly stop: () => Promise<void>
}

type Parts = {
  readonly api: SlackApi
  readonly urls: Pick<ReplyUrls, 'of'>
  /** Of a text that still grows, what can be shown for good; of a longer one, its beginning. */
  readonly draftText: (soFar: string) => string
  /** Makes a text from outside harmless. */
  readonly escape: (text: string) => string
  /** A message that came in, where it is still known. */
  readonly messageOf: (messageId: string) => Pick<Message, 'author' | 'text'> | undefined
  /** When this life of the program began. */
  readonly startedAtMs: number
  /** True if a post is on its way to the conversation of this key: a draft that began before it would stand above it. */
  readonly hasOpen: (lane: string) => boolean
  readonly cutShort: Parameters<typeof createRunSigns>[0]['cutShort']
  readonly now: () => number
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  readonly log: Log
}

type Draft = {
  readonly address: Address
  readonly writer: Writer
  readonly end: AbortController
  /** Resolves once nothing is written any more. */
  done: Promise<void>
  text: string
  line: string
  hasStatus: boolean
  aliveAtMs: number
}

const statusAfterMs = 300
const writeAfterMs = 700
/** Less than that is soon a whole answer. */
const leastChars = 40
const mostDrafts = 1_000
const mostBegun = 5_000
const mostQuietMs = 30 * 60_000
const mostStopMs = 1_000
/** An answer does not wait longer for its status to go. */
const mostOutMs = 3_000

export function createDrafts(parts: Parts): Drafts {
  const { api, draftText, messageOf, startedAtMs, now, sleep, log } = parts
  const closed = new AbortController()
  const features = createFeatures({ now, log })
  const statuses = createStatuses({ api, features, now, sleep, signal: closed.signal })
  const working = createWorking({ ...parts, signal: closed.signal })
  const runs = createRunSigns({ ...parts, signal: closed.signal })
  const drafts = new Map<string, Draft>()
  /** Signs that come after the answer are late. */
  const answered = new QuickLRU<string, true>({ maxSize: mostDrafts })
  /** Those that were first heard of in this life. */
  const begun = new QuickLRU<string, true>({ maxSize: mostBegun })
  let isStopping = false

  /** True if an earlier life of the program may have begun to answer it. */
  const mayHaveLeft = (id: string): boolean =>
    begun.get(id) !== true &&
    answered.get(id) !== true &&
    (sourceOf(id)?.kind !== 'written' || isOlder(id, startedAtMs))
  /** What was shown of it then stands there until the answer takes its place; what it stood behind is still to come. */
  const mayShow = (id: string, address: Address): boolean =>
    !mayHaveLeft(id) && parts.hasOpen(addressKey(address)) !== true

  const follow = async (id: string, draft: Draft): Promise<void> => {
    const { address, writer, end } = draft
    const wait = (ms: number): Promise<void> => sleep(ms, end.signal)
    try {
      await wait(statusAfterMs)
      draft.hasStatus = true
      statuses.hold(id, address, draft.line)
      await wait(writeAfterMs - statusAfterMs)
      while (now() - draft.aliveAtMs < mostQuietMs) {
        if (draft.text.length >= leastChars && (writer.shown() !== undefined || mayShow(id, address)))
          await writer.write(draftText(draft.text))
        await wait(writer.everyMs())
      }
      forget(id, draft)
    } catch (error) {
      if (!end.signal.aborted) log.debug({ err: error, message: id }, 'a draft ended')
    }
  }

  const forget = (id: string, draft: Draft): void => {
    draft.end.abort(over)
    drafts.delete(id)
    void statuses.release(id, draft.address)
  }

  /** Those whose answer was never sent, or not for so long. */
  const forgetOld = (): void => {
    for (const [id, draft] of drafts) if (now() - draft.aliveAtMs >= mostQuietMs) forget(id, draft)
  }

  const draftOf = (id: string, address: Address): Draft | undefined => {
    const known = drafts.get(id)
    if (known !== undefined) return known
    forgetOld()
    if (isStopping || answered.get(id) === true || drafts.size >= mostDrafts) return undefined
    const end = new AbortController()
    const message = messageOf(id)
    const recipient = message && recipientOf(message.author.id, address)
    // What is under way when the answer comes is waited for, so that it is known what it left.
    const writer = createWriter({
      api,
      features,
      messageId: id,
      address,
      recipient,
      now,
      signal: closed.signal,
    })
    const line = slackWords[languageOf(message?.text ?? '')].thinking
    const draft: Draft = {
      address,
      writer,
      end,
      done: Promise.resolve(),
      text: '',
      line,
      hasStatus: false,
      aliveAtMs: now(),
    }
    drafts.set(id, draft)
    draft.done = follow(id, draft)
    return draft
  }

  const show = (id: string, address: Address, sign: Sign): void => {
    const draft = draftOf(id, address)
    if (draft === undefined || draft.end.signal.aborted) return
    draft.aliveAtMs = now()
    if (sign.kind === 'draft') draft.text = sign.text.trimStart()
    else {
      draft.line = sign.text
      if (draft.hasStatus) statuses.hold(id, address, draft.line)
    }
  }

  /** Takes away what stands beside the thread because of a message, also what an earlier life left there. */
  const putOut = async (id: string, address: Address): Promise<void> => {
    await Promise.all([statuses.release(id, address), mayHaveLeft(id) ? statuses.clear(address) : undefined])
  }

  const isRun = (id: string): boolean => id.startsWith('run/')
  /** What is answered outside of threads is answered to its asker alone. */
  const canBeShown = (id: string, { thread }: Address): boolean => !isRun(id) && thread !== undefined

  return {
    begin: (id, address) => {
      begun.set(id, true)
      if (canBeShown(id, address)) draftOf(id, address)
      if (sourceOf(id)?.kind === 'command') working.begin(id, messageOf(id)?.text ?? '')
    },
    show: (id, address, sign) => {
      if (isStopping) return
      if (isRun(id)) runs.show(id, address, sign)
      else if (canBeShown(id, address)) show(id, address, sign)
    },
    of: async (id, address) => {
      await working.end(id)
      const draft = drafts.get(id)
      draft?.end.abort(over)
      const limit = new AbortController()
      await Promise.race([putOut(id, address), sleep(mostOutMs, limit.signal).catch(() => undefined)])
      limit.abort(over)
      await draft?.done
      const shown = draft?.writer.shown()
      // It is looked for in the history, which must show it by then: else it would stand there beside the answer.
      const isWritten = sourceOf(id)?.kind === 'written'
      const fromMs = shown?.kind === 'lost' ? now() : isWritten && mayHaveLeft(id) ? startedAtMs : -lagMs
      const waitMs = fromMs + lagMs - now()
      if (waitMs > 0) await sleep(Math.min(waitMs, lagMs), closed.signal).catch(() => undefined)
      return shown
    },
    settled: ({ answers, address, run }, delivery) => {
      if (run !== undefined) runs.end(`run/${run}`)
      if (answers === null) return
      drafts.get(answers)?.end.abort(over)
      void putOut(answers, address)
      if (delivery !== 'sent') return
      drafts.delete(answers)
      answered.set(answers, true)
    },
    drop: async (id, address) => {
      const draft = drafts.get(id)
      if (draft === undefined && address !== undefined) void putOut(id, address)
      if (draft === undefined || draft.end.signal.aborted) return
      forget(id, draft)
      answered.set(id, true)
      await draft.done
      const shown = draft.writer.shown()
      if (shown === undefined || shown.kind === 'lost') return
      const { account, channel } = draft.address
      const call = (method: string): ReturnType<SlackApi['call']> =>
        api.call(method, { channel, ts: shown.ts }, { account, signal: closed.signal })
      // An open stream cannot be deleted.
      if (shown.kind === 'stream')
        await insist(() => call('chat.stopStream'), { sleep, signal: closed.signal })
      await insist(() => call('chat.delete'), { sleep, signal: closed.signal })
    },
    clear: runs.clear,
    stop: async () => {
      isStopping = true
      for (const { end } of drafts.values()) end.abort(over)
      const limit = sleep(mostStopMs, closed.signal).catch(() => undefined)
      await Promise.race([Promise.all([statuses.stop(), runs.stop()]), limit])
      closed.abort()
      drafts.clear()
    },
  }
}

/** True for a message that was written before this life of the program. */
export function isOlder(messageId: string, startedAtMs: number): boolean {
  const source = sourceOf(messageId)
  return source?.kind === 'written' && Number(source.ts) * 1_000 < startedAtMs
}

/** Somebody of another team has it in front of their id. */
function recipientOf(author: string, { account }: Address): { team: string; user: string } {
  const user = userOf(author)
  return { team: author === user ? account : author.slice(0, -user.length - 1), user }
}
