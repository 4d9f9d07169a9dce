/** A place in config.yaml, counted from 1; `col` counts UTF-16 units. */
export type Place = { readonly line: number; readonly col: number }

/** Something wrong, without its place: what, with the value, and the remedy. `at` is undefined for what is not in the file. */
export type Problem = { readonly at: Place | undefined; readonly text: string }

/** The most problems that are listed one by one. */
const maxListed = 50

/** One line a problem, in the order of the file, with `file:line:col:` before it. */
export function problemLines(file: string, problems: readonly Problem[]): readonly string[] {
  const sorted = problems.toSorted((a, b) => compare(a.at, b.at))
  const lines = sorted
    .slice(0, maxListed)
    .map(({ at, text }) => (at === undefined ? text : `${file}:${at.line}:${at.col}: ${text}`))
  const more = sorted.length - lines.length
  return more === 0 ? lines : [...lines, `${file}: and ${more} more problems`]
}

function compare(a: Place | undefined, b: Place | undefined): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined)
  return a.line - b.line || a.col - b.col
}

/** The sentence that offers `word`, or nothing. */
export function didYouMean(word: string | undefined): string {
  return word === undefined ? '' : ` Did you mean ${quote(word)}?`
}

/** `value` for a message: in quotes, in one line, short, and without anything that may be a secret. */
export function quote(value: string): string {
  return `"${plain(value)}"`
}

/** A key, or keys joined by dots, for a message: as `quote` does it, without the quotes. */
export function plain(value: string): string {
  const clean = value
    .slice(0, 2_000)
    .replace(vendorKeys, '…')
    .replace(/((?:api_?key|[a-z]_(?:token|secret))\s*[:=])[^]*/iu, '$1…') // lines that an open quote has swallowed
    .replace(/:(?=\S*@)\S*@/gu, ':…@')
    .replace(/(:\/\/[^\s?#]*)[?#]\S*/gu, '$1…')
  const short = clean.length > 60 ? `${clean.slice(0, 59)}…` : clean
  return short.replace(/[\p{C}\p{Zl}\p{Zp}"\\]/gu, escaped)
}

/** As JavaScript would write it; JSON.stringify leaves marks that turn the direction of the text. */
function escaped(char: string): string {
  if (char === '"' || char === '\\') return `\\${char}`
  if (char === '\n') return String.raw`\n`
  return `\\u{${char.codePointAt(0)?.toString(16)}}`
}

/** True if `text` holds what looks like a vendor's key, or a private key. */
export function holdsVendorKey(text: string): boolean {
  return text.search(vendorKeys) !== -1
}

/** True if `text` is a URL, whole or cut, with a user or a password in it. */
export function holdsPassword(text: string): boolean {
  return /^\s*[a-z][a-z0-9+.-]+:[/\\]*[^/\\?#\s]*@/iu.test(text)
}

/**
 * What the vendors' own pages say their keys begin with: OpenAI and Anthropic sk-, Slack xox?- and xapp-, GitHub
 * gh?_ and github_pat_, AWS AKIA and ASIA, Google AIza, GitLab glpat-, Hugging Face hf_, Groq gsk_, xAI xai-; then
 * JWTs and PEM. Short ones and words in plain letters, as in `sk-learn-models`, are left alone. Repetitions are
 * bounded, or a file of 64 KB could take minutes.
 */
const vendorKeys = new RegExp(
  [
    String.raw`(?<![A-Za-z0-9])(?:sk|xox[a-z]|xapp|glpat|xai)-(?=[A-Za-z0-9_-]{0,60}\d)[A-Za-z0-9_-]{12,}`,
    String.raw`(?<![A-Za-z0-9])(?:gh[a-z]|github_pat|hf|gsk)_[A-Za-z0-9_]{20,}`,
    String.raw`(?<![A-Za-z0-9])A[KS]IA[A-Z0-9]{16}`,
    String.raw`(?<![A-Za-z0-9])AIza[A-Za-z0-9_-]{30,}`,
    String.raw`(?<![A-Za-z0-9])eyJ[A-Za-z0-9_-]{10,500}\.eyJ`,
    String.raw`-----BEGIN [A-Z ]*PRIVATE KEY`,
  ].join('|'),
  'gu',
)
