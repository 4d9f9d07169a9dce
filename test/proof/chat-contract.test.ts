import { createChat } from '../../proof/chat.ts'
import { createChatPlatform, type Mood } from '../../proof/platform.ts'
import { adapterContract } from '../contracts/adapter.ts'

adapterContract('chat, the platform of the proofs', async () => {
  const moods: Mood[] = []
  const platform = await createChatPlatform({ mood: () => moods.shift() ?? 'at-once' })
  const { url, token } = platform
  return {
    adapter: createChat({ url, token, timeoutMs: 2_000, graceMs: 10, paceMs: 0 }),
    say: platform.say,
    canRepeat: true,
    here: { adapter: 'chat', account: 'home', channel: 'general' },
    targets: ['chat:general', 'chat:room-7'],
    arrived: async () => platform.held().map(({ text }) => text),
    asked: {
      loseAnswer: () => moods.push('reset'),
      shown: async () => undefined,
      cutOff: platform.vanish,
    },
    close: platform.vanish,
  }
})
