import { withinTime } from '../../../abort.ts'
import type { Adapter } from '../../../adapter.ts'
import type { Address } from '../../../message.ts'
import { slackAddress, type Installations } from '../contract.ts'
import type { Presence } from '../presence.ts'
import type { Directory } from './directory.ts'

/** Names and ids of places, both ways. */
export type Targets = Required<Pick<Adapter, 'resolve' | 'settled' | 'isIn' | 'nameOf'>> & {
  /** Our own words with `#news` for `slack:C0123456789`, as a form writes it, where the name is known in the account. */
  readonly withNames: (text: string, account: string) => string
}

type Parts = {
  readonly installations: Pick<Installations, 'only'>
  readonly directory: Directory
  readonly presence: Pick<Presence, 'known' | 'trouble'>
  /** The newest messages that were taken in whose ids begin so. */
  readonly taken: (account: string, beginning: string) => readonly unknown[]
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  readonly signal: AbortSignal
}

/** Who names a channel while the names are still being asked for waits so long at the most. */
const mostSettleMs = 3_000

export function createTargets({ installations, directory, presence, taken, sleep, signal }: Parts): Targets {
  const { channelNamed, channelCalled, channelName } = directory
  return {
    resolve: (target, from) => resolveTarget(target, from, { only: installations.only, channelNamed }),
    settled: async () => {
      // While Slack is not there, nobody waits for the names that it knows.
      if (presence.trouble() !== undefined) return
      const asked = (): Promise<unknown> => presence.known.then(directory.settled)
      await withinTime(asked, { mostMs: mostSettleMs, signal, sleep }).catch(() => undefined)
    },
    isIn: ({ account, channel }) => {
      if (!/^[CG]/u.test(channel) || presence.trouble() !== undefined) return true
      if (directory.isIn(account, channel) !== false) return true
      // A group of several people is in no list that our scopes give; we are in those that people wrote to us in.
      return channelCalled(account, channel) === undefined && taken(account, `${channel}/`).length > 0
    },
    nameOf: (place) => nameOfPlace(place, { channelCalled }),
    withNames: (text, account) => withNames(text, account, { channelName }),
  }
}

/** What a place is called, as `resolveTarget` takes it; undefined for direct messages, and where no name is known. */
export function nameOfPlace(
  { account, channel }: Address,
  { channelCalled }: Pick<Directory, 'channelCalled'>,
): string | undefined {
  if (/^[UW]/u.test(channel)) return `slack:${channel}`
  const name = channelCalled(account, channel)
  return name === undefined ? undefined : `#${name}`
}

/** The same text with the names of channels for their ids. */
export function withNames(
  text: string,
  account: string,
  { channelName }: Pick<Directory, 'channelName'>,
): string {
  return text.replaceAll(/(?<![\w:/.#-])slack:([CG][A-Z0-9]{8,})\b/gu, (typed, id: string) => {
    const name = channelName(account, id)
    return name === undefined ? typed : `#${name}`
  })
}

/**
 * The address that a person means by `#news`, `slack:#news`, `slack:C123`, `slack:D123`, `slack:U123` or what Slack makes of a
 * channel's name (`<#C123|news>`); undefined for any other. It is in the account of `from` where that is one of Slack's,
 * else in the only one.
 */
export function resolveTarget(
  target: string,
  from: Address | undefined,
  parts: Pick<Installations, 'only'> & Pick<Directory, 'channelNamed'>,
): Address | undefined {
  const account = from?.adapter === 'slack' ? from.account : parts.only()
  if (account === undefined) return undefined
  const [, marked, plain] =
    /^(?:<#([CG][A-Z0-9]+)(?:\|[^<>]*)?>|slack:([CDGUW][A-Z0-9]+))$/u.exec(target) ?? []
  const id = marked ?? plain
  // A person is spoken to alone; ids of enterprise users begin with W.
  if (id?.startsWith('W') === true) return { adapter: 'slack', account, channel: id }
  if (id !== undefined) return slackAddress(account, id)
  const name = /^(?:slack:)?#([^\s#]{1,80})$/u.exec(target)?.[1]
  const channel = name === undefined ? undefined : parts.channelNamed(account, name)
  return channel === undefined ? undefined : slackAddress(account, channel)
}
