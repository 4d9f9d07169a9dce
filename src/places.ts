import type { Adapter, Sign } from './adapter.ts'
import type { Context } from './command.ts'
import { FaultError } from './errors.ts'
import { addressKey, type Address } from './message.ts'
import { mayActAs, readPersonKey, type People } from './people.ts'
import { isHere, placesWords } from './words-places.ts'
import type { Language } from './words.ts'

/** Where things go: over all platforms. */
export type Places = {
  /** The address that a target names; a name counts in the account of `from`. */
  readonly named: (target: string, from?: Address) => Address | undefined
  /** The same for a person, who may say `here`; undefined where they may not post there, or Moltbot is not in there. A run has its place. */
  readonly resolve: (target: string, from: Pick<Context, 'address' | 'person' | 'run'>) => Address | undefined
  /** Where the person of this key is spoken to alone, if their platform is on and can. */
  readonly directTo: (personKey: string) => Address | undefined
  /**
   * What a place is called before the person of this key: its name on its platform, our direct messages, or the id as it is
   * typed. It is text like any other, and decides nothing.
   */
  readonly nameOf: (place: Address, personKey: string, language: Language) => string
  /** Resolves once the platforms know the names of their places, within a few seconds; at once where they do. */
  readonly settled: () => Promise<void>
  /** The bytes of a file that came with a message there. Throws a FaultError. */
  readonly readFile: NonNullable<Adapter['readFile']>
  /** Shows at an address how something comes along. */
  readonly show: (id: string, address: Address, sign: Sign) => void
}

type Parts = {
  readonly adapters: readonly Adapter[]
  readonly roleAt: People['roleAt']
}

export function createPlaces({ adapters, roleAt }: Parts): Places {
  const adapterOf = (wanted: string): Adapter | undefined => adapters.find(({ name }) => name === wanted)
  const named: Places['named'] = (target, from) =>
    adapters.map((one) => one.resolve(target, from)).find(Boolean)
  const directTo: Places['directTo'] = (key) => {
    const { adapter, account, author } = readPersonKey(key)
    return adapterOf(adapter)?.direct?.(account, author)
  }
  /** Where somebody else is spoken to alone is no place to post to. */
  const isOpenTo = (key: string, place: Address): boolean => {
    const own = directTo(key)
    const isAlone = place.shared !== true && adapterOf(place.adapter)?.direct !== undefined
    return !isAlone || (own !== undefined && addressKey(own) === addressKey(place))
  }
  return {
    named,
    resolve: (target, { address, person, run }) => {
      const isAtHome = isHere(target)
      // What is posted to a place is for all who read there.
      const { aside: _, ...here } = address
      if (isAtHome && run !== undefined) return here
      const place = isAtHome ? here : named(target, address)
      if (place === undefined || adapterOf(place.adapter)?.isIn?.(place) === false) return undefined
      if (isAtHome) return here
      const role = roleAt(person.key, place)
      return mayActAs(role, 'member') && (role === 'owner' || isOpenTo(person.key, place)) ? place : undefined
    },
    directTo,
    nameOf: (place, personKey, language) => {
      const { thread, ...whole } = place
      const { adapter, channel, shared } = whole
      const on = adapterOf(adapter)
      const own = directTo(personKey)
      const isOwn = own !== undefined && addressKey(own) === addressKey(whole)
      const called = isOwn ? undefined : on?.nameOf?.(whole)
      const words = placesWords[language]
      if (called === undefined && shared !== true && on?.direct !== undefined) return words.direct
      const name = called ?? `${adapter}:${channel}`
      return thread === undefined ? name : words.thread(name)
    },
    settled: async () => void (await Promise.all(adapters.map(async (one) => one.settled?.()))),
    readFile: async (file, address, signal) => {
      const read = adapterOf(address.adapter)?.readFile
      if (read !== undefined) return read(file, address, signal)
      throw new FaultError('unsupported', `files of ${address.adapter} cannot be read`)
    },
    show: (id, address, sign) => adapterOf(address.adapter)?.show?.(id, address, sign),
  }
}
