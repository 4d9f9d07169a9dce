import type { Price } from './config.ts'
import type { Choice, Try } from './model.ts'

/** What a try came to, as the words of /model why tell it. */
export type TryWords = Pick<Try, 'model' | 'outcome'> & {
  /** The fault in words, where there is one. */
  readonly reason: string | undefined
  readonly firstMs: number | undefined
  readonly totalMs: number
  /** Such as `$0.0031`; undefined is not known. */
  readonly cost: string | undefined
}

export const modelsEnglish = {
  list: 'Routes:',
  byWeight: (parts: string) => `${parts} (by chance, in these parts)`,
  byMeasure: (models: string) => `${models} (the best of what was measured)`,
  hedged: (route: string) => `${route}; where the first is slow, a second one too`,
  here: 'this conversation',
  models: 'Models:',
  howTo:
    '/model <name> chooses a route or a single model for this conversation; /model default reset undoes it.',
  /** What stands between the facts about a model. */
  apart: '; ',
  ready: 'ready',
  resting: (wait: string | undefined, reason: string) =>
    wait === undefined ? `not asked any more: ${reason}` : `resting for ${wait}: ${reason}`,
  probing: (reason: string) => `being tried again: ${reason}`,
  wait: (ms: number) => waitEnglish(ms),
  free: 'free',
  unpriced: (isBarred: boolean): string =>
    isBarred ? 'price not known, so not asked while a cap is in force' : 'price not known',
  price: ({ inputUsd, outputUsd }: Price) => `$${inputUsd} in, $${outputUsd} out a million tokens`,
  measured: (calls: number, success: number | undefined, firstMs: number | undefined) =>
    calls === 0
      ? 'not asked yet'
      : [
          `${calls} ${calls === 1 ? 'call' : 'calls'}`,
          success === undefined ? '' : `${Math.round(success * 100)} % answered`,
          firstMs === undefined ? '' : `first words after ${secondsOf(firstMs)} s`,
        ]
          .filter(Boolean)
          .join(', '),
  chosen: (name: string) =>
    `From now on this conversation uses ${name}. If it fails I say so, and ask nothing outside it. /model default reset undoes it.`,
  gone: (name: string) =>
    `This conversation uses ${name}, which is no longer there. /model default reset undoes that.`,
  reset: 'This conversation uses the default route again.',
  unknown: (name: string, nearest: string | undefined) =>
    `There is no route or model ${name}.${nearest === undefined ? '' : ` Did you mean ${nearest}?`} /model lists them.`,
  nothingYet: 'No model was asked in this conversation yet.',
  last: (model: string, route: string, time: string) =>
    `The last call here (${time}, ${route}) was answered by ${model}.`,
  lastFailed: (reason: string, route: string, time: string) =>
    `The last call here (${time}, ${route}) had no answer: ${reason}.`,
  lastHit: (route: string, time: string) =>
    `The last call here (${time}, ${route}) was answered from the cache: the same was asked shortly before.`,
  choice: {
    first: 'The route tries its models in order.',
    weight: 'The route chooses by chance, by its weights; this one was drawn first.',
    best: 'The route chooses by what was measured; this one had the best score.',
    trial: 'The route chooses by what was measured; this one was tried to learn how it does.',
  } satisfies Record<Choice, string>,
  tried: ({ model, outcome, reason, firstMs, totalMs, cost }: TryWords): string => {
    const price = cost === undefined ? 'price not known' : cost
    switch (outcome) {
      case 'answered':
        return `${model}: answered in ${secondsOf(totalMs)} s${firstMs === undefined ? '' : `, first words after ${secondsOf(firstMs)} s`}, ${price}`
      case 'outrun':
        return `${model}: another one was quicker, ${price}`
      case 'unable':
        return `${model}: passed over, it lacks what was needed`
      case 'resting':
        return `${model}: passed over, it rests${reason === undefined ? '' : ` (${reason})`}`
      default:
        return `${model}: ${reason ?? outcome}, after ${secondsOf(totalMs)} s, ${price}`
    }
  },
  scores: 'Scores now (higher is better):',
  score: (model: string, score: string, measured: string, cost: string | undefined) =>
    `${model}: ${score} (${measured}, ${cost === undefined ? 'price not known' : `${cost} a call`})`,
  deadKey: (model: string) =>
    `The key of ${model} is not accepted, so nothing behind it is asked any more. Put a valid key in its place: change api_key in config.yaml, or restart Moltbot where the environment has it.`,
  noCredit: (model: string) =>
    `The account behind the key of ${model} has no credit left. It is tried again every 15 minutes; top it up.`,
}

export const modelsChinese: typeof modelsEnglish = {
  list: '路由：',
  byWeight: (parts) => `${parts}（按权重随机）`,
  byMeasure: (models) => `${models}（按实测择优）`,
  hedged: (route) => `${route}；第一个慢时同时问第二个`,
  here: '此对话',
  models: '模型：',
  howTo: '/模型 <名称> 为此对话选择路由或单个模型；/模型 恢复默认 可撤销。',
  apart: '；',
  ready: '可用',
  resting: (wait, reason) => (wait === undefined ? `不再使用：${reason}` : `暂停 ${wait}：${reason}`),
  probing: (reason) => `正在重新尝试：${reason}`,
  wait: (ms) => (ms < 120_000 ? `${Math.max(1, Math.ceil(ms / 1000))} 秒` : `${Math.ceil(ms / 60_000)} 分钟`),
  free: '免费',
  unpriced: (isBarred) => (isBarred ? '价格未知，因此有花费上限时不使用' : '价格未知'),
  price: ({ inputUsd, outputUsd }) => `每百万词元输入 $${inputUsd}、输出 $${outputUsd}`,
  measured: (calls, success, firstMs) =>
    calls === 0
      ? '尚未使用'
      : [
          `${calls} 次调用`,
          success === undefined ? '' : `${Math.round(success * 100)} % 成功`,
          firstMs === undefined ? '' : `${secondsOf(firstMs)} 秒后出首字`,
        ]
          .filter(Boolean)
          .join('，'),
  chosen: (name) => `此对话从现在起使用 ${name}。它若失败我会说明，不会改问其他模型。/模型 恢复默认 可撤销。`,
  gone: (name) => `此对话使用 ${name}，而它已不存在。/模型 恢复默认 可撤销。`,
  reset: '此对话恢复使用默认路由。',
  unknown: (name, nearest) =>
    `没有名为 ${name} 的路由或模型。${nearest === undefined ? '' : `你是说 ${nearest} 吗？`}/模型 列出全部。`,
  nothingYet: '此对话还没有调用过模型。',
  last: (model, route, time) => `此处最近一次调用（${time}，${route}）由 ${model} 作答。`,
  lastFailed: (reason, route, time) => `此处最近一次调用（${time}，${route}）没有得到回答：${reason}。`,
  lastHit: (route, time) => `此处最近一次调用（${time}，${route}）来自缓存：不久前有同样的提问。`,
  choice: {
    first: '该路由按顺序尝试其模型。',
    weight: '该路由按权重随机选择；这次先抽到了它。',
    best: '该路由按实测选择；它得分最高。',
    trial: '该路由按实测选择；这次是为了解它的表现而试用。',
  },
  tried: ({ model, outcome, reason, firstMs, totalMs, cost }) => {
    const price = cost === undefined ? '价格未知' : cost
    switch (outcome) {
      case 'answered':
        return `${model}：${secondsOf(totalMs)} 秒内答完${firstMs === undefined ? '' : `，${secondsOf(firstMs)} 秒后出首字`}，${price}`
      case 'outrun':
        return `${model}：另一个更快，${price}`
      case 'unable':
        return `${model}：跳过，缺少所需能力`
      case 'resting':
        return `${model}：跳过，正在暂停${reason === undefined ? '' : `（${reason}）`}`
      default:
        return `${model}：${reason ?? outcome}，用时 ${secondsOf(totalMs)} 秒，${price}`
    }
  },
  scores: '当前得分（越高越好）：',
  score: (model, score, measured, cost) =>
    `${model}：${score}（${measured}，${cost === undefined ? '价格未知' : `每次 ${cost}`}）`,
  deadKey: (model) =>
    `${model} 的密钥不被接受，因此不再使用该密钥下的任何模型。请换上有效密钥：修改 config.yaml 中的 api_key；若密钥在环境变量中，则重启 Moltbot。`,
  noCredit: (model) => `${model} 的密钥所属账户余额不足。每 15 分钟重试一次；请充值。`,
}

function waitEnglish(ms: number): string {
  return ms < 120_000 ? `${Math.max(1, Math.ceil(ms / 1000))} s` : `${Math.ceil(ms / 60_000)} min`
}

/** Seconds with one digit after the point, or two where they are few. */
function secondsOf(ms: number): string {
  return (ms / 1000).toFixed(ms < 995 ? 2 : 1)
}
