import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { temporaryFolder } from '../doubles/folder.ts'
import { startVendor } from '../doubles/vendor.ts'
import { launchMoltbot, terminalMaker, writeConfig } from './moltbot.ts'

/** A person at a terminal. */
export function terminals(): void {
  const skip = existsSync(terminalMaker) ? false : `needs ${terminalMaker} of util-linux`
  for (const command of ['chat', 'start'] as const) {
    test(
      `a line typed at “moltbot ${command}” is answered once, and Ctrl-D ends it with 0`,
      { skip },
      async (t) => {
        const folder = temporaryFolder(t)
        const vendor = await startVendor()
        t.after(vendor.close)
        const around = { data: `${folder}/data`, config: writeConfig(folder, vendor.origin) }
        const running = launchMoltbot(t, [command], { ...around, onTerminal: true })
        await running.until(command === 'chat' ? /› / : /^Next[^›]*$/mu)
        running.type('What is the capital of France?\r')
        await running.until(/capital of France\.[^›]*› /u)
        running.type('\u0004')
        assert.equal((await running.ended).code, 0)
        assert.equal(vendor.requests.length, 1)
        assert.equal(running.stdout().split('Paris is the capital of France.').length, 2)
      },
    )
  }
}
