import { z } from 'zod'
import { command, type AnyCommand, type Context } from '../command.ts'
import type { Cap } from '../errors.ts'
import { mayActAs } from '../people.ts'
import type { Counts, KeyedCounts, UsageKey } from '../store/calls.ts'
import type { Reads } from '../store/writes.ts'
import { readWords } from '../typed.ts'
import { wordsOf, type Words } from '../words.ts'
import { shown } from './people.ts'

/** How a cap stands for someone; `reservedUsd` is set aside for calls that are under way. */
type CapView = {
  readonly cap: Cap
  readonly spentUsd: number
  readonly reservedUsd: number
  readonly endsAtMs: number
}

type Parts = {
  readonly read: Pick<Reads['calls'], 'total' | 'usage'>
  /** The local date now: `2026-11-22`. */
  readonly today: () => string
  readonly caps: () => readonly Cap[]
  readonly standing: (about: { readonly person: string }) => readonly CapView[]
  /** What the person of this key is called. */
  readonly nameOf: (key: string) => string
  /** An instant as people read it. */
  readonly formatTime: (ms: number, zone: string, language: Context['language']) => string
}

const keys = ['person', 'model', 'task', 'day'] as const
const chineseKeys: Readonly<Record<string, UsageKey>> = {
  人: 'person',
  模型: 'model',
  任务: 'task',
  天: 'day',
  日: 'day',
}

const mostLines = 12
const mostModels = 5
const daysShown = 30
/** So many keys are added up; who has more sees the dearest of them. */
const mostKeys = 10_000

/** /usage: what the models cost, and what of it is left. Members see their own usage, the owner and admins all. */
export function createUsage({ read, today, caps, standing, nameOf, formatTime }: Parts): AnyCommand {
  return command({
    name: 'usage',
    aliases: ['用量', '花费'],
    summary: { en: 'what the models cost, and what is left', zh: '模型的花费和剩余额度' },
    usage: { en: 'usage [person | model | task | day]', zh: '用量 [人 | 模型 | 任务 | 天]' },
    args: z.object({ by: z.enum(keys).optional() }),
    readText: (text) => {
      const { by, ...rest } = readWords(text, ['by'], ['by'])
      return by === undefined ? rest : { ...rest, by: chineseKeys[by] ?? by.toLowerCase() }
    },
    tier: () => 'read',
    run: async ({ by }, { person, zone, language }) => {
      const words = wordsOf(language).usage
      const isAll = mayActAs(person.role, 'admin')
      const aside = isAll ? { aside: true as const } : {}
      const whose = isAll ? {} : { person: person.key }
      const day = today()
      const month = { from: `${day.slice(0, 7)}-01`, to: day, ...whose }
      if (by !== undefined) {
        const span = by === 'day' ? { ...month, from: daysBefore(day, daysShown - 1) } : month
        const lines = read.usage(by, span, mostKeys)
        const most = by === 'day' ? daysShown : mostLines
        const text = lines.length === 0 ? words.nothing : tableText(by, lines, most, words, nameOf)
        return { reply: { text, status: 'done', data: { by, ...span, lines }, ...aside } }
      }
      const sums = { today: read.total({ ...month, from: day }), month: read.total(month) }
      const models = read.usage('model', month, mostKeys)
      // What everyone spends together is for those who see everyone's usage.
      const stands = standing({ person: person.key }).filter(({ cap }) => isAll || cap.of !== 'total')
      const each = caps().filter(({ of }) => of === 'task')
      const capLines = [
        ...stands.map((one) => capText(one, words, formatTime(one.endsAtMs, zone, language))),
        ...each.map(words.capEach),
      ]
      const lines = [
        ...sumLines(sums, words),
        ...(capLines.length === 0 && isAll ? [words.noCaps] : capLines),
        ...(models.length === 0 ? [] : [tableText('model', models, mostModels, words, nameOf), words.more]),
      ]
      const data = { ...sums, caps: stands, models }
      return { reply: { text: lines.join('\n'), status: 'done', data, ...aside } }
    },
  })
}

type UsageWords = Words['usage']

function sumLines(
  { today, month }: { readonly today: Counts; readonly month: Counts },
  words: UsageWords,
): string[] {
  if (month.calls + month.hits === 0) return [words.nothing]
  const line = (when: string, counts: Counts): string => words.sum(when, cellsOf(counts, words))
  const hits =
    month.hits === 0
      ? []
      : [words.hits(month.hits, Math.round((month.hits / (month.hits + month.calls)) * 100))]
  return [line(words.today, today), line(words.month, month), ...hits]
}

/** What it cost, how many calls, how many tokens. */
function cellsOf(counts: Counts, words: UsageWords): string[] {
  const { calls, unpricedCalls, inputTokens, outputTokens } = counts
  // Where no price is known, the cost has named all calls already.
  const isTold = unpricedCalls > 0 && unpricedCalls >= calls
  return [
    costText(counts, words),
    ...(isTold ? [] : [words.calls(calls)]),
    words.tokens(inputTokens, outputTokens),
  ]
}

/** What is known of a cost, and of how many calls it is not known. */
function costText(
  { costUsd, unpricedCalls }: Pick<Counts, 'costUsd' | 'unpricedCalls'>,
  words: UsageWords,
): string {
  if (unpricedCalls === 0) return words.usd(costUsd)
  const unpriced = words.unpriced(unpricedCalls)
  return costUsd === 0 ? unpriced : words.and(words.usd(costUsd), unpriced)
}

function capText({ cap, spentUsd, reservedUsd }: CapView, words: UsageWords, until: string): string {
  const left = Math.max(0, cap.usd - spentUsd - reservedUsd)
  return words.cap(cap, words.usd(spentUsd), words.usd(left), until)
}

function tableText(
  by: UsageKey,
  lines: readonly KeyedCounts[],
  most: number,
  words: UsageWords,
  nameOf: Parts['nameOf'],
): string {
  const rest = lines.slice(most)
  const restText = words.rest(rest.length, costText(sumOf(rest), words))
  const rows = lines.slice(0, most).map((line) => rowText(by, line, words, nameOf))
  return [words.tables[by], ...rows, ...(rest.length === 0 ? [] : [restText])].join('\n')
}

function rowText(by: UsageKey, line: KeyedCounts, words: UsageWords, nameOf: Parts['nameOf']): string {
  const { key, hits, calls, costUsd } = line
  const hitCells = hits === 0 ? [] : [words.hitsShort(hits)]
  // Of an answer from the cache it is not known which model gave it.
  if (by === 'model' && key === '' && calls === 0 && costUsd === 0) return `  ${hitCells.join('')}`
  const name = by === 'person' ? shown(nameOf(key)) : keyText(by, line, words)
  return words.row(name, [...cellsOf(line, words), ...hitCells])
}

function sumOf(lines: readonly KeyedCounts[]): Pick<Counts, 'costUsd' | 'unpricedCalls'> {
  const sum = { costUsd: 0, unpricedCalls: 0 }
  for (const { costUsd, unpricedCalls } of lines) {
    sum.costUsd += costUsd
    sum.unpricedCalls += unpricedCalls
  }
  return sum
}

function keyText(by: UsageKey, { key }: KeyedCounts, words: UsageWords): string {
  if (by === 'task') return key === '0' ? words.noTask : words.task(key)
  return key === '' ? words.noModel : key
}

/** A local date so many days before another. */
function daysBefore(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) - days * 86_400_000).toISOString().slice(0, 10)
}
