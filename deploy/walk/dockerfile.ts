import { messageOf } from '../../src/errors.ts'

/** A command as a Dockerfile gives it: the words of a program, or one line for the shell. */
export type Command =
  | { readonly kind: 'exec'; readonly argv: readonly string[] }
  | { readonly kind: 'shell'; readonly text: string }

/** One instruction of a Dockerfile. */
export type Instruction =
  | { readonly kind: 'from'; readonly image: string; readonly stage: string | undefined }
  | { readonly kind: 'workdir'; readonly path: string }
  | {
      readonly kind: 'copy'
      /** The stage that it copies from; undefined for the build context. */
      readonly from: string | undefined
      readonly chown: string | undefined
      readonly sources: readonly string[]
      readonly target: string
    }
  | { readonly kind: 'run' | 'cmd'; readonly command: Command }
  | { readonly kind: 'env'; readonly variables: Readonly<Record<string, string>> }
  | { readonly kind: 'user'; readonly user: string }
  | { readonly kind: 'volume'; readonly paths: readonly string[] }
  | { readonly kind: 'stopsignal'; readonly signal: string }
  | { readonly kind: 'healthcheck'; readonly command: Command; readonly timeoutMs: number }

/** An instruction with the number of the line on which it begins, and its text on one line. */
export type Step = { readonly line: number; readonly text: string; readonly instruction: Instruction }

/**
 * Reads a Dockerfile, in order. Knows the part of the language that a plain image needs; throws an Error with the
 * line for everything else (variables, heredocs, ARG, ADD, wildcards, …), because a guess would prove nothing.
 */
export function parseDockerfile(text: string): readonly Step[] {
  const steps = logicalLines(text).map(({ line, text: whole }): Step => {
    const [, word = '', rest = ''] = /^(\S+)\s*([^]*)$/u.exec(whole) ?? []
    const read = readers[word.toUpperCase()]
    if (read === undefined) throw new Error(`line ${line}: the instruction ${word} is not known here`)
    try {
      return { line, text: whole.replaceAll(/\s+/gu, ' '), instruction: read(rest) }
    } catch (error) {
      throw new Error(`line ${line}: ${messageOf(error)}`, { cause: error })
    }
  })
  if (steps[0]?.instruction.kind !== 'from') throw new Error('the first instruction must be FROM')
  return steps
}

/** The lines with comments and empty lines left out and continued lines put together. */
function logicalLines(text: string): { line: number; text: string }[] {
  const found: { line: number; text: string }[] = []
  let open: { line: number; text: string } | undefined
  for (const [index, raw] of text.split(/\r?\n/u).entries()) {
    if (/^\s*#\s*(?:escape|check|syntax)\s*=/iu.test(raw) && found.length === 0 && open === undefined)
      throw new Error(`line ${index + 1}: parser directives are not known here`)
    if (/^\s*(?:#.*)?$/u.test(raw)) continue
    const isContinued = /\\\s*$/u.test(raw)
    const piece = raw.replace(/\\\s*$/u, '')
    open =
      open === undefined ? { line: index + 1, text: piece } : { line: open.line, text: open.text + piece }
    if (isContinued) continue
    found.push({ line: open.line, text: open.text.trim() })
    open = undefined
  }
  if (open !== undefined) throw new Error(`line ${open.line}: the last line must not be continued`)
  return found
}

const readers: Readonly<Record<string, (rest: string) => Instruction>> = {
  FROM: (rest) => {
    const [, image, stage] = /^([^\s$-]\S*)(?:\s+AS\s+([\w.-]+))?$/iu.exec(rest) ?? []
    if (image === undefined) throw new Error(`FROM ${rest} is not of the form FROM image [AS stage]`)
    return { kind: 'from', image, stage: stage?.toLowerCase() }
  },
  WORKDIR: (rest) => ({ kind: 'workdir', path: literal(rest) }),
  COPY: (rest) => {
    const { flags, rest: paths } = readFlags(rest, ['from', 'chown'])
    const words = readWords(paths)
    const [sources, target] = [words.slice(0, -1), words.at(-1)]
    if (target === undefined || sources.length === 0) throw new Error('COPY needs a source and a target')
    if (sources.some((source) => /[*?[\]]/u.test(source)))
      throw new Error('wildcards in COPY are not known here')
    if (sources.length > 1 && !target.endsWith('/'))
      throw new Error(`COPY of several sources needs a target that ends with /, not ${target}`)
    return {
      kind: 'copy',
      from: flags.get('from')?.toLowerCase(),
      chown: flags.get('chown'),
      sources,
      target,
    }
  },
  RUN: (rest) => {
    if (/^--|<</u.test(rest)) throw new Error('flags and heredocs of RUN are not known here')
    return { kind: 'run', command: readCommand(rest) }
  },
  CMD: (rest) => ({ kind: 'cmd', command: readCommand(rest) }),
  ENV: (rest) => {
    const pair = /^([A-Za-z_]\w*)=("[^"$\\]*"|[^\s"'$\\]*)(?:\s+|$)/u
    const variables: Record<string, string> = {}
    for (let left = rest; left !== '';) {
      const [all, name, value] = pair.exec(left) ?? []
      if (all === undefined || name === undefined || value === undefined)
        throw new Error(`ENV ${left} is not of the form name=value, without variables and escapes`)
      if (name === 'PATH') throw new Error('a change of PATH is not known here')
      variables[name] = value.replace(/^"([^]*)"$/u, '$1')
      left = left.slice(all.length)
    }
    if (Object.keys(variables).length === 0) throw new Error('ENV needs name=value')
    return { kind: 'env', variables }
  },
  USER: (rest) => ({ kind: 'user', user: literal(rest) }),
  VOLUME: (rest) => ({ kind: 'volume', paths: readWords(rest) }),
  STOPSIGNAL: (rest) => ({ kind: 'stopsignal', signal: literal(rest) }),
  HEALTHCHECK: (rest) => {
    const { flags, rest: order } = readFlags(rest, [
      'interval',
      'timeout',
      'start-period',
      'start-interval',
      'retries',
    ])
    const [, command] = /^CMD\s+([^]+)$/iu.exec(order) ?? []
    if (command === undefined) throw new Error('HEALTHCHECK needs CMD and a command')
    return {
      kind: 'healthcheck',
      command: readCommand(command),
      timeoutMs: readDurationMs(flags.get('timeout') ?? '30s'),
    }
  },
}

function readFlags(
  text: string,
  known: readonly string[],
): { flags: ReadonlyMap<string, string>; rest: string } {
  const flags = new Map<string, string>()
  let rest = text
  for (
    let found = /^--([\w-]+)(?:=(\S+))?\s+/u.exec(rest);
    found !== null;
    found = /^--([\w-]+)(?:=(\S+))?\s+/u.exec(rest)
  ) {
    const [all, name = '', value] = found
    if (!known.includes(name) || value === undefined)
      throw new Error(`the flag ${all.trim()} is not known here`)
    flags.set(name, literal(value))
    rest = rest.slice(all.length)
  }
  return { flags, rest }
}

function readWords(text: string): readonly string[] {
  const words = readList(text) ?? text.split(/\s+/u).filter((word) => word !== '')
  return words.map(literal)
}

function readCommand(text: string): Command {
  const argv = readList(text)
  if (argv !== undefined) return { kind: 'exec', argv }
  if (text === '') throw new Error('a command is missing')
  return { kind: 'shell', text }
}

/** A JSON list of strings; undefined where the text is none, which Docker then takes as plain words. */
function readList(text: string): readonly string[] | undefined {
  if (!text.startsWith('[')) return undefined
  let list: unknown
  try {
    list = JSON.parse(text)
  } catch {
    throw new Error(`${text} begins like a JSON list and is none`)
  }
  if (!Array.isArray(list) || list.length === 0 || !list.every((word) => typeof word === 'string'))
    throw new Error(`${text} must be a JSON list of strings`)
  return list
}

function literal(word: string): string {
  if (word === '' || /[$"'\\]|<</u.test(word))
    throw new Error(`${word === '' ? 'an empty word' : word} is not known here: write it out plainly`)
  return word
}

/** A duration as Go writes it (`1m30s`), in milliseconds. */
function readDurationMs(text: string): number {
  const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }
  if (!/^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/u.test(text))
    throw new Error(`${text} is no duration such as 10s or 1m30s`)
  const parts = [...text.matchAll(/([\d.]+)(ms|s|m|h)/gu)]
  return parts.reduce((sumMs, [, amount, unit = '']) => sumMs + Number(amount) * (unitsMs[unit] ?? 0), 0)
}
