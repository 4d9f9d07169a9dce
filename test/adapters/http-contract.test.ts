import { createHttp } from '../../src/adapters/http/http.ts'
import type { Log } from '../../src/log.ts'
import type { Reply } from '../../src/message.ts'
import { adapterContract } from '../contracts/adapter.ts'
import { get, noRuns, post } from './http-house.ts'

adapterContract('HTTP', async () => {
  const kept: { id: number; post: Parameters<typeof adapter.send>[0] }[] = []
  const log = { info: () => undefined, error: () => undefined } as unknown as Log
  const adapter = createHttp({
    host: '127.0.0.1',
    port: 0,
    allowedHosts: () => [],
    readiness: () => ({ ready: true, troubles: [] }),
    metrics: async () => ({ contentType: 'text/plain', text: '' }),
    answersTo: () => [],
    held: () => kept,
    settle: async (ids) => void kept.splice(0, kept.findIndex((row) => row.id === ids.at(-1)) + 1),
    runs: noRuns,
    routes: [],
    now: Date.now,
    sleep: () => Promise.resolve(),
    log,
  })
  const url = (): string => `http://127.0.0.1:${adapter.port() ?? 1}`
  return {
    adapter: {
      ...adapter,
      send: async (one, signal) => {
        const delivery = await adapter.send(one, signal)
        if (delivery.kind === 'held') kept.push({ id: kept.length + 1, post: one })
        return delivery
      },
    },
    canRepeat: true,
    here: { adapter: 'http', account: 'local', channel: 'talk' },
    targets: ['http:talk', 'http:一个', 'http:a b/c'],
    say: async (text, event) => {
      const said = await post(url(), { text, conversation: 'talk', id: event }).catch(() => undefined)
      return said?.status === 200 || said?.status === 202 ? 'acknowledged' : 'refused'
    },
    arrived: async () => {
      const { body } = await get(`${url()}/api/messages?conversation=talk`)
      return (body as { replies: Reply[] }).replies.map(({ text }) => text)
    },
  }
})
