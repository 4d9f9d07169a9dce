import { z } from 'zod'
import { command, type AnyCommand } from '../command.ts'
import { addressKey } from '../message.ts'
import { nearest } from '../nearest.ts'
import { wordsOf } from '../words.ts'

/** A route as /model lists it. */
export type RouteView = { readonly name: string; readonly models: readonly string[] }

type Parts = {
  readonly routes: () => readonly RouteView[]
  /** The route that a conversation chose, or null. */
  readonly chosen: (conversation: string) => string | null
}

/** /model: which models there are, and which one this conversation uses. */
export function createModelCommand({ routes, chosen }: Parts): AnyCommand {
  return command({
    name: 'model',
    aliases: ['models', '模型'],
    summary: {
      en: 'list the models, or choose a route for this conversation',
      zh: '列出模型，或为此对话选择路由',
    },
    usage: 'model [route | reset]',
    args: z.object({ route: z.string().optional() }),
    words: ['route'],
    tier: ({ route }) => (route === undefined ? 'read' : 'ask'),
    tool: true,
    run: async ({ route }, { address, language }) => {
      const words = wordsOf(language).model
      const conversation = addressKey(address)
      const all = routes()
      if (route === undefined) {
        const current = chosen(conversation) ?? 'default'
        const lines = all.map(({ name, models }) => {
          const mark = name === current ? `  ← ${words.here}` : ''
          return `${name}: ${models.join(' → ')}${mark}`
        })
        return {
          reply: { text: [words.list, ...lines].join('\n'), status: 'done', data: { current, routes: all } },
        }
      }
      const name = route.toLowerCase()
      if (name === 'reset') {
        return {
          reply: { text: words.reset, status: 'done' },
          writes: [['conversations.route', conversation, null]],
        }
      }
      const names = all.map((one) => one.name)
      if (!names.includes(name))
        return { reply: { text: words.unknown(name, nearest(name, names)), status: 'misused' } }
      return {
        reply: { text: words.chosen(name), status: 'done' },
        writes: [['conversations.route', conversation, name]],
      }
    },
  })
}
