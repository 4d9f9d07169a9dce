import { loadavg } from 'node:os'

/** One measured number. `about` says to a person how it was taken. */
export type Figure = {
  readonly metric: string
  readonly value: number
  readonly unit: string
  readonly about: string
}

/** What can be measured. `run` throws an Error where what it measured did not work as it must. */
export type Case = {
  readonly name: string
  readonly summary: string
  /** Under what its figures go, where that is not its own name. */
  readonly figuresAs?: string
  readonly run: (options: CaseOptions) => Promise<readonly Figure[]>
}

/** `isShort` asks for less than 45 seconds in all; `say` tells a person who waits what is being done. */
export type CaseOptions = { readonly isShort: boolean; readonly say: (line: string) => void }

/** The figures as one JSON line each: `{"case": …, "metric": …, "value": …, "unit": …}`. */
export function toJsonLines(name: string, figures: readonly Figure[]): string {
  return figures
    .map(
      ({ metric, value, unit }) => `${JSON.stringify({ case: name, metric, value: rounded(value), unit })}\n`,
    )
    .join('')
}

/** The figures as a table, with the load of the machine, without which they mean little. */
export function toTable(name: string, figures: readonly Figure[]): string {
  const rows = figures.map(({ metric, value, unit, about }) => [metric, String(rounded(value)), unit, about])
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const lines = rows.map(([metric = '', value = '', unit = '', about = '']) =>
    [metric.padEnd(widths[0] ?? 0), value.padStart(widths[1] ?? 0), unit.padEnd(widths[2] ?? 0), about].join(
      '  ',
    ),
  )
  return `${name} on Node ${process.version}, ${describeLoad()}\n${lines.join('\n')}\n`
}

/** How busy the machine is. */
export function describeLoad(): string {
  return `load average ${loadavg()
    .map((load) => load.toFixed(2))
    .join(' ')}`
}

/** The middle value; NaN of nothing. */
export function median(values: readonly number[]): number {
  return percentile(values, 50)
}

/** The smallest of the values that at least `percent` in a hundred of them do not exceed; NaN of nothing. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? NaN
}

/** Three digits say as much as a measurement like ours knows; whole numbers stay whole. */
function rounded(value: number): number {
  return Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3))
}
