/** Other words for the names of arguments. */
const keyWords: Readonly<Record<string, string>> = { 到: 'to' }

/**
 * Reads typed words: `--key value`, `--key=value`, `key value` where `key` is an argument's name or a word for it, and bare
 * words into `order`. Quotes of any kind hold words together.
 */
export function readWords(
  text: string,
  order: readonly string[],
  keys: readonly string[],
): Record<string, string> {
  const args: Record<string, string> = {}
  const bare: string[] = []
  const tokens = splitWords(text)
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!
    const option = token.quoted ? null : /^--([a-z][\w-]*)(?:=([\s\S]*))?$/iu.exec(token.text)
    const next = tokens[i + 1]
    const key = keyWords[token.text] ?? token.text
    if (option !== null) {
      const inline = option[2]
      args[option[1]!] = inline ?? next?.text ?? ''
      if (inline === undefined) i++
    } else if (!token.quoted && keys.includes(key) && next !== undefined && !(key in args)) {
      args[key] = next.text
      i++
    } else {
      bare.push(token.text)
    }
  }
  const open = order.filter((key) => !(key in args))
  for (const [i, key] of open.entries()) {
    const value = i === open.length - 1 ? bare.slice(i).join(' ') : bare[i]
    if (value !== undefined && value !== '') args[key] = value
  }
  if (open.length === 0 && bare.length > 0) args['rest'] = bare.join(' ')
  return args
}

function splitWords(text: string): { text: string; quoted: boolean }[] {
  const pattern =
    /"((?:\\.|[^"\\])*)"|'([^']*)'|[“”]([^“”]*)[“”]|「([^」]*)」|(--[a-z][\w-]*=)"((?:\\.|[^"\\])*)"|(\S+)/giu
  return [...text.matchAll(pattern)].map((match) => {
    const [, double, single, curly, corner, option, optionValue, plain] = match
    if (option !== undefined) return { text: option + unescape(optionValue ?? ''), quoted: false }
    if (plain !== undefined) return { text: plain, quoted: false }
    return { text: double === undefined ? (single ?? curly ?? corner ?? '') : unescape(double), quoted: true }
  })
}

function unescape(text: string): string {
  return text.replace(/\\(["\\])/gu, '$1')
}
