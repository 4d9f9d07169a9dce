import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { temporaryFolder } from '../doubles/folder.ts'
import { startVendor } from '../doubles/vendor.ts'
import { launchMoltbot, moltbot, startMoltbot, writeConfig, type Running } from './moltbot.ts'

const mostStopMs = 10_000

/** Resolves once the model has been asked so many times. */
async function askedTimes(vendor: { readonly requests: readonly unknown[] }, times: number): Promise<void> {
  while (vendor.requests.length < times) await new Promise(setImmediate)
}

function count(running: Running, text: string): number {
  return running.stdout().split(text).length - 1
}

/** The end of a Moltbot that is in the middle of an answer. */
export function endings(): void {
  for (const name of ['SIGTERM', 'SIGKILL'] as const) {
    test(`after ${name} the message is answered by the next start, once`, async (t) => {
      const folder = temporaryFolder(t)
      const vendor = await startVendor([{ kind: 'stall', after: 'first' }])
      t.after(vendor.close)
      const around = { data: `${folder}/data`, config: writeConfig(folder, vendor.origin) }
      const first = await startMoltbot(t, around)
      const asking = launchMoltbot(t, ['chat', 'What is the capital of France?'], around)
      await askedTimes(vendor, 1)
      const beganMs = performance.now()
      first.signal(name)
      // One Ctrl-C comes twice, as npm hands it on; two signals without a gap would be one for the system.
      await setTimeout(50)
      first.signal(name)
      const { code } = await first.ended
      const tookMs = performance.now() - beganMs
      assert.equal(code, name === 'SIGTERM' ? 0 : null)
      assert.ok(tookMs < mostStopMs, `${tookMs} ms`)
      t.diagnostic(`${name} took ${Math.round(tookMs)} ms`)
      const told = await asking.ended
      assert.equal(told.code, 1)
      assert.match(
        told.stderr,
        /^the Moltbot that \w+ here went away before it answered; your message is kept .*\n$/u,
      )

      const second = await startMoltbot(t, around)
      await second.until(/Paris is the capital of France\./u)
      assert.equal(vendor.requests.length, 2)
      second.signal('SIGTERM')
      assert.equal((await second.ended).code, 0)
      assert.equal(count(second, 'Paris is the capital of France.'), 1)

      const { stdout } = await moltbot(['status', '--json'], around)
      const { waiting, posts } = JSON.parse(stdout).data
      // The one that waits is this very /status.
      assert.deepEqual(
        { waiting, posts },
        { waiting: 1, posts: { queued: 0, held: 0, unknown: 0, failed: 0 } },
      )
    })
  }
}
