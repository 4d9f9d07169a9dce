import type { Address } from '../../../message.ts'
import { slackAddress, type Installations } from '../contract.ts'
import type { Directory } from './directory.ts'

type Parts = Pick<Installations, 'only'> & Pick<Directory, 'channelNamed'>

/**
 * The address that a person means by `#news`, `slack:#news`, `slack:C123`, `slack:D123`, `slack:U123` or what Slack makes of a
 * channel's name (`<#C123|news>`); undefined for any other. It is in the account of `from` where that is one of Slack's,
 * else in the only one.
 */
export function resolveTarget(target: string, from: Address | undefined, parts: Parts): Address | undefined {
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
