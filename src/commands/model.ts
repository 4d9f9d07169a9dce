import { z } from 'zod'
import { command, type AnyCommand, type Outcome } from '../command.ts'
import type { RouteConfig } from '../config.ts'
import { addressKey, type Address } from '../message.ts'
import type { ModelStatus } from '../model.ts'
import { nearest } from '../nearest.ts'
import { wordsOf, type Words } from '../words.ts'
import { explain, type WhyParts } from './model-why.ts'

/** A route as /model lists it. */
export type RouteView = RouteConfig & { readonly name: string }

type Parts = WhyParts & {
  readonly routes: () => readonly RouteView[]
  readonly models: () => Promise<readonly ModelStatus[]>
  /** The route or model that a conversation chose, or null. */
  readonly chosen: (conversation: string) => string | null
}

/** /model: which routes and models there are, which this conversation uses, and why the last answer came from where it came. */
export function createModelCommand(parts: Parts): AnyCommand {
  return command({
    name: 'model',
    aliases: ['models', '模型'],
    summary: {
      en: 'list the models, choose one for this conversation, or tell why one answered',
      zh: '列出模型、为此对话选择模型，或说明为何由它作答',
    },
    usage: { en: 'model [name | why | default reset]', zh: '模型 [名称 | 为什么 | 恢复默认]' },
    args: z.object({ name: z.string().optional() }),
    words: ['name'],
    tier: ({ name }) => (name === undefined || isWhy(name) ? 'read' : 'ask'),
    tool: true,
    run: async ({ name }, { address, language, nowMs, zone }) => {
      const conversation = addressKey(address)
      const words = wordsOf(language)
      if (name === undefined) return list(conversation, nowMs, words, parts)
      if (isWhy(name)) return explain(conversation, { language, zone }, words, parts)
      return choose(name.trim().toLowerCase(), address, words, parts)
    },
  })
}

function isWhy(name: string): boolean {
  return /^(?:why|为什么)$/iu.test(name.trim())
}

async function choose(name: string, address: Address, words: Words, parts: Parts): Promise<Outcome> {
  const conversation = addressKey(address)
  if (/^(?:(?:default\s+)?reset|恢复默认)$/u.test(name)) {
    const { thread: _, ...channel } = address
    // A thread that chose nothing has the route of its channel.
    const isInherited = address.thread !== undefined && parts.chosen(addressKey(channel)) !== null
    return {
      reply: { text: words.model.reset, status: 'done' },
      writes: [['conversations.route', conversation, isInherited ? 'default' : null]],
    }
  }
  const names = [...parts.routes(), ...(await parts.models())].map((one) => one.name)
  if (!names.includes(name))
    return { reply: { text: words.model.unknown(name, nearest(name, names)), status: 'misused' } }
  return {
    reply: { text: words.model.chosen(name), status: 'done' },
    writes: [['conversations.route', conversation, name]],
  }
}

async function list(conversation: string, nowMs: number, words: Words, parts: Parts): Promise<Outcome> {
  const routes = parts.routes()
  const models = await parts.models()
  const current = parts.chosen(conversation) ?? 'default'
  const mark = (line: string, name: string): string =>
    name === current ? `${line}  ← ${words.model.here}` : line
  // A name may be that of a route and of a model; then it means the route.
  const isRoute = routes.some(({ name }) => name === current)
  const text = [
    words.model.list,
    ...routes.map((route) => mark(`${route.name}: ${routeLine(route, words)}`, route.name)),
    words.model.models,
    ...models.map((model) => {
      const line = `${model.name}: ${modelLine(model, nowMs, words)}`
      return isRoute ? line : mark(line, model.name)
    }),
    ...(isRoute || models.some(({ name }) => name === current) ? [] : [words.model.gone(current)]),
    words.model.howTo,
  ].join('\n')
  return { reply: { text, status: 'done', data: { current, routes, models } } }
}

function routeLine({ models, choose: how, weights, hedge }: RouteView, words: Words): string {
  const line = {
    order: () => models.join(' → '),
    weights: () => words.model.byWeight(models.map((name, i) => `${name} ${part(weights, i)} %`).join(', ')),
    auto: () => words.model.byMeasure(models.join(', ')),
  }[how]()
  return hedge ? words.model.hedged(line) : line
}

function part(weights: readonly number[], i: number): number {
  const all = weights.reduce((sum, weight) => sum + weight, 0)
  return Math.round(((weights[i] ?? 0) / all) * 100)
}

function modelLine(
  { name, model, state, price, isBarred, calls, success, firstMs }: ModelStatus,
  nowMs: number,
  words: Words,
): string {
  const about = words.model
  return [
    ...(model === name ? [] : [model]),
    stateLine(state, nowMs, words),
    price === undefined
      ? about.unpriced(isBarred)
      : price.inputUsd + price.outputUsd === 0
        ? about.free
        : about.price(price),
    about.measured(calls, success, firstMs),
  ].join(about.apart)
}

function stateLine(state: ModelStatus['state'], nowMs: number, words: Words): string {
  if (state.kind === 'ready') return words.model.ready
  const reason = words.faults[state.fault]
  if (state.kind === 'probing') return words.model.probing(reason)
  const wait = state.untilMs === undefined ? undefined : words.model.wait(state.untilMs - nowMs)
  return words.model.resting(wait, reason)
}
