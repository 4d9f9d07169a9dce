import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type YAMLError } from 'yaml'
import { type Place, plain, type Problem } from './problem.ts'

/** A value of the file with its place. `source` is how a scalar is written there, without its quotes. */
export type Located =
  | {
      readonly kind: 'scalar'
      readonly at: Place
      readonly value: string | number | boolean | null
      readonly source: string
    }
  | { readonly kind: 'list'; readonly at: Place; readonly items: readonly Located[] }
  | LocatedMap
  /** Something that has its problem already. */
  | { readonly kind: 'refused'; readonly at: Place }

/** A map of the file; keys are unique and never `__proto__`. */
export type LocatedMap = { readonly kind: 'map'; readonly at: Place; readonly entries: readonly Entry[] }

export type Entry = { readonly key: string; readonly at: Place; readonly value: Located }

/** The largest file that is read at all. */
const maxBytes = 65_536

/** Deeper than any setting is. */
const maxDepth = 10

/**
 * Reads YAML 1.2 core: one document, a map at the top, no tags, anchors, aliases, merge keys or directives. `root`
 * is undefined if the text is not YAML at all, and an empty map if it says nothing. Messages never show the text
 * itself, which may hold secrets; keys that stand twice are the exception.
 */
export function readYaml(text: string): {
  readonly root: LocatedMap | undefined
  readonly problems: readonly Problem[]
} {
  const start: Place = { line: 1, col: 1 }
  const refuse = (problem: string, at: Place = start) => ({
    root: undefined,
    problems: [{ at, text: problem }],
  })
  const bytes = Buffer.byteLength(text)
  if (bytes > maxBytes)
    return refuse(`the file has ${bytes} bytes, and at most ${maxBytes} are read. Is it the right file?`)
  const body = text.replace(/^\uFEFF/u, '')
  // YAML has no such characters; here they are a file in UTF-16, or one that is no text
  const foreign = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F\uFFFD]/u.exec(body)
  if (foreign !== null)
    return refuse(
      'the file holds a character that is no text. Save it as UTF-8.',
      placeOf(body, foreign.index),
    )

  const counter = new LineCounter()
  const place = (offset: number): Place => counter.linePos(offset)
  const document = parseDocument(body, {
    version: '1.2',
    schema: 'core',
    merge: false,
    resolveKnownTags: false,
    stringKeys: true,
    uniqueKeys: false, // quadratic in the library: 20,000 keys take 14 s; checked below
    prettyErrors: false,
    lineCounter: counter,
    logLevel: 'error',
  })
  const tagless = document.warnings.filter((warning) => warning.code !== 'TAG_RESOLVE_FAILED') // tags are refused below
  const errors: readonly YAMLError[] = [...document.errors, ...tagless]
  if (errors.length > 0) return { root: undefined, problems: syntaxProblems(errors, body, place) }
  const directive = body.slice(0, Math.max(0, body.search(/^---/mu))).search(/^%/mu)
  if (directive !== -1) return refuse(directiveText, place(directive))
  if (document.contents === null) return { root: { kind: 'map', at: start, entries: [] }, problems: [] }

  const { located, problems } = locate(document.contents, place)
  if (located.kind === 'scalar' && located.value === null)
    return { root: { kind: 'map', at: start, entries: [] }, problems }
  if (located.kind === 'map') return { root: located, problems }
  if (located.kind === 'refused') return { root: undefined, problems }
  return { root: undefined, problems: [...problems, { at: located.at, text: notAMap(located) }] }
}

function notAMap(top: Located): string {
  if (top.kind === 'scalar' && /^\s*[\w-]+[:：]/u.test(top.source)) {
    return top.source.includes('：')
      ? 'the colon after a key must be the plain ":", not the full-width "：", and a space must follow it.'
      : 'a space is missing after the colon. Write "key: value".'
  }
  return `the file must be a map of settings such as "language: en", not ${top.kind === 'list' ? 'a list' : 'plain text'}.`
}

/** Walks the library's nodes once. */
function locate(
  contents: unknown,
  place: (offset: number) => Place,
): { located: Located; problems: readonly Problem[] } {
  const problems: Problem[] = []
  const refuse = (at: Place, text: string): Located => {
    problems.push({ at, text })
    return { kind: 'refused', at }
  }
  const walk = (node: unknown, before: Place, depth: number): Located => {
    if (!isMap(node) && !isSeq(node) && !isScalar(node) && !isAlias(node)) return nothing(before)
    const at = node.range === undefined || node.range === null ? before : place(node.range[0])
    if (isAlias(node)) return refuse(at, 'an alias (*) is not used here. Write the value out.')
    if (node.anchor !== undefined) return refuse(at, 'an anchor (&) is not used here. Delete it.')
    if (node.tag !== undefined) return refuse(at, 'a tag (!) is not used here. Delete it.')
    if (depth > maxDepth) return refuse(at, 'this is nested deeper than any setting.')
    if (isSeq(node)) return { kind: 'list', at, items: node.items.map((item) => walk(item, at, depth + 1)) }
    if (isScalar(node)) return scalar(node.value, node.source, node.source === '' ? before : at)
    const entries: Entry[] = []
    const seen = new Map<string, Place>()
    for (const pair of node.items) {
      const keyAt = isScalar(pair.key) && pair.key.range ? place(pair.key.range[0]) : at
      const key = isScalar(pair.key) ? String(pair.key.value) : ''
      if (isScalar(pair.key) && (pair.key.anchor !== undefined || pair.key.tag !== undefined)) {
        refuse(keyAt, 'an anchor (&) or a tag (!) is not used here. Delete it.')
      }
      const first = seen.get(key)
      if (first !== undefined)
        refuse(keyAt, `${plain(key)} stands here twice, first in line ${first.line}. Keep one.`)
      else if (key === '__proto__') refuse(keyAt, '__proto__ is not a setting. Delete it.')
      else entries.push({ key, at: keyAt, value: walk(pair.value, keyAt, depth + 1) })
      seen.set(key, first ?? keyAt)
    }
    return { kind: 'map', at, entries }
  }
  return { located: walk(contents, { line: 1, col: 1 }, 0), problems }
}

function nothing(at: Place): Located {
  return { kind: 'scalar', at, value: null, source: '' }
}

function scalar(value: unknown, source: string | undefined, at: Place): Located {
  const known =
    typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null
  return { kind: 'scalar', at, value: known, source: source ?? String(known ?? '') }
}

/** What the library found, one problem a line of the file: one slip often makes several errors. */
function syntaxProblems(
  errors: readonly YAMLError[],
  body: string,
  place: (offset: number) => Place,
): Problem[] {
  const byLine = new Map<number, Problem>()
  const lines = body.split('\n')
  for (const error of errors) {
    const at = place(Math.min(error.pos[0], body.length))
    if (byLine.has(at.line)) continue
    const text = syntaxTexts[error.code] ?? 'this is not YAML.'
    const line = lines[at.line - 1] ?? ''
    const inFlow = /[{[]/u.test(line.slice(0, Math.max(0, line.indexOf('${'))))
    byLine.set(at.line, {
      at,
      text: inFlow ? `${text} Between { } and [ ] write "\${NAME}" in quotes.` : text,
    })
  }
  return [...byLine.values()]
}

const directiveText = 'a % directive is not used here. Delete the line.'

/** The library's own messages show pieces of the file, so none of them is used. */
const syntaxTexts: Readonly<Partial<Record<YAMLError['code'], string>>> = {
  TAB_AS_INDENT: 'a tab indents this line. Use spaces.',
  BAD_INDENT:
    'the indentation does not fit the lines above: keys of one map start in the same column, and every { [ is closed.',
  BLOCK_AS_IMPLICIT_KEY:
    'a second "key:" stands in one line. Put it on a line of its own, or the value in quotes.',
  MULTILINE_IMPLICIT_KEY: 'a colon is missing: a key must be in one line and end with ":" and a space.',
  MISSING_CHAR: 'a closing quote, bracket, comma or colon is missing here or above.',
  BAD_SCALAR_START: 'a value cannot start with this character. Put the value in quotes.',
  BAD_DQ_ESCAPE: 'this \\ escape does not exist. Use single quotes, or write \\\\.',
  BAD_ALIAS: 'an alias (*) is not used here. Put a value that starts with * in quotes.',
  MULTIPLE_ANCHORS: 'an anchor (&) is not used here. Put a value that starts with & in quotes.',
  MULTIPLE_DOCS: 'a second document starts with "---". Keep one.',
  NON_STRING_KEY: 'a key must be plain text.',
  KEY_OVER_1024_CHARS: 'a key is longer than 1024 characters. Is a quote or a colon missing?',
  RESOURCE_EXHAUSTION: 'this is nested deeper than any setting.',
  UNEXPECTED_TOKEN: 'this does not belong here. Is a quote, comma, bracket or colon missing?',
  BAD_DIRECTIVE: directiveText,
}

function placeOf(text: string, offset: number): Place {
  const before = text.slice(0, offset)
  return { line: before.split('\n').length, col: offset - before.lastIndexOf('\n') }
}
