import QuickLRU from 'quick-lru'
import type { Sign } from '../../../adapter.ts'
import type { Address } from '../../../message.ts'
import { languageOf } from '../../../words.ts'
import { slackWords } from '../../../words-slack.ts'
import { buttonBlocks, clipped, type Block } from './buttons.ts'
import { draftEvent, type SlackAnswer, type SlackApi } from '../contract.ts'
import { directChannel } from './direct.ts'
import { visible } from '../format/escape.ts'
import { lagMs, search, tsOf, type PastMessage } from './history.ts'
import { insist } from './insist.ts'

/** How runs come along: one message for each that takes longer, edited as it goes and gone when it is done. */
export type RunSigns = {
  readonly show: (id: string, address: Address, sign: Sign) => void
  /** Takes the message of a run away; later signs of it are not shown. */
  readonly end: (id: string) => void
  /** Takes away those that earlier lives of the program left; resolves when that is done or could not be. */
  readonly clear: () => Promise<void>
  /** Takes all of them away; resolves when that is done or could not be. */
  readonly stop: () => Promise<void>
}

type Parts = {
  readonly api: SlackApi
  readonly escape: (text: string) => string
  /** When this life of the program began: its messages bear it. */
  readonly startedAtMs: number
  /** The addresses of runs that may have been cut short, each with when the first of them began; those that ended since then. */
  readonly cutShort: (
    endedSinceMs: number,
  ) => readonly { readonly address: Address; readonly sinceMs: number }[]
  readonly now: () => number
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  /** Aborted where nothing more is to be waited for. */
  readonly signal: AbortSignal
}

type Step = Extract<Sign, { kind: 'progress' }>

type RunSign = { readonly address: Address; readonly end: AbortController; step: Step; aliveAtMs: number }

/** A run that is done sooner needs no message. */
const showAfterMs = 3_000
const leastMs = 2_000
const mostQuietMs = 10 * 60_000
const mostRuns = 1_000
const cells = 10
const mostTextChars = 300
/** What was cut short is cleared away at the next start; a run that ended so long ago left nothing. */
const endedWithinMs = 24 * 3_600_000
/** Slack's clock may be so far behind ours. */
const clockSlackMs = 3_600_000

export function createRunSigns(parts: Parts): RunSigns {
  const { api, escape, startedAtMs, cutShort, now, sleep, signal } = parts
  const signs = new Map<string, RunSign>()
  const ended = new QuickLRU<string, true>({ maxSize: mostRuns })
  const working = new Set<Promise<void>>()

  /** The message of a run that Slack may have taken, although its answer broke off; undefined where it has none. */
  const tsOfUnclear = async (id: string, address: Address): Promise<string | undefined> => {
    const span = { oldest: tsOf(now() - clockSlackMs), signal }
    await sleep(lagMs, signal).catch(() => undefined)
    const found = await search(api, address, span, ({ ts, metadata }) => {
      const { answers, life } = metadata?.event_payload ?? {}
      return metadata?.event_type === draftEvent && answers === id && life === startedAtMs ? ts : undefined
    })
    return found.kind === 'found' ? found.found : undefined
  }

  const follow = async (id: string, sign: RunSign): Promise<void> => {
    const wait = (ms: number): Promise<void> => sleep(ms, sign.end.signal).catch(() => undefined)
    await wait(showAfterMs)
    if (sign.end.signal.aborted) return
    const { account, channel: named, thread: thread_ts } = sign.address
    const channel = await directChannel(api, account, named, signal)
    if (typeof channel !== 'string') return
    const call = (method: string, args: object): ReturnType<SlackApi['call']> =>
      api.call(method, { channel, ...args }, { account, signal })
    const metadata = { event_type: draftEvent, event_payload: { answers: id, life: startedAtMs } }
    let shown = sign.step
    const posted = await call('chat.postMessage', { thread_ts, ...bodyOf(sign, escape), metadata })
    const unclear = posted.kind === 'unclear' ? await tsOfUnclear(id, sign.address) : undefined
    const ts = posted.kind === 'ok' ? posted.data['ts'] : unclear
    if (typeof ts !== 'string') return
    while (!sign.end.signal.aborted && now() - sign.aliveAtMs < mostQuietMs) {
      await wait(leastMs)
      if (sign.end.signal.aborted || sign.step === shown) continue
      shown = sign.step
      const edited = await call('chat.update', { ts, ...bodyOf(sign, escape) })
      if (edited.kind === 'error' && edited.error === 'message_not_found') return
    }
    await insist(() => call('chat.delete', { ts }), { sleep, signal })
  }

  const isLeft = ({ metadata }: PastMessage): boolean => {
    if (metadata?.event_type !== draftEvent) return false
    const { answers, life } = metadata.event_payload
    return typeof answers === 'string' && answers.startsWith('run/') && life !== startedAtMs
  }
  const clearIn = async (address: Address, sinceMs: number): Promise<void> => {
    const { account } = address
    const left = new Map<string, string>()
    const look = async (): Promise<SlackAnswer> => {
      const channel = await directChannel(api, account, address.channel, signal)
      if (typeof channel !== 'string') return channel
      const span = { oldest: tsOf(sinceMs - clockSlackMs), signal }
      const found = await search(api, { ...address, channel }, span, (past) => {
        if (isLeft(past)) left.set(past.ts, channel)
        return undefined
      })
      if (found.kind !== 'unknown') return { kind: 'ok', data: {} }
      const { error, why } = found
      return error === undefined ? { kind: 'unreached', why } : { kind: 'error', error }
    }
    await insist(look, { sleep, signal })
    for (const [ts, channel] of left)
      await insist(() => api.call('chat.delete', { channel, ts }, { account, signal }), { sleep, signal })
  }

  const takeAway = (id: string): void => {
    signs.get(id)?.end.abort()
    signs.delete(id)
  }

  return {
    show: (id, address, sign) => {
      if (sign.kind !== 'progress' || ended.get(id) === true) return
      // A share of 1 is the last sign: of a run that may have nothing to post, or that is tried again later.
      if (sign.share !== undefined && sign.share >= 1) return takeAway(id)
      const known = signs.get(id)
      if (known !== undefined) return void Object.assign(known, { step: sign, aliveAtMs: now() })
      if (signs.size >= mostRuns) return
      const made = { address, end: new AbortController(), step: sign, aliveAtMs: now() }
      signs.set(id, made)
      const work = follow(id, made).finally(() => {
        working.delete(work)
        if (signs.get(id) === made) signs.delete(id)
      })
      working.add(work)
    },
    end: (id) => {
      ended.set(id, true)
      takeAway(id)
    },
    clear: async () => {
      await sleep(lagMs, signal).catch(() => undefined)
      if (signal.aborted) return
      // One after the other: nobody waits for it, and Slack counts the questions.
      for (const { address, sinceMs } of cutShort(now() - endedWithinMs))
        if (address.adapter === 'slack' && !signal.aborted) await clearIn(address, sinceMs)
    },
    stop: async () => {
      for (const id of signs.keys()) takeAway(id)
      await Promise.all(working)
    },
  }
}

function bodyOf(
  { step, address }: RunSign,
  escape: (text: string) => string,
): { readonly text: string; readonly blocks: readonly Block[] } {
  const line = clipped(visible(step.text).replaceAll(/\s+/gu, ' ').trim(), mostTextChars)
  const shown = step.share === undefined ? line : `${barOf(step.share)} ${line}`
  const { stop } = slackWords[languageOf(step.text)]
  const buttons = buttonBlocks(
    { text: '', choices: [{ label: stop, says: '/stop', tone: 'bad' }] },
    { thread: address.thread, key: '' },
  )
  // Plain text: what a run reads may stand in it.
  return {
    text: escape(shown),
    blocks: [{ type: 'section', text: { type: 'plain_text', text: shown } }, ...buttons],
  }
}

/** `▓▓▓▓░░░░░░ 40 %` */
function barOf(share: number): string {
  const done = Number.isNaN(share) ? 0 : Math.min(1, Math.max(0, share))
  const filled = Math.floor(done * cells)
  return `${'▓'.repeat(filled)}${'░'.repeat(cells - filled)} ${Math.floor(done * 100)} %`
}
