import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { ask } from './ask.ts'

test('the double runs by itself, takes orders line by line and ends with its stdin', async () => {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'serve.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async (): Promise<Record<string, unknown>> => JSON.parse(String((await lines.next()).value))
  const order = async (line: unknown): Promise<Record<string, unknown>> => {
    child.stdin.write(`${JSON.stringify(line)}\n`)
    return next()
  }
  const told = await next()
  const { result: channel } = await order({ id: 1, do: 'channel', with: ['general'] })
  const bot = { token: String(Object(told['bot'])['token']) }
  await ask({ apiUrl: String(told['apiUrl']), bot }, 'chat.postMessage', { channel, text: 'hi' })
  const { result: messages } = await order({ id: 2, do: 'messages', with: [channel] })
  assert.equal(Object(messages)[0].asSeen, 'hi')
  assert.deepEqual(await order({ id: 3, do: 'sing' }), { id: 3, error: 'the double cannot sing' })
  child.stdin.end()
  assert.deepEqual(await exited, [0, null])
})
