import { readBlocks, type Block } from './blocks.ts'

/** One sentence, with white space folded and without its speaker. */
export type Sentence = Omit<Block, 'text'> & {
  readonly text: string
  /** True for the first sentence of its block. */
  readonly first: boolean
  /** True if it ends as a sentence does. */
  readonly whole: boolean
}

/** A text of more characters than these two is read at its beginning and at its end only. */
const mostCharsFirst = 140_000
const mostCharsLast = 60_000

const letters = /[\p{L}\p{N}]/u
const links =
  /(?:\b[a-z]{2,10}:\/\/|www\.)[^\s，。！？；、）」』]*[^\s，。！？；、）」』.,;:!?)\]"'”’]|\b[\w.+-]{1,64}@[\w-]{1,64}\.[\w-]{1,64}\b/giu
const titles =
  /(?<![\p{L}\p{N}])(?:dr|mr|mrs|ms|prof|st|gen|sen|rep|gov|lt|col|capt|rev|hon|sgt|e\.g|i\.e|cf|vs|approx|incl|resp|fig|eq|vol|pp|ca)\.(?=\s)/giu
const numbered =
  /(?<![\p{L}\p{N}])(?:no|nr|sec|art|ch|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\.(?=\s?\d)/giu
/** These may stand at the end of a sentence, too; only what follows tells. */
const either =
  /(?<![\p{L}\p{N}])(?:(?:\p{Lu}\.){1,4}|(?:Inc|Ltd|Co|Corp|etc|Jr|Sr|Bros|[ap]\.m)\.)(?=\s+\p{Lu})(?!\s+(?:The|This|That|These|Those|It|Its|We|He|She|They|I|You|Our|His|Her|Their|An?|In|On|At|But|And|So|If|When|After|However|There|As|For|To)\b)/gu

const attribution = /^[^，。！？“”]{0,16}(?:说|表示|称|指出|认为|强调|介绍|问|回答)/u

/** Splits a text into its sentences, in their order. Links, versions, times, titles and initials do not split. */
export function readSentences(text: string): readonly Sentence[] {
  const splitter = new Intl.Segmenter('en', { granularity: 'sentence' })
  const sentences: Sentence[] = []
  for (const { kind, speaker, quoted, text: whole } of readBlocks(withoutMiddle(text))) {
    for (const [i, sentence] of split(whole, splitter).entries()) {
      const ends = /[.!?…。！？][)\]"'”’」』）】*_]*$/u.test(sentence.slice(-8))
      sentences.push({ kind, speaker, quoted, text: sentence, first: i === 0, whole: ends })
    }
  }
  return sentences
}

/** The same text, or its beginning up to an end of a sentence and its end from one on. */
function withoutMiddle(text: string): string {
  if (text.length <= mostCharsFirst + mostCharsLast) return text
  const first = text.slice(0, mostCharsFirst)
  const last = text.slice(-mostCharsLast)
  const marks = ['\n', '. ', '。']
  const end = Math.max(...marks.map((mark) => first.slice(-2_000).lastIndexOf(mark)))
  const begins = marks.map((mark) => last.slice(0, 2_000).indexOf(mark)).filter((at) => at >= 0)
  return [
    end < 0 ? first : first.slice(0, mostCharsFirst - 2_000 + end + 1),
    begins.length === 0 ? last : last.slice(Math.min(...begins) + 1),
  ].join('\n\n')
}

function split(whole: string, splitter: Intl.Segmenter): string[] {
  if (!/[.!?。！？｡．\u0600-\u1fff].|\u2029/u.test(whole)) return letters.test(whole) ? [whole] : []
  const masked = mask(whole)
  const starts: number[] = []
  for (const { index: at } of splitter.segment(masked)) {
    // An opening mark goes with what it opens; Unicode's rule leaves `“` behind.
    const index = at > 0 && /[“‘「『（【]/u.test(masked[at - 1] ?? '') ? at - 1 : at
    // `Really?” she asked`: what goes on in small letters is the same sentence.
    // `“…。”他说` likewise.
    const rest = masked.slice(index, index + 20)
    const goesOn =
      /^["'”’)\]]?\p{Ll}/u.test(rest) || (/[”」』]/u.test(masked[index - 1] ?? '') && attribution.test(rest))
    if (index === 0 || !goesOn) starts.push(index)
  }
  return starts
    .map((start, i) => whole.slice(start, starts[i + 1]).trim())
    .filter((sentence) => letters.test(sentence))
}

/** The same text, character for character, with letters where a mark does not end a sentence. */
function mask(whole: string): string {
  if (!/[.?!]/u.test(whole)) return whole
  return whole
    .replaceAll(links, (found) => 'X'.repeat(found.length))
    .replaceAll(titles, (found) => found.replaceAll('.', 'x'))
    .replaceAll(numbered, (found) => found.replaceAll('.', 'x'))
    .replaceAll(either, (found) => found.replaceAll('.', 'x'))
}
