/**
 * A stretch of a text whose sentences belong together. `heading` names what follows and says little by itself;
 * `item` is an entry of a list. Lines that were wrapped are joined; markers, code, tables and mail headers are gone.
 */
export type Block = {
  readonly kind: 'prose' | 'item' | 'heading'
  /** Who says it, as `Name`; empty where nobody is named. */
  readonly speaker: string
  /** True if it repeats another mail or post. */
  readonly quoted: boolean
  readonly text: string
}

/** A line before wrapped lines are joined; `gap` is true if it cannot go on with the line before. */
type Line = Block & { readonly gap: boolean }

const letters = /[\p{L}\p{N}]/u
const heading = /^(?:#{1,6}\s+(.+?)[\s#]*|={2,}\s*([^=\s].*?)\s*={2,}|【([^【】]{1,40})】)$/u
const marker =
  /^(?:[-*+•·●○▪◦–—]\s+|\d{1,3}[.)]\s+|\d{1,3}[、）．]\s*|[(（]\d{1,3}[)）]\s*|[一二三四五六七八九十]{1,3}、\s*)(?:\[[ xX]\]\s+)?/u
const clock = String.raw`[[(（]?\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,3})?)?(?:\s?[AaPp]\.?[Mm]\.?)?[\])）]?`
const naming = new RegExp(
  String.raw`^(?:${clock}\s{1,3})?(\p{L}[^:：]{0,39}?)(?:\s{0,3}[[(（]${clock})?(?::\s+|：\s*)(?=\S)`,
  'u',
)
const stamp = new RegExp(
  String.raw`^(\p{L}[^\d:：]{0,39}?)\s{1,3}(?:\d{4}[-/年]\d{1,2}[-/月]\d{1,2}日?\s{1,3})?${clock}$`,
  'u',
)
const mailFrom = /^(?:from|发件人)\s*[:：]/iu
const mailHeader = /^(?:from|to|cc|bcc|date|sent|reply-to|发件人|收件人|抄送|日期|时间|发送时间)\s*[:：]/iu
const mailSubject = /^(?:subject|主题)\s*[:：]\s*(?:(?:re|fwd?|回复|转发)\s*[:：]\s*)*(\S.*)$/iu
const ended = /[.!?…。！？；;][)\]"'”’」』）】*_]*$/u

/** Reads the layout of a text. The blocks stand in the order of the text. Takes time in proportion to its length. */
export function readBlocks(text: string): readonly Block[] {
  const raw = text.split(/\r\n?|[\n\u2028\u2029]/u)
  return joinWrapped(nameSpeakers(withoutMailHeaders(withoutFences(raw))))
}

/** Code between fences becomes empty lines; a fence that is never closed is no fence. */
function withoutFences(lines: readonly string[]): string[] {
  const kept = lines.map((line) => line.trim())
  let open = -1
  for (const [i, line] of kept.entries()) {
    if (!line.startsWith('```') && !line.startsWith('~~~')) continue
    if (open >= 0) kept.fill('', open, i + 1)
    open = open >= 0 ? -1 : i
  }
  return kept
}

/** The lines above a mail's text, where there are some, and what follows its signature mark. */
function withoutMailHeaders(lines: readonly string[]): string[] {
  const signature = lines.lastIndexOf('--')
  const kept = lines.length - signature <= 12 && signature > 0 ? lines.slice(0, signature) : [...lines]
  const top = kept.slice(0, 15)
  const isMail = top.some((line) => mailFrom.test(line))
  for (const [i, line] of top.entries()) {
    const subject = mailSubject.exec(line)?.[1]
    if (subject !== undefined) kept[i] = `# ${subject}`
    else if (isMail && mailHeader.test(line)) kept[i] = ''
  }
  return kept
}

/** Tells each line's kind and speaker. Names count as speakers only where many lines begin with one. */
function nameSpeakers(raw: readonly string[]): Line[] {
  const filled = raw.filter((line) => letters.test(line))
  const named = filled.filter((line) => speakerOf(line) !== undefined).length
  const isTalk = named >= 2 && named >= filled.length * 0.3
  const lines: Line[] = []
  let speaker = ''
  let gap = false
  let stamped = false
  for (const [i, whole] of raw.entries()) {
    const quote = /^(?:>\s?)+/u.exec(whole)?.[0] ?? ''
    const line = whole.slice(quote.length).trim()
    if (!letters.test(line) || isCode(line)) {
      gap = true
      if (line === '') {
        speaker = ''
        stamped = false
      }
      continue
    }
    const writer = stamp.exec(line)?.[1]
    if (writer !== undefined && looksLikeName(writer)) {
      speaker = writer
      stamped = true
      continue
    }
    const own = isTalk ? speakerOf(line) : undefined
    if (own !== undefined) speaker = own.name
    const bare = own === undefined ? line : line.slice(own.length)
    const title = heading.exec(bare)
    const isTitle =
      title !== null ||
      /[:：]$/u.test(bare) ||
      (lines.length === 0 && raw[i + 1] === '' && !ended.test(bare) && bare.length <= 120)
    const mark = marker.exec(bare)?.[0] ?? ''
    const kind = isTitle ? 'heading' : mark === '' ? 'prose' : 'item'
    const text = title === null ? bare.slice(mark.length) : (title[1] ?? title[2] ?? title[3] ?? '')
    lines.push({ kind, speaker, quoted: quote !== '', text, gap: gap || stamped || own !== undefined })
    gap = false
  }
  return lines
}

/** `Name: words`, also with a time before or after the name. `length` is that of all that stands before the words. */
function speakerOf(line: string): { name: string; length: number } | undefined {
  const [before, name = ''] = naming.exec(line) ?? []
  return before === undefined || !looksLikeName(name) ? undefined : { name, length: before.length }
}

/** Four capitalised words at most, or a few Han characters that are not `he says` or `as follows`. */
function looksLikeName(name: string): boolean {
  if (/^[\p{Script=Han}·]+$/u.test(name))
    return name.length <= 8 && !/(?:[说道问称是为有下示]|认为|指出)$/u.test(name)
  const words = name.split(/\s+/u)
  if (words.length === 1) return true
  return (
    words.length <= 4 &&
    words.every((word) => /^[^\p{Ll}]/u.test(word) || /^(?:de|van|von|der|da|al|bin|la|le)$/u.test(word))
  )
}

/** True for a line of a program, of a log, or of a table. */
function isCode(line: string): boolean {
  const start = line.slice(0, 300)
  if (/^\|.*\|$/u.test(start) || /^(?:\$|#!|>>>|at\s\S+\s?\(|<\/?[a-z])/u.test(start)) return true
  const marks = start.replaceAll(/https?:\/\/\S+/gu, '').match(/[{}[\]()<>=;$|&\\`]/gu)?.length ?? 0
  return marks >= 3 && (marks > start.length * 0.1 || /[{};]$/u.test(start))
}

/** Joins lines that were cut by width alone, and folds white space. */
function joinWrapped(lines: readonly Line[]): Block[] {
  const blocks: Block[] = []
  let parts: string[] = []
  let last: Line | undefined
  const close = (): void => {
    if (last === undefined) return
    const { kind, speaker, quoted } = last
    blocks.push({ kind, speaker, quoted, text: fold(parts) })
  }
  const runs = widest(lines)
  for (const [i, line] of lines.entries()) {
    const goesOn =
      last !== undefined &&
      !line.gap &&
      last.kind !== 'heading' &&
      line.kind === 'prose' &&
      last.quoted === line.quoted &&
      isWrapped(parts.at(-1) ?? '', line.text, runs[i] ?? 0)
    if (goesOn) parts.push(line.text)
    else {
      close()
      last = line
      parts = [line.text]
    }
  }
  close()
  return blocks
}

/** For each line, the columns of the widest line of its run; a run has no gap in it. */
function widest(lines: readonly Line[]): number[] {
  const widths = lines.map(({ text }) => width(text))
  for (let i = 1; i < lines.length; i++) {
    if (lines[i]?.gap === false) widths[i] = Math.max(widths[i]!, widths[i - 1]!)
  }
  for (let i = lines.length - 2; i >= 0; i--) {
    if (lines[i + 1]?.gap === false) widths[i] = widths[i + 1]!
  }
  return widths
}

/** Lines that a person broke are not as even as those that a program broke. */
const slackColumns = 12

/** True if a line ends because the next word would not fit into the width of its run, and not as a sentence does. */
function isWrapped(line: string, next: string, columns: number): boolean {
  if (ended.test(line.slice(-8)) || width(line) < 40) return false
  const word = /^(?:[\u3000-\u9fff\uff00-\uff60]|[^\s\u3000-\u9fff]{1,30})/u.exec(next)?.[0] ?? ''
  // A capital may begin another remark.
  const slack = /^\p{Lu}/u.test(word) ? 0 : slackColumns
  return /[,，、]$/u.test(line) || width(line) + width(word) + slack >= columns
}

/** Columns on a screen; beyond 100 characters none are counted. */
function width(line: string): number {
  const start = line.slice(0, 100)
  return start.length + (start.match(/[\u3000-\u9fff\uff00-\uff60]/gu)?.length ?? 0)
}

/** One line; Chinese goes on without a space. */
function fold(parts: readonly string[]): string {
  return parts
    .join('\n')
    .replaceAll(/(?<=[\u3000-\u9fff\uff00-\uff60])\n(?=[\u3000-\u9fff\uff00-\uff60])/gu, '')
    .replaceAll(/\s+/gu, ' ')
    .trim()
}
