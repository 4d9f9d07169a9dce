/** The words of a sentence that carry its content, each once. */
export type Terms = ReadonlySet<string>

/** The most characters of a sentence whose words are compared. */
const mostChars = 600

const emptyWords: ReadonlySet<string> = new Set(
  (
    'a about above after again all also am an and any anything anyone are as at be because been before being below between both but by can could did do does ' +
    'doing during each every everyone everything few for from further get gets got had has have having he her here hers him his how i if in into is it its itself ' +
    'just let like lot many may me might more most mostly much must my no nobody nor not nothing now of on once one only or other otherwise our own per please ' +
    'really said same say says shall she should since so some such than that the their them then there these they thing think this those through to ' +
    'too under until upon us very was we well were what when where which while who whom why will with would yes yet you your ' +
    "don't doesn't didn't can't won't isn't aren't wasn't it's that's we're we'll we've i'm i'll i've you're they're let's " +
    '的 了 和 是 在 我 我们 你 你们 他 她 它 他们 她们 它们 这 那 这个 那个 这些 那些 有 也 就 都 而 及 与 或 一个 一 上 下 不 没 没有 会 要 能 可以 把 被 让 给 对 从 向 ' +
    '到 为 为了 以 以及 等 但 但是 如果 因为 所以 因此 由于 并 并且 还 又 再 很 非常 更 最 已 已经 将 需要 进行 目前 现在 今天 大家 什么 怎么 吧 吗 呢 啊 个 之 其 其中 中 后 前 时 里 说 ' +
    '由 该 此 各 每 某 只 才 却 则 着 过 地 得 请 好 这样 那么 一些 一下'
  ).split(' '),
)

/** The content words of a text in English, Chinese, or both, in small letters and without common endings. */
export function termsOf(text: string, words: Intl.Segmenter): Terms {
  const terms = new Set<string>()
  for (const { segment, isWordLike } of words.segment(text.slice(0, mostChars))) {
    if (isWordLike !== true) continue
    const word = segment.toLowerCase().replaceAll('’', "'")
    if (word.length > 1 && !emptyWords.has(word)) terms.add(stem(word))
  }
  return terms
}

/** Takes off the endings that most often tell two forms of one English word apart. */
function stem(word: string): string {
  if (!/^[a-z']{4,}$/u.test(word)) return word
  return word
    .replace(/'s?$/u, '')
    .replace(/ies$/u, 'y')
    .replace(/(?<=[^s])s$/u, '')
    .replace(/(?<=[a-z]{3})(?:ing|ed|ment|ly)$/u, '')
    .replace(/e$/u, '')
}

/** How alike two sentences are, from 0 to 1: the share of words in common, or of the shorter one in the longer. */
export function weigh(a: Terms, b: Terms): number {
  const [small, large] = a.size <= b.size ? [a, b] : [b, a]
  if (small.size === 0) return 0
  let common = 0
  for (const term of small) if (large.has(term)) common++
  const jaccard = common / (a.size + b.size - common)
  return small.size >= 4 ? Math.max(jaccard, (common / small.size) * 0.85) : jaccard
}

/**
 * How central each sentence is among all, from 0 to 1: how much it is like each of the others (the degree of LexRank,
 * by words of which rare ones count more), against the mean of the text. In a text whose sentences share next to
 * nothing all are near 0.
 */
export function centrality(bags: readonly Terms[]): readonly number[] {
  const degrees = degreesOf(bags)
  const mean = degrees.reduce((sum, one) => sum + one, 0) / Math.max(1, bags.length)
  return degrees.map((one) => one / (one + Math.max(0.5, mean)))
}

/** The sum of the cosines between each sentence and all others. */
function degreesOf(bags: readonly Terms[]): number[] {
  const n = bags.length
  const holders = new Map<string, number[]>()
  for (const [i, bag] of bags.entries()) {
    for (const term of bag) {
      const found = holders.get(term)
      if (found === undefined) holders.set(term, [i])
      else found.push(i)
    }
  }
  const weights = [...holders].map(([, found]) => ({ found, weight: Math.log(1 + n / found.length) ** 2 }))
  const norms = new Float64Array(n)
  for (const { found, weight } of weights) for (const i of found) norms[i]! += weight
  // A sum of cosines needs no square of links: each word adds its weight over both norms.
  const scales = Float64Array.from(norms, (norm) => (norm === 0 ? 0 : 1 / Math.sqrt(norm)))
  const degrees = new Float64Array(n)
  for (const { found, weight } of weights) {
    const all = found.reduce((sum, i) => sum + scales[i]!, 0)
    for (const i of found) degrees[i]! += weight * scales[i]! * (all - scales[i]!)
  }
  return [...degrees]
}
