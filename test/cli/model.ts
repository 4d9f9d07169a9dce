import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { temporaryFolder } from '../doubles/folder.ts'
import { startVendor, type Step } from '../doubles/vendor.ts'
import { launchMoltbot, moltbot, startMoltbot, writeConfig } from './moltbot.ts'

const mostToStopMs = 1_000

/** A model behind HTTP that fails, and another one in config.yaml. */
export function models(): void {
  test('whatever it answers, the person is told in a sentence, and the next question is answered', async (t) => {
    const folder = temporaryFolder(t)
    const failures: readonly (readonly [steps: readonly Step[], told: RegExp])[] = [
      [[{ kind: 'status', status: 400, code: 'invalid_request_error' }], /: the request was not right/u],
      [[{ kind: 'answer', pieces: [] }], /answered nothing|: the answer made no sense/u],
      [[{ kind: 'raw', contentType: 'text/html', body: '<h1>hello</h1>' }], /: the answer made no sense/u],
    ]
    const vendor = await startVendor(failures.flatMap(([steps]) => steps))
    t.after(vendor.close)
    const around = { data: `${folder}/data`, config: writeConfig(folder, vendor.origin) }
    await startMoltbot(t, around)
    const input = [...failures.map((_, i) => `question ${i}`), 'and now?', ''].join('\n')
    const { stdout } = await moltbot(['chat'], { ...around, input })
    const lines = stdout.trimEnd().split('\n')
    assert.equal(lines.length, failures.length + 1, stdout)
    for (const [i, [, told]] of failures.entries()) assert.match(lines[i] ?? '', told)
    assert.equal(lines.at(-1), 'Paris is the capital of France.')
  })

  test('a key that is not accepted is asked once, the owner is told once, and a new key begins anew', async (t) => {
    const folder = temporaryFolder(t)
    const vendor = await startVendor([], { key: 'good-key' })
    t.after(vendor.close)
    const config = writeConfig(folder, vendor.origin)
    const around = { data: `${folder}/data`, config, env: { MOLTBOT_OTHER_KEY: 'good-key' } }
    const running = await startMoltbot(t, around)
    for (const text of ['one', 'two']) {
      const { stdout } = await moltbot(['chat', text], around)
      assert.match(stdout, /^No answer from default: it does not accept our key/u)
    }
    assert.equal(vendor.requests.length, 1)
    assert.equal(running.stdout().match(/The key of default is not accepted/gu)?.length, 1)
    writeFileSync(config, readFileSync(config, 'utf8').replace('MOLTBOT_TEST_KEY', 'MOLTBOT_OTHER_KEY'))
    await running.until(/config\.yaml is in use/u, 'stderr')
    const { stdout } = await moltbot(['chat', 'three'], around)
    assert.equal(stdout, 'Paris is the capital of France.\n')
  })

  test('where nothing listens any more, or the server is broken, the command line ends with 1', async (t) => {
    const folder = temporaryFolder(t)
    const vendor = await startVendor()
    const around = { data: `${folder}/data`, config: writeConfig(folder, vendor.origin) }
    await vendor.close()
    const { code, stdout, stderr } = await moltbot(['chat', 'anyone?'], around)
    assert.equal(code, 1)
    assert.match(stdout, /: nothing answered there, or the connection broke/u)
    assert.equal(stderr, '')
  })

  test('/stop ends the answer of a model that hangs within a second', async (t) => {
    const folder = temporaryFolder(t)
    const vendor = await startVendor([
      { kind: 'stall', after: 'nothing' },
      { kind: 'stall', after: 'first' },
    ])
    t.after(vendor.close)
    const around = { data: `${folder}/data`, config: writeConfig(folder, vendor.origin) }
    const running = await startMoltbot(t, around)
    const port = /:(\d+)$/mu.exec(running.stdout())?.[1] ?? ''
    const say = (text: string): Promise<Response> =>
      fetch(`http://127.0.0.1:${port}/api/messages`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ text, conversation: 'one' }),
      })
    const hanging = say('tell me')
    while (vendor.requests.length === 0) await new Promise(setImmediate)
    const beganMs = performance.now()
    const stopped = await say('/stop')
    const answered = await hanging
    const tookMs = performance.now() - beganMs
    assert.match(await stopped.text(), /Stopped: 1 answer/u)
    assert.match(await answered.text(), /Stopped, as you asked/u)
    assert.ok(tookMs < mostToStopMs, `${tookMs} ms`)
    t.diagnostic(`/stop took ${Math.round(tookMs)} ms`)

    // The same from a second terminal, while the first waits.
    const waiting = launchMoltbot(t, ['chat', 'tell me'], around)
    while (vendor.requests.length === 1) await new Promise(setImmediate)
    const told = await moltbot(['run', 'stop'], around)
    assert.equal(told.stdout, 'Stopped: 1 answer.\n')
    const { code, stdout } = await waiting.ended
    assert.equal(code, 1)
    assert.equal(stdout, 'Stopped, as you asked.\n')
  })

  test('another model is used without a restart; a broken edit is refused with its reason, and nothing changes', async (t) => {
    const folder = temporaryFolder(t)
    const [paris, oslo] = [await startVendor(), await startVendor([{ kind: 'answer', pieces: ['Oslo.'] }])]
    t.after(paris.close)
    t.after(oslo.close)
    const config = writeConfig(folder, paris.origin)
    const around = { data: `${folder}/data`, config }
    const running = await startMoltbot(t, around)
    const first = await moltbot(['chat', 'a capital?'], around)
    assert.equal(first.stdout, 'Paris is the capital of France.\n')

    writeConfig(folder, oslo.origin)
    await running.until(/config\.yaml is in use/u, 'stderr')
    const second = await moltbot(['chat', 'a capital?'], around)
    assert.equal(second.stdout, 'Oslo.\n')

    writeFileSync(config, 'modl_provider: {}\nlanguage: fr\n')
    await running.until(/config\.yaml was not taken, the old settings stay/u, 'stderr')
    assert.match(running.stderr(), /config\.yaml:1:1: unknown key \\"modl_provider\\"/u)
    assert.match(running.stderr(), /config\.yaml:2:11: language must be one of/u)
    // A command line reads the file itself, says the same, and still reaches the one that runs.
    const third = await moltbot(['chat', 'a capital?'], around)
    assert.equal(third.code, 0)
    assert.equal(third.stdout, 'Paris is the capital of France.\n')
    assert.match(
      third.stderr,
      /^\S+config\.yaml:1:1: unknown key[\s\S]*goes on with the settings before that\.\n$/u,
    )
    assert.equal(paris.requests.length, 1)
    assert.equal(oslo.requests.length, 2)
  })
}
