import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { temporaryFolder } from '../doubles/folder.ts'
import { startVendor } from '../doubles/vendor.ts'
import { moltbot, startMoltbot, writeConfig } from './moltbot.ts'

/** A user who owns nothing; as root, whom no mode stops, the tests about rights become this one. */
const nobody = 65_534

/** Folders that cannot be written, and messages that nobody should send. */
export function inputs(): void {
  test('a data folder that cannot be made, or written, is said in a sentence with the remedy', async (t) => {
    const folder = temporaryFolder(t)
    chmodSync(folder, 0o755)
    mkdirSync(`${folder}/closed`, { mode: 0o555 })
    const around = {
      data: `${folder}/closed/data`,
      ...(process.getuid?.() === 0 ? { uid: nobody } : {}),
    }
    const [start, chat, doctor] = await Promise.all([
      moltbot(['start'], around),
      moltbot(['chat', 'hi'], around),
      moltbot(['doctor'], around),
    ])
    for (const { code, stderr } of [start, chat]) {
      assert.equal(code, 1)
      assert.match(stderr, /^\S+: .*permission denied.*; make it writable, or set MOLTBOT_DATA .*\n$/u)
    }
    assert.equal(doctor.code, 1)
    assert.match(doctor.stdout, /^✗ data: .*permission denied.* → make it writable/mu)
  })

  test('a data folder whose path is too long for a socket serves all the same, and says what that costs', async (t) => {
    const data = join(temporaryFolder(t), 'long'.repeat(40))
    const running = await startMoltbot(t, { data })
    await running.until(/too long a path for a socket; set MOLTBOT_DATA/u, 'stderr')
    running.signal('SIGTERM')
    assert.equal((await running.ended).code, 0)
  })

  // Only root can show it: an owner simply takes the rights back at the next start.
  const skip = process.getuid?.() === 0 ? false : 'needs root'
  test(
    'a folder that became read-only still answers what only looks, and says what is wrong',
    { skip },
    async (t) => {
      const folder = temporaryFolder(t)
      chmodSync(folder, 0o755)
      const data = `${folder}/data`
      assert.equal((await moltbot(['status'], { data })).code, 0)
      for (const file of readdirSync(data)) chmodSync(join(data, file), 0o444)
      chmodSync(data, 0o555)
      const around = { data, uid: nobody }
      const status = await moltbot(['status'], around)
      assert.equal(status.code, 0, status.stderr)
      assert.match(status.stdout, /^TROUBLE: .*make it writable, or set MOLTBOT_DATA/mu)
      const lost = await moltbot(['chat', '--yes', 'remind me in 1 hour to drink tea'], around)
      assert.equal(lost.code, 1)
      assert.match(
        lost.stdout,
        /^I cannot take this in: the data folder cannot be written\. Nothing of it was kept/u,
      )
    },
  )

  test('a message of a megabyte, control characters and emoji alone do no harm', async (t) => {
    const folder = temporaryFolder(t)
    const vendor = await startVendor([{ kind: 'answer', pieces: ['a smile \u001B[2Jand \u0007more'] }])
    t.after(vendor.close)
    const around = { data: `${folder}/data`, config: writeConfig(folder, vendor.origin) }
    const running = await startMoltbot(t, around)
    const lines = ['😀😀', 'x'.repeat(1_000_000), '\u0001\u0002\u001B', 'a\u0007b\u202Ec', '']
    const { code, stdout } = await moltbot(['chat'], { ...around, input: lines.join('\n') })
    assert.equal(code, 0)
    assert.deepEqual(stdout.trimEnd().split('\n'), [
      // Nor does the model's answer reach into the terminal.
      'a smile and more',
      'That message is too long: I read at most 32,000 characters. Send it in parts, or as a file.',
      'Hello! I see no words there. Ask me in plain words; /help shows what I can do.',
      'Paris is the capital of France.',
    ])
    const asked = JSON.stringify(vendor.requests.map(({ body }) => body['messages']))
    assert.ok(asked.includes('abc'))
    assert.equal(vendor.requests.length, 2)
    assert.equal(running.stderr(), '')
  })
}
