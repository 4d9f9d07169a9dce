import { cueWorth, isNoise, isWeather, mannerCost } from './cues.ts'
import { readSentences, type Sentence } from './sentences.ts'
import { centrality, termsOf, weigh, type Terms } from './graph.ts'

/** The most sentences that are compared with one another. */
const mostRanked = 400
/** The most characters of one sentence in a summary. */
const mostSentenceChars = 280

/**
 * The gist of a text in at most so many of its own sentences, in one line; empty if the text says nothing. Nothing is
 * added to the words of the text, but for `…` where a sentence was cut, the speaker's name before what he said, and a
 * semicolon after a line without an end mark.
 */
export function shorten(text: string, sentences: number): string {
  return bestSentences(text, sentences).reduce(
    (said, next) => (said === '' ? next : said + seam(said) + next),
    '',
  )
}

/** The speaker as the language of his name writes it before what he says. */
function lead(speaker: string): string {
  if (speaker === '') return ''
  return /\p{Script=Han}$/u.test(speaker) ? `${speaker}：` : `${speaker}: `
}

/** What parts two sentences in one line. */
function seam(said: string): string {
  const chinese = /[\p{Script=Han}。！？；……”』」）]$/u.test(said)
  if (/[.!?…。！？;；][)\]"'”’」』）】]*$/u.test(said)) return chinese ? '' : ' '
  return chinese ? '；' : '; '
}

/**
 * The sentences that say most of a text, at most so many, in the order of the text, each at most 280 characters
 * and its speaker. Of a text over 200,000 characters only the beginning and the end are read.
 * The same text gives the same sentences. What says the same as another one is left out, and so are greetings,
 * boilerplate, code and links.
 */
export function bestSentences(text: string, sentences: number): readonly string[] {
  const most = Math.floor(sentences)
  if (!(most > 0)) return []
  const all = distinct(readSentences(text)).filter((one) => !isNoise(one.text))
  const priced = price(all)
  const ranked = rank(priced.length > mostRanked ? foremost(priced) : priced, all)
  return choose(ranked, priced, most)
    .toSorted((a, b) => a.position - b.position)
    .map(({ sentence }) => `${lead(sentence.speaker)}${cut(sentence.text)}`)
}

/** Of sentences with the same words only the first. */
function distinct(sentences: readonly Sentence[]): Sentence[] {
  const known = new Set<string>()
  return sentences.filter(({ text }) => known.size < known.add(text).size)
}

/** A sentence with what it is worth by itself, and its place among the others. */
type Priced = { readonly sentence: Sentence; readonly position: number; readonly worth: number }

/** Prices all sentences but the headings; headings, too, where a text is made of nothing else. */
function price(all: readonly Sentence[]): Priced[] {
  const spoken = all.filter((one) => one.kind !== 'heading')
  if (spoken.length === 0) return all.map((sentence, position) => ({ sentence, position, worth: -position }))
  const isTalk = spoken.filter((one) => one.speaker !== '').length * 2 > spoken.length
  const aboutWeather = spoken.filter((one) => isWeather(one.text)).length * 4 > spoken.length + 4
  const opening = isTalk ? undefined : spoken.find((one) => one.whole)
  const priced: Priced[] = []
  let title = ''
  for (const [position, sentence] of all.entries()) {
    const { kind, text, first } = sentence
    if (kind === 'heading') {
      title = text
      continue
    }
    const worth = [
      (isTalk ? 1 : 0.75) * cueWorth(text),
      0.5 * Math.min(0.6, cueWorth(title)),
      sentence === opening ? openingWorth(text) : first && !isTalk ? 0.1 : 0,
      figures.test(text) ? 0.15 : 0,
      isWeather(text) && !aboutWeather ? -0.8 : 0,
      -mannerCost(text),
      -shapeCost(sentence),
    ]
    priced.push({ sentence, position, worth: worth.reduce((sum, one) => sum + one, 0) })
  }
  return priced
}

/** Reports begin with what matters, in a long sentence; stories begin with a short one that sets the scene. */
function openingWorth(text: string): number {
  return 0.6 * Math.min(1, charsOf(text) / 100)
}

const figures = /\d|[一二三四五六七八九十百千万亿两](?:个|天|周|月|年|人|次|倍|点|成)/u

/** What the shape of a sentence takes from its worth: a fragment, too short, too long, quoted, mostly a link. */
function shapeCost({ text, kind, whole, quoted }: Sentence): number {
  const chars = charsOf(text)
  const length = chars < 14 ? 0.6 : chars < 28 ? 0.25 : chars > 450 ? 0.4 : chars > 260 ? 0.15 : 0
  const fragment = whole || kind === 'item' ? 0 : 0.25
  return length + fragment + (quoted ? 0.6 : 0) + (/\w:\/\/|\w=\S|\w\(\)|[{}<>]/u.test(text) ? 0.3 : 0)
}

/** Length as a reader feels it: a Han character says as much as 2.5 letters. */
function charsOf(text: string): number {
  const start = text.slice(0, 500)
  return text.length + 1.5 * (start.match(/\p{Script=Han}/gu)?.length ?? 0)
}

/** The sentences that are worth most by themselves, in the order of the text. */
function foremost(priced: readonly Priced[]): Priced[] {
  return priced
    .toSorted((a, b) => b.worth - a.worth || a.position - b.position)
    .slice(0, mostRanked)
    .toSorted((a, b) => a.position - b.position)
}

type Ranked = Priced & { readonly score: number; readonly terms: Terms }

/** Adds what the others say about a sentence: how central it is among them, and how much of the headings it takes up. */
function rank(priced: readonly Priced[], all: readonly Sentence[]): Ranked[] {
  const segmenter = new Intl.Segmenter('zh', { granularity: 'word' })
  const bags = priced.map(({ sentence }) => termsOf(sentence.text, segmenter))
  const headings = all.filter((one) => one.kind === 'heading').slice(0, 30)
  const topics = termsOf(headings.map((one) => one.text).join('\n'), segmenter)
  const central = centrality(bags)
  return priced.map((one, i) => {
    const terms = bags[i] ?? new Set()
    const onTopic = [...terms].filter((term) => topics.has(term)).length
    const empty = terms.size < 2 ? 0.5 : 0
    return {
      ...one,
      terms,
      score: one.worth + 0.8 * (central[i] ?? 0) + Math.min(0.3, onTopic * 0.1) - empty,
    }
  })
}

/** The best ones that differ from each other; then, if there is still room, others by their place in the text. */
function choose(ranked: readonly Ranked[], priced: readonly Priced[], most: number): Priced[] {
  const chosen: Ranked[] = []
  const open = new Set(ranked)
  const nearest = new Map<Ranked, number>()
  while (chosen.length < most && open.size > 0) {
    let best: Ranked | undefined
    let bestScore = -Infinity
    for (const one of open) {
      const score = one.score - 0.8 * (nearest.get(one) ?? 0)
      if (score > bestScore) [best, bestScore] = [one, score]
    }
    if (best === undefined) break
    open.delete(best)
    chosen.push(best)
    for (const one of open) {
      const likeness = weigh(one.terms, best.terms)
      if (likeness >= 0.7) open.delete(one)
      else nearest.set(one, Math.max(likeness, nearest.get(one) ?? 0))
    }
  }
  if (chosen.length >= most || ranked.length === priced.length) return chosen
  const known = new Set(ranked.map((one) => one.position))
  const others = priced.filter((one) => !known.has(one.position))
  return [...chosen, ...others.slice(0, most - chosen.length)]
}

/** Ends a sentence that is too long after its last clause that fits. */
function cut(text: string): string {
  if (text.length <= mostSentenceChars) return text
  const start = text.slice(0, mostSentenceChars - 1)
  const clause = Math.max(
    ...[', ', '; ', ': ', ' – ', ' — ', '，', '；', '：', '、'].map((mark) => start.lastIndexOf(mark)),
  )
  const end = clause >= 100 ? clause : Math.max(start.lastIndexOf(' '), 0) || start.length
  return `${start.slice(0, end < 100 ? start.length : end).replace(/[\uD800-\uDBFF\u200D\s]+$/u, '')}…`
}
