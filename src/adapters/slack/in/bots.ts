import QuickLRU from 'quick-lru'

/** A message that was answered. */
export type Answered = { readonly id: string; readonly author: string }

/** How often each other bot was answered in a channel, and its threads, since a person wrote there. */
export type BotTurns = {
  /** Takes one of at most `most` turns of a bot for a message; false where none is left. The same message takes one only. */
  readonly take: (channel: string, message: Answered, most: number) => boolean
  /** A person wrote there. */
  readonly end: (channel: string) => void
}

/** The least recent of them are forgotten, and looked up again. */
const mostChannels = 2_000

/** `before` gives the messages of bots that were answered in a channel since a person was, as far as they are known. */
export function createBotTurns(before: (channel: string) => readonly Answered[]): BotTurns {
  const turns = new QuickLRU<string, readonly Answered[]>({ maxSize: mostChannels })
  return {
    take: (channel, message, most) => {
      const all = turns.get(channel) ?? before(channel)
      const taken = all.filter(({ author }) => author === message.author)
      if (taken.some(({ id }) => id === message.id)) return true
      if (taken.length >= most) return false
      turns.set(channel, [...all, message])
      return true
    },
    end: (channel) => void turns.set(channel, []),
  }
}
