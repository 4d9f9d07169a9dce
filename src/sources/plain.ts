/** The names of U+00A0 to U+00FF, in order. */
const latin1 =
  'nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml'.split(
    ' ',
  )

/** The other names that are met in news, letters and pages; one that is not here stays as it is written. */
const entities: ReadonlyMap<string, string> = new Map([
  ...latin1.map((name, i): [string, string] => [name, String.fromCodePoint(0xa0 + i)]),
  ...Object.entries({
    amp: '&',
    lt: '<',
    gt: '>',
    quot: '"',
    apos: "'",
    hellip: '…',
    mdash: '—',
    ndash: '–',
  }),
  ...Object.entries({ lsquo: '‘', rsquo: '’', sbquo: '‚', ldquo: '“', rdquo: '”', bdquo: '„', lsaquo: '‹' }),
  ...Object.entries({ rsaquo: '›', bull: '•', euro: '€', trade: '™', dagger: '†', permil: '‰', prime: '′' }),
  ...Object.entries({ larr: '←', uarr: '↑', rarr: '→', darr: '↓', minus: '−', ne: '≠', le: '≤', ge: '≥' }),
  ...Object.entries({ infin: '∞', asymp: '≈', radic: '√', sum: '∑', OElig: 'Œ', oelig: 'œ', Scaron: 'Š' }),
  ...Object.entries({
    scaron: 'š',
    Yuml: 'Ÿ',
    fnof: 'ƒ',
    circ: 'ˆ',
    tilde: '˜',
    ensp: ' ',
    emsp: ' ',
    thinsp: ' ',
  }),
  ...Object.entries({
    check: '✓',
    star: '☆',
    hearts: '♥',
    alpha: 'α',
    beta: 'β',
    gamma: 'γ',
    delta: 'δ',
    pi: 'π',
  }),
])

const blocks =
  /^(?:address|article|aside|blockquote|br|dd|div|dl|dt|figcaption|footer|h[1-6]|header|hr|li|main|nav|ol|p|pre|section|table|td|th|tr|ul)$/u
const unseen = /^(?:script|style|template|title|noscript|iframe|svg)$/u

/** The words of an HTML fragment: no markup, no scripts, entities decoded, a new line where a block begins or ends. */
export function htmlToText(html: string): string {
  const parts: string[] = []
  let at = 0
  while (at < html.length) {
    const open = html.indexOf('<', at)
    if (open === -1) break
    parts.push(html.slice(at, open))
    const next = html.charAt(open + 1)
    if (html.startsWith('<!--', open)) {
      at = after(html, '-->', open + 4)
    } else if (!/[a-z/!?]/iu.test(next)) {
      parts.push('<')
      at = open + 1
    } else {
      const close = html.indexOf('>', open)
      if (close === -1) {
        // No tag ends from here on: what is left is text.
        at = open
        break
      }
      const [, slash, name = ''] =
        /^<(\/?)([a-z][a-z\d]*)/iu.exec(html.slice(open, Math.min(close, open + 40))) ?? []
      const tag = name.toLowerCase()
      at = slash === '' && unseen.test(tag) ? endOf(html, tag, close + 1) : close + 1
      if (blocks.test(tag)) parts.push('\n')
    }
  }
  parts.push(html.slice(at))
  return decodeEntities(parts.join(''))
}

function after(text: string, mark: string, from: number): number {
  const found = text.indexOf(mark, from)
  return found === -1 ? text.length : found + mark.length
}

function endOf(html: string, tag: string, from: number): number {
  const end = new RegExp(`</${tag}\\s*>`, 'giu')
  end.lastIndex = from
  return end.test(html) ? end.lastIndex : html.length
}

/** Decodes HTML entities once. */
export function decodeEntities(text: string): string {
  return text.replace(
    /&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z][a-z\d]{1,9}));?/giu,
    (whole, decimal, hex, name) => {
      if (typeof name === 'string') return entities.get(name) ?? whole
      const code = typeof decimal === 'string' ? Number(decimal) : Number.parseInt(String(hex), 16)
      return code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff)
        ? String.fromCodePoint(code)
        : '\uFFFD'
    },
  )
}

/**
 * Text that is safe to show on one or more lines: white space folded, control, bidi and invisible characters gone,
 * at most `maxChars` long. `lines: 'one'` makes one line of it; `lines: 'keep'` keeps new lines and one empty line.
 */
export function tidy(text: string, maxChars: number, lines: 'one' | 'keep'): string {
  // Joiners stay: emoji and Persian need them. Tag characters and variation supplements can carry hidden words.
  const visible = text
    .slice(0, maxChars * 8 + 4096)
    .toWellFormed()
    .replace(/\r\n?|[\u0085\u2028\u2029\v\f]/gu, '\n')
    .replace(/[[[\p{Cc}\p{Cf}]--[\n\t\u200C\u200D]][\u{E0100}-\u{E01EF}]]/gv, '')
  const folded =
    lines === 'one'
      ? visible.replace(/\s+/gu, ' ').trim()
      : visible
          .replace(/[^\S\n]+/gu, ' ')
          .replace(/ ?\n ?/gu, '\n')
          .replace(/\n{3,}/gu, '\n\n')
          .trim()
  return cut(folded, maxChars)
}

function cut(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text
  return (
    text
      .slice(0, maxChars - 1)
      .replace(/[\uD800-\uDBFF]$/u, '')
      .trimEnd() + '…'
  )
}
