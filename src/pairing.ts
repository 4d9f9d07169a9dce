import { randomInt } from 'node:crypto'
import type { Answer } from './answer.ts'
import type { Address, Message } from './message.ts'
import type { Known } from './people.ts'
import type { Pairing, PeopleReads } from './store/people.ts'
import type { Write } from './store/writes.ts'
import { peopleWords } from './words-people.ts'
import type { Language } from './words.ts'

/** Without 0 and O, 1 and I, 2 and Z, 5 and S, 8 and B. */
const alphabet = '34679ACDEFGHJKLMNPQRTUVWXY'
const codeLength = 8
/** Codes of before an update had five letters more. */
const codePattern = /^[2-9A-HJ-NP-Z]{8}$/u

/** How long a code can be used; and for how long someone who got none is not told so again where they are alone with us. */
const codeMs = 3_600_000
/** The same where others read along. */
const channelMs = 24 * 3_600_000

/** So many codes of one account, such as a workspace, can be open at the same time. */
const mostOpen = 3

/** A code that nobody can guess. */
export function randomCode(): string {
  return Array.from({ length: codeLength }, () => alphabet[randomInt(alphabet.length)]).join('')
}

/** The code that a person typed, in any case, with or without spaces and hyphens; undefined if it can be none. */
export function readCode(typed: string): string | undefined {
  const code = typed
    .normalize('NFKC')
    .replaceAll(/[\s\p{Pd}]+/gu, '')
    .toUpperCase()
  return codePattern.test(code) ? code : undefined
}

/** Someone who may not speak where they wrote. */
type Stranger = {
  readonly message: Message
  readonly key: string
  /** Their key as an admin types it. */
  readonly typed: string
  /** Who they are where their role counts. */
  readonly known: Known | undefined
  /** True as long as their platform has no owner. */
  readonly isFirst: boolean
  readonly language: Language
}

type Parts = {
  readonly read: Pick<PeopleReads, 'openPairings' | 'pairingOf' | 'byCode' | 'isWritten'>
  readonly now: () => number
  readonly newCode: () => string
  /** What the command line is called. */
  readonly program: string
}

/** What someone was told that may not be committed yet. */
type Given = { readonly pairing: Pairing; readonly messageId: string; readonly answer: Answer }

/**
 * Makes the answer to people who may not speak: a code for someone unknown who writes where nobody reads along, as long as
 * fewer than three are open in their account; else the way to be let in. Once; then, and to whoever is blocked, silence. Who
 * waits for an answer gets one each time, which counts for nothing; what is overheard gets none.
 * A message that is answered anew gets the same answer.
 */
export function createPairing({ read, now, newCode, program }: Parts): (stranger: Stranger) => Answer {
  // What is told is committed a moment later, together with its post; until then it counts from here.
  const given = new Map<string, Given>()

  const forgetWritten = (nowMs: number): void => {
    for (const [person, { pairing }] of given) {
      if (pairing.expiresAtMs <= nowMs || read.isWritten(pairing)) given.delete(person)
    }
  }

  const freshCode = ({ adapter, account }: Address, nowMs: number): string | undefined => {
    const pending = [...given.values()].flatMap(({ pairing }) => (pairing.code === null ? [] : [pairing]))
    const prefix = `${[adapter, account].map(encodeURIComponent).join('/')}/`
    const open = [...read.openPairings(nowMs), ...pending].filter(({ person }) => person.startsWith(prefix))
    if (new Set(open.map((pairing) => pairing.code)).size >= mostOpen) return undefined
    const code = newCode()
    const isTaken = read.byCode(code, nowMs) !== undefined || pending.some((pairing) => pairing.code === code)
    return isTaken ? undefined : code
  }

  return (stranger) => {
    const { message, key, known, language } = stranger
    const { address, author, manner } = message
    const isAwaited = manner === 'awaited'
    if (manner === 'overheard') return refusal('')
    if (known?.role === 'blocked') return refusal(isAwaited ? peopleWords[language].meet.blocked : '')
    const nowMs = now()
    const isShared = address.shared === true
    const person = isShared ? `${key}/${encodeURIComponent(address.channel)}` : key
    forgetWritten(nowMs)
    const before = given.get(person)
    if (before?.messageId === message.id) return before.answer
    const told = before?.pairing ?? read.pairingOf(person, nowMs)
    if (told !== undefined && !isAwaited) return refusal('')

    const isUnknown = !isShared && known === undefined
    if (isUnknown && told !== undefined && told.code !== null)
      return refusal(textFor(stranger, told, nowMs, program))

    const code = isUnknown ? freshCode(address, nowMs) : undefined
    const expiresAtMs = nowMs + (isShared ? channelMs : codeMs)
    const pairing: Pairing = { person, name: author.name, code: code ?? null, madeAtMs: nowMs, expiresAtMs }
    const text = textFor(stranger, pairing, nowMs, program)
    if (isAwaited && code === undefined) return refusal(text)
    const answer = refusal(text, [['people.pair', pairing]])
    given.set(person, { pairing, messageId: message.id, answer })
    return answer
  }
}

function textFor(
  { message, typed, known, isFirst, language }: Stranger,
  { code, expiresAtMs }: Pairing,
  nowMs: number,
  program: string,
): string {
  const words = peopleWords[language].meet
  const minutes = Math.ceil((expiresAtMs - nowMs) / 60_000)
  if (code !== null) return (isFirst ? words.firstCode : words.code)(code, minutes, program)
  if (known !== undefined) return words.notInChannels(typed)
  return message.address.shared === true ? words.notHere : words.noCode
}

function refusal(text: string, writes: readonly Write[] = []): Answer {
  return { reply: { text, status: 'refused' }, posts: [], writes }
}
