/** What a .dockerignore leaves out of the build context. Paths are relative to it, with `/`. */
export type Ignore = {
  readonly leavesOut: (path: string) => boolean
  /** False where nothing below the folder can be in the context, so that it need not be walked. */
  readonly mayHold: (folder: string) => boolean
}

/**
 * Reads a .dockerignore: the last pattern that fits a path, or a folder above it, decides, and `!` takes it in again.
 * Knows `*`, `?` and `**`; throws an Error for character classes and escapes.
 */
export function parseIgnore(text: string): Ignore {
  const rules = text
    .split(/\r?\n/u)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      if (/[[\]\\]/u.test(line))
        throw new Error(`.dockerignore: ${line}: character classes and escapes are not known here`)
      const pattern = line.replace(/^!/u, '').trim().replace(/^\/+/u, '').replace(/\/+$/u, '')
      return { pattern, fits: toExpression(pattern), takesIn: line.startsWith('!') }
    })
  const leavesOut = (path: string): boolean => {
    const names = path.split('/')
    const heads = names.map((_, index) => names.slice(0, index + 1).join('/'))
    return rules.reduce(
      (out, { fits, takesIn }) => (heads.some((head) => fits.test(head)) ? !takesIn : out),
      false,
    )
  }
  return {
    leavesOut,
    mayHold: (folder) =>
      !leavesOut(folder) ||
      rules.some(
        ({ pattern, takesIn }) => takesIn && (pattern.startsWith(`${folder}/`) || /[*?]/u.test(pattern)),
      ),
  }
}

function toExpression(pattern: string): RegExp {
  const source = pattern.replaceAll(/\*\*\/|\*\*|\*|\?|[^*?]+/gu, (piece) => {
    if (piece === '**/') return '(?:.*/)?'
    if (piece === '**') return '.*'
    if (piece === '*') return '[^/]*'
    return piece === '?' ? '[^/]' : piece.replaceAll(/[.+^${}()|]/gu, '\\$&')
  })
  return new RegExp(`^${source}$`, 'u')
}
