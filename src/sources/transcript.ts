import { decodeEntities, tidy } from './plain.ts'

/** What a transcript holds: its own title, if it has one, and one line for each turn of a speaker. */
export type Transcript = { readonly title: string; readonly text: string }

type Said = { speaker: string; words: string[] }

/**
 * Reads WebVTT or SubRip: the cues in their order, those of one speaker after another merged into `Speaker: words`.
 * A cue that names nobody goes on with the speaker before it. Undefined if there are no cues.
 */
export function readTranscript(file: string): Transcript | undefined {
  const blocks = file
    .replace(/\r\n?/gu, '\n')
    .split(/\n[^\S\n]*\n/u)
    .map((block) => block.split('\n'))
  const said: Said[] = []
  for (const lines of blocks) {
    const timing = lines.findIndex((line) => /^\s*[\d:.,]+\s+-->\s+[\d:.,]+/u.test(line))
    if (timing === -1 || timing > 3) continue
    for (const { speaker, text } of voices(lines.slice(timing + 1).join(' '))) {
      const last = said.at(-1)
      if (last !== undefined && (speaker === '' || speaker === last.speaker)) last.words.push(text)
      else said.push({ speaker, words: [text] })
    }
  }
  if (said.length === 0) return undefined
  const title = /^WEBVTT[ \t-]+(\S.*)$/mu.exec(blocks[0]?.[0] ?? '')?.[1] ?? ''
  const turns = said.map(({ speaker, words }) =>
    speaker === '' ? words.join(' ') : `${speaker}: ${words.join(' ')}`,
  )
  return { title: tidy(title, 300, 'one'), text: turns.join('\n') }
}

/** The voices of a cue: `<v Name>` as WebVTT writes it, or `Name:` at its beginning. */
function voices(cue: string): { speaker: string; text: string }[] {
  const pieces = cue.split(/<v(?:\.[^\s>]*)?\s+([^<>]{1,100})>/u)
  const found: { speaker: string; text: string }[] = []
  for (let i = 0; i < pieces.length; i += 2) {
    const text = tidy(decodeEntities((pieces[i] ?? '').replace(/<[^<>]{0,100}>/gu, '')), 10_000, 'one')
    if (text === '') continue
    const tagged = tidy(decodeEntities(pieces[i - 1] ?? ''), 100, 'one')
    const [, named = '', rest = text] = /^(\p{L}[^:：]{0,39})(?::\s+|：\s*)(.+)$/su.exec(text) ?? []
    found.push(tagged === '' ? { speaker: named.trim(), text: rest } : { speaker: tagged, text })
  }
  return found
}
