import { escapeMarks } from './escape.ts'
import { isElsewhere, readTarget } from './link-target.ts'

/** What ends an address in Chinese, where no space does. */
const wide = '，。；：！？、（）“”‘’「」『』《》【】'

const code = '(?<!`)(?:`(?!`)[^`]+`|``(?!`)(?:[^`]|(?<!`)`(?!`))+``|```(?!`)(?:[^`]|(?<!`)``?(?!`))+```)(?!`)'
const label = '(?:[^\\[\\]]|\\[[^\\[\\]]*\\](?![(:]))*'
const target = '(?:[^\\s()<>]|\\([^\\s()<>]*\\))*'
const title = '(?:\\s+(?:"[^"]*"|\'[^\']*\'))?'
const bare = `https?:\\/\\/(?:[^\\s<>/?#${wide}]*@[^\\s<>${wide}]*|[^\\s<>"'\`\\[\\]\\\\|{}^${wide}]+)`

/**
 * What is not plain words in a stretch of a line: code, images and links (with one level of brackets in the label and
 * of parentheses in the target), addresses alone, and what another reader of Markdown could take for the end of a label.
 * Each alternative reads on in classes of characters that exclude each other, so that no text takes it long.
 */
const parts = new RegExp(
  [
    `(?<code>${code})`,
    `!?\\[(?<label>${label})\\]\\(\\s*<?(?<target>${target})>?${title}\\s*\\)`,
    '<(?<angled>(?:https?:|mailto:)[^\\s<>]*|[^\\s<>@]+@[^\\s<>@]+)>',
    `(?<bare>${bare})`,
    '\\](?=[(:])',
  ].join('|'),
  'giu',
)

type Groups = Readonly<Record<string, string | undefined>>

/**
 * A stretch of one line of Markdown, outside a fence, as Slack's: marks are entities, links lead where they seem to, and
 * what is no good link is none for any reader. Cut between two sentences, the parts give the same as the whole.
 */
export function inline(text: string): string {
  // In pieces: to look at the end of a string that grows copies all of it each time.
  const out: string[] = []
  let at = 0
  let last = ''
  const add = (piece: string): void => {
    out.push(piece)
    last = piece.at(-1) ?? last
  }
  for (const match of text.matchAll(parts)) {
    // A backslash would undo the mark that follows.
    add(prose(text.slice(at, match.index).replace(/(?<!\\)\\+$/u, '')))
    at = match.index + match[0].length
    const part = marked(match.groups ?? {}, text.slice(at, at + 1))
    // Backticks side by side would be one mark.
    add(last === '`' && part.startsWith('`') ? ` ${part}` : part)
  }
  add(prose(text.slice(at)))
  return out.join('')
}

function marked({ code, label, target, angled, bare }: Groups, next: string): string {
  if (code !== undefined) {
    // In a table without outer bars, or one within a list, a bar would end the code, and what stands in it be a link.
    const kept = /\]\(|:\/\/[^\s/]*@/u.test(code) ? code.replaceAll('|', '¦') : code
    // The end of a link that did not begin in the code is its end for readers who see no code there.
    return escapeMarks(kept.replace(/^[^[]+/u, (start) => start.replaceAll('](', '] (')))
  }
  if (label !== undefined) return link(label, target ?? '')
  if (angled !== undefined) return alone(/^\w+:/u.test(angled) ? angled : `mailto:${angled}`, false)
  if (bare === undefined) return '] '
  // What ends a sentence or a bracket is not part of an address.
  const kept = bare.replace(bare.includes('(') ? /[.,;:!?*_~]+$/u : /[.,;:!?*_~)]+$/u, '')
  return alone(kept, kept === bare && next.trim() === '') + prose(bare.slice(kept.length))
}

/** True if nothing in the text is open that a later word could close: a link, code, an angle bracket, bold. */
export function isClosed(text: string): boolean {
  const rest = text.replace(parts, '').replace(/\[[^[\]]*\]/gu, '')
  return !/[`[<]/u.test(rest) && rest.split('**').length % 2 === 1
}

function prose(text: string): string {
  // A backslash before an entity would show it as it is written; a lone backtick could begin code that ends further down.
  const safe = text.replace(/(?<!\\)\\+(?=[<>&`])/gu, '').replaceAll('`', '\\`')
  return escapeMarks(apart(safe).replace(/<br ?\/?>/giu, ' '))
}

const bold = /\*\*(?! )([^*\n]+)(?<! )\*\*/gu
const within = /^([“‘「『《（【]?)(.*?)([”’」』》）】]?)([，。、；：！？]*)$/su
const pairs = '“”‘’「」『』《》（）【】'

/**
 * Chinese marks at the edges of what is bold stand outside of it: with a word beside them, which no space parts from it, the
 * asterisks would be shown (https://spec.commonmark.org/0.31.2/#left-flanking-delimiter-run).
 */
function apart(text: string): string {
  return text.replace(bold, (all, inner: string) => {
    const [, open = '', words = '', close = '', end = ''] = within.exec(inner) ?? []
    const isPair = open !== '' && close !== '' && pairs.includes(open + close) && !words.includes(close)
    const [before, kept, after] = isPair ? [open, words, close + end] : ['', open + words + close, end]
    return kept.trim() === kept && /[\p{L}\p{N}]/u.test(kept) ? `${before}**${kept}**${after}` : all
  })
}

function link(label: string, raw: string): string {
  const target = readTarget(raw)
  const name = label.replace(/(?<![\\\s])[\\\s]+$/u, '').trim()
  const isOwn = name !== '' && (target === undefined || !isElsewhere(name, target))
  if (target?.isOpen !== true) {
    const shown = asCode(target?.shown ?? raw)
    return isOwn ? `${inline(name)} ${shown === '' ? '' : `(${shown})`}` : shown
  }
  const words = (isOwn ? name : target.shown).split(/(`[^`]+`)/u)
  return `[${words.map((part, i) => (i % 2 === 1 ? escapeMarks(part) : prose(part))).join('')}](${target.href})`
}

/** An address without a label. Where it is sure what Slack takes for it, Slack makes the link. */
function alone(raw: string, isApart: boolean): string {
  const target = readTarget(raw)
  // What reads as part of it for one reader, and not for another, makes it lead to two places.
  if (target?.isOpen !== true || /["'`[\]\\|{}^]/u.test(raw)) return asCode(target?.shown ?? raw)
  return isApart && !raw.includes('&') ? prose(raw) : link(raw.replace(/^mailto:/iu, ''), raw)
}

/** Shown to be read, and never to be part of something else. */
function asCode(text: string): string {
  const plain = text.replaceAll('`', "'").replaceAll('|', '¦').replaceAll('](', '] (')
  return plain === '' ? '' : `\`${escapeMarks(plain)}\``
}
