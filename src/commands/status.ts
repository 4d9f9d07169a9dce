import { z } from 'zod'
import { command, type AnyCommand } from '../command.ts'
import type { Status } from '../health.ts'
import { wordsOf } from '../words.ts'

/** /status: how Moltbot is. */
export function createStatus(status: () => Status): AnyCommand {
  return command({
    name: 'status',
    aliases: ['状态'],
    summary: { en: 'how I am', zh: '我的状态' },
    usage: 'status',
    args: z.object({}),
    tier: () => 'read',
    urgent: true,
    tool: true,
    run: async (_, { language, zone }) => {
      const words = wordsOf(language).status
      const now = status()
      const { queued, held, unknown, failed } = now.posts
      const next = now.nextDueMs === null ? undefined : timeIn(now.nextDueMs, zone, language)
      const lines = [
        words.up(now.version, lengthOf(now.upMs)),
        words.model(now.models.join(' → ')),
        words.platforms(now.platforms.join(', ')),
        words.tasks(now.activeTasks, next),
        // One of them is this very question.
        words.waiting(Math.max(0, now.waiting - 1)),
        words.posts(queued, held, unknown, failed),
        words.data(now.dataFolder, mebibytes(now.dataBytes)),
        words.memory(mebibytes(now.residentBytes)),
        ...(now.stalledTasks.length === 0 ? [] : [words.stalled(now.stalledTasks)]),
        ...now.troubles.map(words.trouble),
      ]
      return { reply: { text: lines.join('\n'), status: 'done', data: now } }
    },
  })
}

function timeIn(ms: number, zone: string, language: string): string {
  return new Intl.DateTimeFormat(language, {
    timeZone: zone,
    dateStyle: 'medium',
    timeStyle: 'short',
  }).format(ms)
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1)
}

/** A length of time in its two largest units: `3d 4h`, `2h 5m`, `41s`. */
function lengthOf(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3_600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ]
  const first = parts.findIndex(([n]) => n > 0)
  const shown = first === -1 ? parts.slice(-1) : parts.slice(first, first + 2)
  return shown.map(([n, unit]) => `${n}${unit}`).join(' ')
}
