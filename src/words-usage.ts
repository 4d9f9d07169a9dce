import type { BudgetError, Cap } from './errors.ts'

/** What is told of a call that was not made. */
type Refused = Pick<BudgetError, 'state' | 'mostUsd' | 'model'>

/** `held`: there is money, but it is set aside for calls that are under way. `too-dear`: it would not fit into an unused cap. */
type WhyRefused = 'unpriced' | 'too-dear' | 'held' | 'spent'

function whyRefused({ state: { cap, spentUsd }, mostUsd, model }: Refused): WhyRefused {
  if (model !== undefined) return 'unpriced'
  if (cap.usd > 0 && mostUsd > cap.usd) return 'too-dear'
  return spentUsd + mostUsd <= cap.usd ? 'held' : 'spent'
}

const whose = { total: 'in total', person: 'for each person', task: 'for each task' }
const capName = ({ usd, period, of }: Cap): string => `${usdText(usd)} a ${period} ${whose[of]}`

/** What Moltbot says of money and usage, in English. */
export const usageEnglish = {
  usd: usdText,
  nothing: 'No model has been asked this month.',
  today: 'Today',
  month: 'This month',
  sum: (when: string, cells: readonly string[]) => `${when}: ${cells.join(', ')}`,
  calls: (n: number) => `${whole(n)} ${n === 1 ? 'call' : 'calls'}`,
  tokens: (inTokens: number, outTokens: number) =>
    `${tokensText(inTokens)} tokens in, ${tokensText(outTokens)} out`,
  unpriced: (n: number) => `${whole(n)} ${n === 1 ? 'call' : 'calls'} of unknown price`,
  and: (one: string, other: string) => `${one} and ${other}`,
  hits: (hits: number, percent: number) =>
    `From the cache this month: ${whole(hits)} ${hits === 1 ? 'answer' : 'answers'}, ${percent} % of all; that many calls were saved.`,
  row: (name: string, cells: readonly string[]) => `  ${name}: ${cells.join(', ')}`,
  hitsShort: (hits: number) => `${whole(hits)} from the cache`,
  rest: (n: number, cost: string) => `  and ${whole(n)} more, ${cost}`,
  noCaps: 'No spending cap is set.',
  cap: (cap: Cap, spent: string, left: string, until: string) =>
    `Cap of ${capName(cap)}: ${spent} spent, ${left} left until ${until}`,
  capEach: (cap: Cap) => `Cap of ${capName(cap)}`,
  tables: {
    person: 'By person, this month:',
    model: 'By model, this month:',
    task: 'By task, this month:',
    day: 'By day, the last 30 days:',
  },
  task: (id: string) => `task ${id}`,
  noTask: 'no task',
  noModel: 'model not known',
  more: 'More: /usage person, model, task or day',
  /** Why no model was asked, and the way out; `model` is one whose price nobody knows. */
  refused: (refused: Refused): string => {
    const { state, mostUsd, model } = refused
    const [cap, most] = [capName(state.cap), usdText(mostUsd)]
    const waysOut = '/model builtin costs nothing; the owner can raise the cap under budget in config.yaml.'
    switch (whyRefused(refused)) {
      case 'unpriced':
        return (
          `I do not know what ${model} costs, and under a spending cap (${cap}) I ask only models whose price I know. ` +
          `Give it a price in config.yaml, or choose another with /model.`
        )
      case 'too-dear':
        return (
          `This may cost up to ${most}, more than the whole spending cap of ${cap} allows, so I asked no model. ` +
          `The owner can lower answer_tokens under conversation, or raise the cap under budget, in config.yaml; /model builtin costs nothing.`
        )
      case 'held':
        return (
          `The rest of the spending cap of ${cap} is set aside for calls that are under way (${usdText(state.reservedUsd)}; this may cost up to ${most}), ` +
          `so I asked no model. What they do not use is free again as soon as they end: ask again in a moment. ${waysOut}`
        )
      case 'spent':
        return (
          `The spending cap of ${cap} has no room for this (it may cost up to ${most}, and ${usdText(state.spentUsd)} is spent), so I asked no model. ` +
          `It begins anew with the next ${state.cap.period}. ${waysOut} /usage shows what was spent.`
        )
    }
  },
  notice: (cap: Cap, percent: number, spent: string, owner: string | undefined, until: string) =>
    `${percent < 100 ? `At least ${percent} % of a spending cap is used` : 'A spending cap has refused a call'}: ` +
    `${capName(cap)}${owner === undefined ? '' : ` (${owner})`}, ${spent} spent so far. The period ends ${until}. ` +
    `/usage shows more; the cap stands under budget in config.yaml.`,
}

const whoseChinese = { total: '合计', person: '每人', task: '每个任务' }
const capNameChinese = ({ usd, period, of }: Cap): string =>
  `${whoseChinese[of]}每${period === 'day' ? '天' : '月'} ${usdText(usd)}`

/** What Moltbot says of money and usage, in Chinese. */
export const usageChinese: typeof usageEnglish = {
  usd: usdText,
  nothing: '本月还没有调用过模型。',
  today: '今天',
  month: '本月',
  sum: (when, cells) => `${when}：${cells.join('，')}`,
  calls: (n) => `${whole(n)} 次调用`,
  tokens: (inTokens, outTokens) => `输入 ${tokensText(inTokens)} 词元，输出 ${tokensText(outTokens)}`,
  unpriced: (n) => `${whole(n)} 次调用价格未知`,
  and: (one, other) => `${one}，另有 ${other}`,
  hits: (hits, percent) => `本月来自缓存：${whole(hits)} 个回答，占 ${percent} %，省下同样多的调用。`,
  row: (name, cells) => `  ${name}：${cells.join('，')}`,
  hitsShort: (hits) => `缓存 ${whole(hits)} 次`,
  rest: (n, cost) => `  另有 ${whole(n)} 项，${cost}`,
  noCaps: '没有设定花费上限。',
  cap: (cap, spent, left, until) => `上限 ${capNameChinese(cap)}：已花 ${spent}，到 ${until} 前还剩 ${left}`,
  capEach: (cap) => `上限 ${capNameChinese(cap)}`,
  tables: {
    person: '本月按人：',
    model: '本月按模型：',
    task: '本月按任务：',
    day: '最近 30 天，按天：',
  },
  task: (id) => `任务 ${id}`,
  noTask: '无任务',
  noModel: '模型未知',
  more: '更多：/用量 人、模型、任务 或 天',
  refused: (refused) => {
    const { state, mostUsd, model } = refused
    const [cap, most] = [capNameChinese(state.cap), usdText(mostUsd)]
    const waysOut = '/模型 builtin 不花钱；主人可以在 config.yaml 的 budget 中提高上限。'
    switch (whyRefused(refused)) {
      case 'unpriced':
        return (
          `我不知道 ${model} 的价格；设了花费上限（${cap}）时，我只调用知道价格的模型。` +
          `请在 config.yaml 里写上它的价格，或用 /模型 换一个。`
        )
      case 'too-dear':
        return (
          `这次请求最多可能花 ${most}，超过了整个花费上限（${cap}），所以我没有调用模型。` +
          `主人可以在 config.yaml 中调低 conversation 的 answer_tokens，或提高 budget 中的上限；/模型 builtin 不花钱。`
        )
      case 'held':
        return (
          `花费上限（${cap}）的剩余额度正留给进行中的调用（${usdText(state.reservedUsd)}；这次最多可能花 ${most}），` +
          `所以我没有调用模型。它们结束后，没用完的额度会马上释放：请稍后再问。${waysOut}`
        )
      case 'spent':
        return (
          `花费上限（${cap}）的剩余额度不够这次请求（最多可能花 ${most}，已花 ${usdText(state.spentUsd)}），所以我没有调用模型。` +
          `${state.cap.period === 'day' ? '明天' : '下月'}重新开始计算。${waysOut}/用量 显示已花多少。`
        )
    }
  },
  notice: (cap, percent, spent, owner, until) =>
    `${percent < 100 ? `花费上限已用去 ${percent} % 以上` : '花费上限拒绝了一次调用'}：` +
    `${capNameChinese(cap)}${owner === undefined ? '' : `（${owner}）`}，目前已花 ${spent}。本期到 ${until} 结束。` +
    `/用量 显示详情；上限在 config.yaml 的 budget 中。`,
}

/** `$12.40`, `$0.0031`; so little that it would round to nothing is `<$0.0001`. */
function usdText(usd: number): string {
  if (usd > 0 && usd < 0.0001) return '<$0.0001'
  const digits = usd >= 1 ? 2 : 4
  return `$${usd.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: digits })}`
}

/** `9,310`, `48.2 k`, `1.2 M`. */
function tokensText(tokens: number): string {
  if (tokens < 10_000) return whole(tokens)
  const [size, unit] = tokens < 999_950 ? ([1e3, 'k'] as const) : ([1e6, 'M'] as const)
  return `${(tokens / size).toLocaleString('en', { maximumFractionDigits: 1 })} ${unit}`
}

function whole(n: number): string {
  return n.toLocaleString('en')
}
