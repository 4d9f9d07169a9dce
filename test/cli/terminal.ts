import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { temporaryFolder } from '../doubles/folder.ts'
import { startVendor } from '../doubles/vendor.ts'
import { launchMoltbot, startMoltbot, terminalMaker, writeConfig } from './moltbot.ts'

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
  test(
    'a task made at a shell offers one run on the spot, and a yes there runs it where Moltbot runs',
    { skip },
    async (t) => {
      const data = `${temporaryFolder(t)}/data`
      const serving = await startMoltbot(t, { data })
      const words = ['chat', 'every', 'day', 'at', '8', 'digest', 'examples/feed.xml']
      const shell = launchMoltbot(t, words, { data, onTerminal: true })
      await shell.until(/Shall I\? \(yes \/ no\) /u)
      shell.type('yes\r')
      await shell.until(/Task 1 is set\.[^]*Say yes, or leave it\. /u)
      shell.type('yes\r')
      await shell.until(/Task 1 .* runs now/u)
      assert.equal((await shell.ended).code, 0)
      await serving.until(/Harbour Weekly/u)
    },
  )
}
