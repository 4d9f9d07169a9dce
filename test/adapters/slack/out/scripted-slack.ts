import type { SlackAnswer, SlackApi } from '../../../../src/adapters/slack/contract.ts'
import { createVirtualClock, type VirtualClock } from '../../../doubles/virtual-clock.ts'

/** How a call goes wrong; of `cut` and `late` it was carried out all the same. */
export type Trouble = 'refused' | 'limited' | 'unreached' | 'lost' | 'cut'

export type ScriptedSlack = {
  readonly api: SlackApi
  readonly clock: VirtualClock
  readonly calls: readonly { readonly method: string; readonly args: Args; readonly atMs: number }[]
  /** What is shown now, by channel and thread; cleared ones are gone. */
  readonly lit: () => readonly string[]
  /** The messages that are there now. */
  readonly messages: ReadonlyMap<string, Args>
  readonly pass: (ms: number) => Promise<void>
}

type Args = Readonly<Record<string, unknown>>

/** Slack without a wire: each call takes 20 ms of virtual time, and goes wrong as `trouble` says. */
export function createScriptedSlack(trouble: (method: string) => Trouble | undefined): ScriptedSlack {
  const clock = createVirtualClock(1_700_000_000_000)
  const calls: { method: string; args: Args; atMs: number }[] = []
  const lit = new Map<string, string>()
  const messages = new Map<string, Args>()
  let posted = 0

  const carryOut = (method: string, args: Args): SlackAnswer => {
    const at = `${method} ${String(args['channel_id'])}/${String(args['thread_ts'])}`
    if (method.endsWith('setStatus')) {
      if (args['status'] === '' || args['status'] === 'active') lit.delete(at)
      else lit.set(at, String(args['status']))
      return { kind: 'ok', data: {} }
    }
    if (method === 'chat.delete') messages.delete(String(args['ts']))
    if (method !== 'chat.postMessage' && method !== 'chat.startStream')
      return { kind: 'ok', data: { ts: args['ts'] } }
    const ts = `1700000000.${String(++posted).padStart(6, '0')}`
    messages.set(ts, args)
    return { kind: 'ok', data: { ts } }
  }

  const call: SlackApi['call'] = async (method, args, { signal }) => {
    calls.push({ method, args, atMs: clock.now() })
    const wrong = trouble(method)
    if (signal.aborted) return { kind: 'unreached', why: 'stopped' }
    const answer = wrong === undefined || wrong === 'cut' ? carryOut(method, args) : undefined
    const isOver = await clock.sleep(20, signal).then(
      () => false,
      () => true,
    )
    if (isOver) return { kind: 'unclear', why: 'stopped' }
    switch (wrong) {
      case 'refused':
        return { kind: 'error', error: 'channel_not_found' }
      case 'limited':
        return { kind: 'error', error: 'ratelimited', retryAfterMs: 2_000 }
      case 'unreached':
        return { kind: 'unreached', why: 'no connection' }
      case 'lost':
      case 'cut':
        return { kind: 'unclear', why: 'cut' }
      case undefined:
        return answer ?? { kind: 'unclear', why: 'cut' }
    }
  }
  const rest = async (): Promise<void> => {
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
  }
  return {
    api: { call, respond: async () => ({ kind: 'ok', data: {} }) },
    clock,
    calls,
    messages,
    lit: () => [...lit].map(([at, value]) => `${at}: ${value}`),
    pass: (ms) => clock.pass(ms, rest),
  }
}
