import type { Image, ModelRequest, PastCall } from '../model.ts'
import { acceptedIds, type IdRule } from './call-ids.ts'

/** A past call as vendors take it: the id is one that they accept, the arguments are an object, the result is not empty. */
export type ToldCall = {
  readonly id: string
  readonly name: string
  readonly args: Readonly<Record<string, unknown>>
  readonly result: string
}

/** A turn as vendors take it: never without content. Text is empty only where there are images or calls. */
export type Told =
  | { readonly role: 'user'; readonly text: string; readonly images: readonly Image[] }
  | { readonly role: 'assistant'; readonly text: string; readonly calls: readonly ToldCall[] }

/**
 * The turns as the strictest server takes them: the user begins and ends, roles alternate (save that an assistant may
 * go on after the results of its calls), none is empty, every string is valid Unicode. Anthropic and many local prompt
 * templates refuse anything else. Without tools, past calls are told as text: strict servers refuse calls without tools.
 */
export function tellable({ turns, tools }: Pick<ModelRequest, 'turns' | 'tools'>, rule: IdRule): Told[] {
  const told: Told[] = []
  const past = turns.flatMap((turn) => (turn.role === 'assistant' ? (turn.calls ?? []) : []))
  const ids = acceptedIds(
    past.map(({ id }) => id),
    rule,
  )[Symbol.iterator]()
  for (const turn of turns) {
    if (turn.role === 'user') {
      add(told, { role: 'user', text: plain(turn.text), images: turn.images ?? [] })
      continue
    }
    const calls = (turn.calls ?? []).map((call) => toldCall(call, String(ids.next().value)))
    const text = plain(turn.text)
    if (tools.length > 0) add(told, { role: 'assistant', text, calls })
    else add(told, { role: 'assistant', text: joined([text, ...calls.map(inWords)]), calls: [] })
  }
  if (told[0]?.role !== 'user') told.unshift(filler)
  if (told.at(-1)?.role !== 'user') told.push(filler)
  return told
}

/** What stands where a vendor wants a text and there is none. */
const nothing = '…'

const filler: Told = { role: 'user', text: nothing, images: [] }

/** Adds a turn to the last one where they are of one role and nothing comes between them. */
function add(told: Told[], next: Told): void {
  const last = told.at(-1)
  if (next.role === 'user') {
    if (next.text === '' && next.images.length === 0) return
    if (last?.role !== 'user') told.push(next)
    else
      told[told.length - 1] = {
        role: 'user',
        text: joined([last.text, next.text]),
        images: [...last.images, ...next.images],
      }
    return
  }
  if (next.text === '' && next.calls.length === 0) return
  if (last?.role !== 'assistant' || last.calls.length > 0) told.push(next)
  else told[told.length - 1] = { ...next, text: joined([last.text, next.text]) }
}

/** Valid Unicode; empty where there are only blanks. */
function plain(text: string): string {
  return text.trim() === '' ? '' : text.toWellFormed()
}

function joined(texts: readonly string[]): string {
  return texts.filter((text) => text !== '').join('\n\n')
}

function toldCall({ name, args, result }: PastCall, id: string): ToldCall {
  return {
    id,
    // A name that a model made up once must not make every later request malformed.
    name: name.replace(/[^a-zA-Z0-9_-]/gu, '_').slice(0, 64) || '_',
    args: objectOf(args),
    result: plain(result) || nothing,
  }
}

function inWords({ name, args, result }: ToldCall): string {
  return `(called ${name} with ${JSON.stringify(args)}: ${result})`
}

/** Arguments as an object of valid Unicode; what is none stays readable in one. */
function objectOf(args: unknown): Record<string, unknown> {
  const text = JSON.stringify(args)
  if (text === undefined) return {}
  const value: unknown = JSON.parse(text, (_key, one: unknown) =>
    typeof one === 'string' ? one.toWellFormed() : one,
  )
  return isRecord(value) ? value : { given: value }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
