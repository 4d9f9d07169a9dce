import { randomBytes } from 'node:crypto'
import type { Answer } from './answer.ts'
import type { Message } from './message.ts'
import type { Known } from './people.ts'
import type { Pairing, PeopleReads } from './store/people.ts'
import type { Write } from './store/writes.ts'
import { peopleWords } from './words-people.ts'
import type { Language } from './words.ts'

/** Without 0 and O, 1 and I. 32 letters: five bits each. */
const alphabet = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ'
const codeLength = 8

/** How long a code can be used; and for how long someone who got none is not told so again where they are alone with us. */
const codeMs = 3_600_000
/** The same where others read along. */
const channelMs = 24 * 3_600_000

/** So many codes of one platform can be open at the same time. */
const mostOpen = 3

/** A code that nobody can guess. */
export function randomCode(): string {
  return [...randomBytes(codeLength)].map((byte) => alphabet[byte % alphabet.length]).join('')
}

/** The code that a person typed, in any case, with or without spaces and hyphens; undefined if it can be none. */
export function readCode(typed: string): string | undefined {
  const code = typed
    .normalize('NFKC')
    .replaceAll(/[\s\p{Pd}]+/gu, '')
    .toUpperCase()
  return code.length === codeLength && [...code].every((letter) => alphabet.includes(letter))
    ? code
    : undefined
}

/** Someone who may not speak where they wrote. */
type Stranger = {
  readonly message: Message
  readonly key: string
  /** Their key as an admin types it. */
  readonly typed: string
  /** Who they are where their role counts. */
  readonly known: Known | undefined
  readonly language: Language
}

type Parts = {
  readonly read: Pick<PeopleReads, 'openPairings' | 'pairingOf' | 'byCode' | 'isWritten'>
  readonly now: () => number
  readonly newCode: () => string
}

/** What someone was told that may not be committed yet. */
type Given = { readonly pairing: Pairing; readonly messageId: string; readonly answer: Answer }

/**
 * Makes the answer to people who may not speak: a code for someone unknown who writes where nobody reads along, as long as
 * fewer than three are open on their platform; else the way to be let in. Once; then, and to whoever is blocked, silence.
 * A message that is answered anew gets the same answer.
 */
export function createPairing({ read, now, newCode }: Parts): (stranger: Stranger) => Answer {
  // What is told is committed a moment later, together with its post; until then it counts from here.
  const given = new Map<string, Given>()

  const forgetWritten = (nowMs: number): void => {
    for (const [person, { pairing }] of given) {
      if (pairing.expiresAtMs <= nowMs || read.isWritten(pairing)) given.delete(person)
    }
  }

  const freshCode = (adapter: string, nowMs: number): string | undefined => {
    const pending = [...given.values()].flatMap(({ pairing }) => (pairing.code === null ? [] : [pairing]))
    const isHere = ({ person }: Pairing): boolean => person.startsWith(`${encodeURIComponent(adapter)}/`)
    const open = [...read.openPairings(adapter, nowMs), ...pending.filter(isHere)]
    if (new Set(open.map((pairing) => pairing.code)).size >= mostOpen) return undefined
    const code = newCode()
    const isTaken = read.byCode(code, nowMs) !== undefined || pending.some((pairing) => pairing.code === code)
    return isTaken ? undefined : code
  }

  return (stranger) => {
    const { message, key, known } = stranger
    const { address, author } = message
    if (known?.role === 'blocked') return refusal('')
    const nowMs = now()
    const isShared = address.shared === true
    const person = isShared ? `${key}/${encodeURIComponent(address.channel)}` : key
    forgetWritten(nowMs)
    const before = given.get(person)
    if (before !== undefined) return before.messageId === message.id ? before.answer : refusal('')
    if (read.pairingOf(person, nowMs) !== undefined) return refusal('')

    const code = isShared || known !== undefined ? undefined : freshCode(address.adapter, nowMs)
    const expiresAtMs = nowMs + (isShared ? channelMs : codeMs)
    const pairing: Pairing = { person, name: author.name, code: code ?? null, madeAtMs: nowMs, expiresAtMs }
    const answer = refusal(textFor(stranger, code), [['people.pair', pairing]])
    given.set(person, { pairing, messageId: message.id, answer })
    return answer
  }
}

function textFor({ message, typed, known, language }: Stranger, code: string | undefined): string {
  const words = peopleWords[language].meet
  if (code !== undefined) return words.code(code)
  if (known?.role === 'guest') return words.guest(typed)
  if (known !== undefined) return words.notInChannels(typed)
  return message.address.shared === true ? words.notHere : words.noCode
}

function refusal(text: string, writes: readonly Write[] = []): Answer {
  return { reply: { text, status: 'refused' }, posts: [], writes }
}
