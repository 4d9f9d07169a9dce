import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { temporaryFolder } from '../doubles/folder.ts'
import { launchMoltbot, moltbot, startMoltbot } from './moltbot.ts'

/** One folder, one Moltbot, and who else comes along. */
export function running(): void {
  test('two command lines at once on a folder that nobody runs both succeed', async (t) => {
    const data = `${temporaryFolder(t)}/data`
    const both = await Promise.all([moltbot(['status'], { data }), moltbot(['tasks'], { data })])
    for (const { code, stderr } of both) {
      assert.equal(code, 0, stderr)
      assert.match(stderr, /^Moltbot is not running: .*\n$/u)
    }
  })

  test('of two starts at once one ends with a clear sentence, and the other serves and is talked to', async (t) => {
    const data = `${temporaryFolder(t)}/data`
    const both = [launchMoltbot(t, ['start'], { data }), launchMoltbot(t, ['start'], { data })]
    const loser = await Promise.race(both.map(({ ended }) => ended))
    assert.equal(loser.code, 1)
    assert.match(loser.stderr, /^the data folder \S+ is in use by another Moltbot \(process \w+\)[^\n]*\n$/u)
    const winner = both.find((one) => !one.stderr().includes('in use'))
    await winner?.until(/^Next/mu)
    const { stdout, code } = await moltbot(['status', '--json'], { data })
    assert.equal(code, 0)
    const { platforms, troubles, dataFolder } = JSON.parse(stdout).data
    // Only the one that holds the folder listens on a port, so the reply came from there.
    const port = /127\.0\.0\.1:\d+/u.exec(winner?.stdout() ?? '')?.[0]
    assert.ok(platforms.includes(`http on ${port}`), stdout)
    assert.deepEqual(troubles, [])
    assert.equal(dataFolder, data)
  })

  test('a backup is made while Moltbot runs; restoring waits until it is stopped, and brings the tasks back', async (t) => {
    const data = `${temporaryFolder(t)}/data`
    const running = await startMoltbot(t, { data })
    await moltbot(['chat', '--yes', 'every day at 8 digest examples/feed.xml'], { data })
    const made = await moltbot(['backup'], { data })
    assert.equal(made.code, 0)
    const [, file = ''] = /^Backed up to (\S+)\n$/u.exec(made.stdout) ?? []
    assert.ok(existsSync(file))
    await moltbot(['run', 'tasks', 'remove', '1'], { data })

    const refused = await moltbot(['restore'], { data })
    assert.equal(refused.code, 1)
    assert.match(refused.stderr, /is in use by another Moltbot/u)
    running.signal('SIGTERM')
    await running.ended

    const restored = await moltbot(['restore'], { data })
    assert.equal(restored.code, 0)
    assert.match(restored.stdout, /^Restored from \S+; the files before it end in \.replaced\.\n$/u)
    const { stdout } = await moltbot(['tasks', '--json'], { data })
    assert.equal(JSON.parse(stdout).data.tasks.length, 1)
    const wrong = await moltbot(['restore', 'package.json'], { data })
    assert.equal(wrong.code, 1)
    assert.match(wrong.stderr, /package\.json/u)
  })

  test('a port that is taken is said, and Moltbot stays up without it', async (t) => {
    const data = `${temporaryFolder(t)}/data`
    const other = createServer()
    await once(other.listen(0, '127.0.0.1'), 'listening')
    t.after(() => other.close())
    const address = other.address()
    const port = typeof address === 'object' && address !== null ? String(address.port) : ''
    const env = { MOLTBOT_HTTP_PORT: port }
    const running = await startMoltbot(t, { data, env })
    assert.match(running.stderr(), new RegExp(`HTTP is off: port ${port} is taken by another program`, 'u'))
    const status = await moltbot(['status'], { data, env })
    assert.equal(status.code, 0)
    assert.match(status.stdout, new RegExp(`TROUBLE: .*port ${port} is taken`, 'u'))
  })
}
