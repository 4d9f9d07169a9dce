import { addressKey, type Address } from './message.ts'
import type { Turn } from './model.ts'
import { splitHistory } from './prompt.ts'
import type { Reads, Write } from './store/writes.ts'

/** What a conversation remembers: the gist of what was said first, and the turns since. */
export type Memory = { readonly summary: string; readonly turns: readonly Turn[] }

type Parts = {
  readonly read: Reads['conversations']
  /** The gist of a text in so many sentences, made without any model. */
  readonly shorten: (text: string, sentences: number) => string
  /** The most tokens of turns that are sent as they are. */
  readonly historyTokens: () => number
}

const summarySentences = 6
const mostSummaryChars = 1_500

/** The key under which what is said is remembered: that of the conversation, or one of the person's own where they alone see it. */
export function memoryKey(address: Address, person: string): string {
  const conversation = addressKey(address)
  return address.aside === true ? `${conversation}/${encodeURIComponent(person)}` : conversation
}

/** Gives what a conversation remembers. Pure but for the look into the rows. */
export function recall(
  conversation: string,
  { read, historyTokens }: Pick<Parts, 'read' | 'historyTokens'>,
): Memory {
  const { summary } = read.get(conversation)
  return { summary, turns: splitHistory(read.turns(conversation), historyTokens()).recent }
}

/** The writes that add turns to a conversation, and fold the oldest into its summary when they have grown too long. */
export function remember(conversation: string, turns: readonly Turn[], nowMs: number, parts: Parts): Write[] {
  const add: Write = ['conversations.addTurns', conversation, turns, nowMs]
  const { older, recent } = splitHistory([...parts.read.turns(conversation), ...turns], parts.historyTokens())
  if (older.length === 0) return [add]
  const { summary } = parts.read.get(conversation)
  const gist = parts.shorten([summary, ...older.map(wordsOfTurn)].join('\n'), summarySentences)
  return [add, ['conversations.summarise', conversation, gist.slice(0, mostSummaryChars), recent.length]]
}

function wordsOfTurn(turn: Turn): string {
  const calls = turn.role === 'assistant' ? (turn.calls ?? []) : []
  return [turn.text, ...calls.map(({ name }) => `(/${name})`)].filter(Boolean).join('\n')
}
