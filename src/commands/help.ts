import { z } from 'zod'
import { command, type AnyCommand } from '../command.ts'
import { nearest } from '../nearest.ts'
import { wordsOf } from '../words.ts'

/** /help: what Moltbot can do, or one command in detail. */
export function createHelp(commands: () => readonly AnyCommand[]): AnyCommand {
  return command({
    name: 'help',
    aliases: ['?', '帮助', '你会什么', 'commands'],
    summary: { en: 'what I can do', zh: '我会做什么' },
    usage: { en: 'help [command]', zh: '帮助 [命令]' },
    args: z.object({ command: z.string().optional() }),
    words: ['command'],
    tier: () => 'read',
    tool: true,
    run: async ({ command: wanted }, { language }) => {
      const words = wordsOf(language)
      const all = commands()
      if (wanted === undefined) {
        const lines = all.map((one) => `/${one.usage[language]}\n    ${one.summary[language]}`)
        const data = all.map(({ name, aliases, usage, summary }) => ({
          name,
          aliases,
          usage: usage[language],
          summary: summary[language],
        }))
        return {
          reply: { text: [words.help.intro, ...lines, words.help.outro].join('\n'), status: 'done', data },
        }
      }
      const name = wanted.replace(/^[/／]/u, '').toLowerCase()
      const one = all.find((other) => other.name === name || other.aliases.includes(name))
      if (one === undefined) {
        const text = words.unknownCommand(
          name,
          nearest(
            name,
            all.map((other) => other.name),
          ),
        )
        return { reply: { text, status: 'misused' } }
      }
      const { aliases, summary } = one
      const usage = one.usage[language]
      const [called] = usage.split(' ')
      const others = [one.name, ...aliases].filter((other) => other !== called)
      const text = words.help.one(called ?? one.name, summary[language], usage, others)
      return {
        reply: { text, status: 'done', data: { name: one.name, usage, aliases, summary: summary[language] } },
      }
    },
  })
}
