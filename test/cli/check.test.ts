import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { openStore } from '../../src/store/store.ts'
import type { Write } from '../../src/store/writes.ts'
import { usualOptions, type NewTask } from '../../src/task.ts'
import { temporaryFolder } from '../doubles/folder.ts'
import { moltbot, startMoltbot, writeConfig } from './moltbot.ts'

/** Gives the person at the terminal so many tasks that will not come due during a test. */
async function fillWithTasks(data: string, n: number): Promise<void> {
  const store = await openStore(data)
  const atMs = Date.now() + 86_400_000
  const task: NewTask = {
    command: 'remind',
    args: { text: 'drink tea' },
    schedule: { at: new Date(atMs).toISOString() },
    options: usualOptions,
    zone: 'UTC',
    person: 'terminal/local/local',
    address: { adapter: 'terminal', account: 'local', channel: 'terminal' },
    language: 'en',
    nextDueMs: atMs,
    createdAtMs: Date.now(),
  }
  await store.writeAll(Array.from({ length: n }, (_, i): Write => ['tasks.add', i + 1, task]))
  await store.close()
}

describe('what the command line checks, and how it ends', { concurrency: true }, () => {
  test('for programs a check, a backup and a restore speak JSON', async (t) => {
    const folder = temporaryFolder(t)
    const data = `${folder}/data`
    const bad = join(folder, 'bad.yaml')
    writeFileSync(bad, 'http: {prot: 5}\n')
    const [fine, wrong] = await Promise.all([
      moltbot(['config', 'check', '--json'], { data }),
      moltbot(['config', 'check', '--json'], { data, config: bad }),
    ])
    assert.equal(JSON.parse(fine.stdout).valid, true)
    assert.equal(wrong.code, 2)
    const { valid, problems } = JSON.parse(wrong.stdout)
    assert.equal(valid, false)
    assert.match(problems[0], /bad\.yaml:1:8: unknown key "prot" in http\. Did you mean "port"\?/u)
    await (await openStore(data)).close()
    const { file } = JSON.parse((await moltbot(['backup', '--json'], { data })).stdout)
    assert.deepEqual(JSON.parse((await moltbot(['restore', '--json'], { data })).stdout), { file })
  })

  test('config check says that a file is valid, and each problem of another in a line with its place', async (t) => {
    const folder = temporaryFolder(t)
    const data = `${folder}/data`
    const good = writeConfig(folder, 'http://127.0.0.1:9')
    const bad = join(folder, 'bad.yaml')
    writeFileSync(bad, 'modls:\n  x: 1\nhttp:\n  port: ninety\nlanguage: fr\n')
    const [fine, wrong, missing] = await Promise.all([
      moltbot(['config', 'check'], { data, config: good }),
      moltbot(['config', 'check'], { data, config: bad }),
      moltbot(['config', 'check'], { data, config: `${folder}/none.yaml` }),
    ])
    assert.equal(fine.code, 0)
    assert.match(fine.stdout, /config\.yaml is valid\. Models: .*\.\n$/u)
    assert.equal(wrong.code, 2)
    assert.deepEqual(
      wrong.stderr
        .trimEnd()
        .split('\n')
        .map((line) => line.split(' ')[0]),
      [`${bad}:1:1:`, `${bad}:4:9:`, `${bad}:5:11:`],
    )
    assert.equal(missing.code, 2)
    assert.match(missing.stderr, /^I cannot read \S+none\.yaml, which MOLTBOT_CONFIG names: /u)
  })

  test('doctor finds everything well, and names what is not with its remedy', async (t) => {
    const folder = temporaryFolder(t)
    const asked: unknown[] = []
    const server = createServer(({ url, method, headers }, response) => {
      asked.push([method, url])
      const isRight = headers.authorization === 'Bearer test-key'
      response.writeHead(url !== '/v1/models' ? 404 : isRight ? 200 : 401).end('{"data": []}')
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    t.after(() => server.close())
    const address = server.address()
    const origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
    const config = writeConfig(folder, origin)
    const well = await moltbot(['doctor'], { data: `${folder}/data`, config })
    assert.equal(well.code, 0, well.stdout)
    assert.match(well.stdout, /All is well\.\n$/u)
    assert.equal(well.stdout.includes('test-key'), false)
    assert.deepEqual(asked, [['GET', '/v1/models']], 'it asks for nothing that costs')

    const env = { MOLTBOT_TEST_KEY: 'wrong-key' }
    const wrongKey = await moltbot(['doctor'], { data: `${folder}/data`, config, env })
    assert.match(wrongKey.stdout, /✗ model default: .*\/v1\/models answers 401 → check the key/u)
    const wrongPlace = await moltbot(['doctor'], {
      data: `${folder}/data`,
      config: writeConfig(folder, `${origin}/v1`),
    })
    assert.equal(wrongPlace.code, 1)
    assert.match(wrongPlace.stdout, /answers 404 → is the endpoint the base URL of its API\?/u)

    mkdirSync(`${folder}/open`)
    chmodSync(`${folder}/open`, 0o755)
    const ill = await moltbot(['doctor', '--json'], {
      data: `${folder}/open`,
      config: writeConfig(folder, 'http://127.0.0.1:9'),
    })
    assert.equal(ill.code, 1)
    const { well: isWell, findings } = JSON.parse(ill.stdout)
    assert.equal(isWell, false)
    const amiss = findings.filter((one: { well: boolean }) => !one.well)
    assert.equal(amiss.length, 2, ill.stdout)
    assert.equal(amiss[0].remedy, `chmod 700 ${folder}/open`)
    assert.match(amiss[1].found, /127\.0\.0\.1:9/u)
  })

  test('exit codes: 0 done, 1 failed, 2 wrong use, 3 refused', async (t) => {
    const folder = temporaryFolder(t)
    const data = `${folder}/data`
    await fillWithTasks(data, 200)
    await startMoltbot(t, { data })
    const [done, failed, misused] = await Promise.all([
      moltbot(['status', '--json'], { data }),
      moltbot(['run', 'digest', 'no-such-file.xml'], { data }),
      moltbot(['run', 'digest'], { data }),
    ])
    // By itself, because whatever else is said in the conversation withdraws the question.
    const refused = await moltbot(['chat', '--yes', 'remind me in 2 minutes to drink tea'], { data })
    assert.equal(done.code, 0)
    assert.equal(JSON.parse(done.stdout).data.activeTasks, 200)
    assert.equal(failed.code, 1)
    assert.equal(misused.code, 2)
    assert.match(misused.stdout, /^Missing: from\. Usage: \/digest /u)
    assert.equal(refused.code, 3)
    assert.match(refused.stdout, /You have 200 tasks, which is the most/u)
  })

  test('a reader that leaves early, as head does, makes no noise', async (t) => {
    const env = { ...process.env, MOLTBOT_DATA: `${temporaryFolder(t)}/data` }
    const child = spawn(process.execPath, ['src/moltbot.js', '--help'], { env })
    child.stdout.destroy()
    let noise = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (noise += text))
    const [code] = await once(child, 'close')
    assert.equal(noise, '')
    assert.equal(code, 0)
  })
})
