import QuickLRU from 'quick-lru'

/** How often other bots were answered in a thread since a person wrote there; the least recent threads are forgotten. */
export type BotTurns = {
  /** Takes one of at most `most` turns for a message; false where none is left. The same message takes one only. */
  readonly take: (lane: string, messageId: string, most: number) => boolean
  /** A person wrote there. */
  readonly end: (lane: string) => void
}

const mostThreads = 2_000

export function createBotTurns(): BotTurns {
  const turns = new QuickLRU<string, ReadonlySet<string>>({ maxSize: mostThreads })
  return {
    take: (lane, messageId, most) => {
      const taken = turns.get(lane) ?? new Set()
      if (taken.has(messageId)) return true
      if (taken.size >= most) return false
      turns.set(lane, new Set([...taken, messageId]))
      return true
    },
    end: (lane) => void turns.delete(lane),
  }
}
