import { z } from 'zod'
import { command, type AnyCommand } from '../command.ts'
import type { Status } from '../health.ts'
import { mayActAs } from '../people.ts'
import { wordsOf, type Language, type Words } from '../words.ts'

/** /status: how Moltbot is; the machine that it runs on, and what is wrong there, for admins alone. */
export function createStatus(
  status: () => Status,
  formatTime: (ms: number, zone: string, language: Language) => string,
): AnyCommand {
  return command({
    name: 'status',
    aliases: ['状态'],
    summary: { en: 'how I am', zh: '我的状态' },
    usage: { en: 'status', zh: '状态' },
    args: z.object({}),
    tier: () => 'read',
    urgent: true,
    tool: true,
    run: async (_, { person, language, zone }) => {
      const words = wordsOf(language).status
      const now = status()
      const { version, upMs, models, waiting, troubles, stalledTasks } = now
      const brief = [
        words.up(version, lengthOf(upMs, words.units)),
        words.model(models.join(' → ')),
        // One of them is this very question.
        words.waiting(Math.max(0, waiting - 1)),
      ]
      if (!mayActAs(person.role, 'admin')) {
        const isTroubled = troubles.length + stalledTasks.length > 0
        const text = [...brief, ...(isTroubled ? [words.someTrouble] : [])].join('\n')
        return { reply: { text, status: 'done', data: { version, upMs, models, waiting, isTroubled } } }
      }
      const { queued, held, unknown, failed } = now.posts
      const next = now.nextDueMs === null ? undefined : formatTime(now.nextDueMs, zone, language)
      const lines = [
        ...brief,
        words.platforms(now.platforms.join(', ')),
        words.tasks(now.activeTasks, next),
        words.posts(queued, held, unknown, failed),
        words.data(now.dataFolder, mebibytes(now.dataBytes)),
        words.memory(mebibytes(now.residentBytes)),
        ...(stalledTasks.length === 0 ? [] : [words.stalled(stalledTasks)]),
        ...troubles.map(words.trouble),
      ]
      return { reply: { text: lines.join('\n'), status: 'done', data: now, aside: true } }
    },
  })
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1)
}

/** A length of time in its two largest units: `3d 4h`, `2h 5m`, `41s`. */
function lengthOf(ms: number, [day, hour, minute, second]: Words['status']['units']): string {
  const seconds = Math.floor(ms / 1000)
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), day],
    [Math.floor(seconds / 3_600) % 24, hour],
    [Math.floor(seconds / 60) % 60, minute],
    [seconds % 60, second],
  ]
  const first = parts.findIndex(([n]) => n > 0)
  const shown = first === -1 ? parts.slice(-1) : parts.slice(first, first + 2)
  return shown.map(([n, unit]) => `${n}${unit}`).join(' ')
}
