import type { Reply } from './message.ts'

/** Cuts a reply into those that are posted one after the other, where text is all that can be shown of it. */
export function splitReply({ text, status, data, to, shows }: Reply, maxChars: number): readonly Reply[] {
  const once = {
    ...(data === undefined ? {} : { data }),
    ...(to === undefined ? {} : { to }),
  }
  // Whichever piece does not arrive, what it shows was not seen.
  const each = { status, ...(shows === undefined ? {} : { shows }) }
  return splitText(text, maxChars).map((piece, i) => ({ text: piece, ...each, ...(i === 0 ? once : {}) }))
}

/**
 * Cuts a text into pieces of at most `maxChars` (two at least), at a line end or a space in the second half of each
 * piece where there is one, else between two characters as people count them. No piece is blank.
 */
export function splitText(text: string, maxChars: number): string[] {
  const pieces: string[] = []
  let rest = text
  while (rest.length > maxChars) {
    const room = rest.slice(0, maxChars + 1)
    const line = room.lastIndexOf('\n')
    const space = room.lastIndexOf(' ')
    const at = line >= maxChars / 2 ? line : space
    const cut = at >= maxChars / 2 ? at : lastBoundary(rest, maxChars)
    pieces.push(rest.slice(0, cut))
    rest = rest.slice(/[\n ]/u.test(rest[cut] ?? '') ? cut + 1 : cut)
  }
  const filled = [...pieces, rest].filter((piece) => piece.trim() !== '')
  return filled.length === 0 ? [text] : filled
}

/** The end of the last whole character, as people count them, within `most` of the text's units. */
function lastBoundary(text: string, most: number): number {
  let end = 0
  for (const { index, segment } of new Intl.Segmenter().segment(text.slice(0, most + 64))) {
    if (index + segment.length > most) break
    end = index + segment.length
  }
  // One character longer than a piece, which only a heap of combining marks can be.
  return end > 0 ? end : most
}
