import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { createSlackDouble } from './slack.ts'
import { isRecord } from './wire.ts'

/**
 * Runs the double by itself. The first line on stdout is JSON with its URL and tokens; each line on stdin is an order,
 * `{"id": 1, "do": "say", "with": [{…}]}`, named and given as in SlackDouble, and answered by a line `{"id", "result"}` or `{"id",
 * "error"}`. It ends with its stdin.
 */
const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    'rate-per-channel-ms': { type: 'string', default: '0' },
  },
})
const slack = await createSlackDouble({
  port: Number(values.port),
  ratePerChannelMs: Number(values['rate-per-channel-ms']),
})
const { apiUrl, team, appId, appToken, signingSecret, bot } = slack
const tell = (line: unknown): void => void process.stdout.write(`${JSON.stringify(line)}\n`)
tell({ apiUrl, team, appId, appToken, signingSecret, bot, pid: process.pid })

async function obey(line: string): Promise<void> {
  const order: unknown = JSON.parse(line)
  if (!isRecord(order)) throw new Error(`not an order: ${line}`)
  const { id, do: name, with: given = [] } = order
  try {
    const act: unknown = Reflect.get(slack, String(name))
    if (typeof act !== 'function' || !Array.isArray(given))
      throw new Error(`the double cannot ${String(name)}`)
    tell({ id, result: await act(...given) })
  } catch (error) {
    tell({ id, error: error instanceof Error ? error.message : String(error) })
  }
}

for await (const line of createInterface({ input: process.stdin })) void obey(line)
await slack[Symbol.asyncDispose]()
