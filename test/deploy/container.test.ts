import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { freePort, tryContainer } from '../../deploy/walk/container.ts'
import { parseDockerfile } from '../../deploy/walk/dockerfile.ts'
import { parseIgnore } from '../../deploy/walk/ignore.ts'
import { copyInto, makeRoot, setWritable } from '../../deploy/walk/stage.ts'
import { temporaryFolder } from '../doubles/folder.ts'

const nodeFolder = dirname(process.execPath)

/** A stage with a small server in it that does what `more` says when it has started. */
async function tryServer(
  t: TestContext,
  more: string,
  end = 'process.exit(0)',
): Promise<{ root: string; lines: string[]; readyMs: number }> {
  const root = join(temporaryFolder(t), 'root')
  makeRoot(root, undefined)
  for (const folder of ['app', 'data']) mkdirSync(join(root, folder))
  // Only then can the folder be removed; what is read-only was looked at by then.
  const thaw = (): void => setWritable(root, true)
  writeFileSync(
    join(root, 'app/server.js'),
    `const fs = require('node:fs')
    require('node:http').createServer((_, answer) => answer.end()).listen(process.env.PORT, '127.0.0.1', () => { ${more} })
    process.on('SIGTERM', () => { ${end} })`,
  )
  const env = {
    PATH: [nodeFolder, '/usr/bin', '/bin'].join(delimiter),
    PORT: String(await freePort()),
    ROOT: root,
  }
  const lines: string[] = []
  const { readyMs } = await tryContainer(
    {
      command: { kind: 'exec', argv: ['node', 'server.js'] },
      health: {
        command: {
          kind: 'exec',
          argv: ['node', '-e', 'fetch(`http://127.0.0.1:${process.env.PORT}`).catch(() => process.exit(1))'],
        },
        timeoutMs: 5_000,
      },
      stopSignal: 'SIGTERM',
      volumes: ['data'],
    },
    { root, cwd: join(root, 'app'), env, uid: undefined },
    [{ kind: 'shell', text: 'echo said inside' }],
    (line) => lines.push(line),
  ).finally(thaw)
  return { root, lines, readyMs }
}

test('a server that gets healthy, keeps to its volumes and stops when asked passes', async (t) => {
  const { root, lines, readyMs } = await tryServer(
    t,
    `fs.writeFileSync(process.env.ROOT + '/data/kept', '1')`,
  )
  assert.equal(readFileSync(join(root, 'data/kept'), 'utf8'), '1')
  assert.ok(readyMs > 0 && readyMs < 20_000)
  assert.deepEqual(
    lines.map((line) => line.replaceAll(/\d+ ms/gu, 'N ms')),
    [
      'VOLUME /data: mode 755',
      'healthy after N ms',
      'inside, echo said inside: said inside',
      'SIGTERM: exit 0 after N ms',
      'nothing written outside /tmp and /data',
    ],
  )
})

test('one that writes elsewhere, ends early or ends badly does not', async (t) => {
  // Where the tests run as root the write works and is found; where they do not, it fails and ends the server.
  await assert.rejects(
    tryServer(t, `fs.writeFileSync(process.env.ROOT + '/app/kept', '1')`),
    /written outside \/tmp and \/data: app, app\/kept|before it was healthy/u,
  )
  await assert.rejects(
    tryServer(t, `console.error('no way'); process.exit(3)`),
    /ended with 3 before it was healthy\nno way/u,
  )
  await assert.rejects(tryServer(t, '', 'process.exit(4)'), /ended with 4 after SIGTERM/u)
})

test('COPY puts the content of a folder, or a file, where Docker puts it, without what is left out', (t) => {
  const folder = temporaryFolder(t)
  const [source, root] = [join(folder, 'context'), join(folder, 'root')]
  makeRoot(root, undefined)
  mkdirSync(join(source, 'src/deep'), { recursive: true })
  for (const file of ['a.json', 'b.json', '.env', 'src/x.ts', 'src/x.log', 'src/deep/y.ts'])
    writeFileSync(join(source, file), file)
  const ignore = parseIgnore('.env\n**/*.log')
  const copy = (line: string): void => {
    const [, step] = parseDockerfile(`FROM node:24\n${line}`)
    assert.ok(step?.instruction.kind === 'copy')
    copyInto(step.instruction, { root, workdir: '/app', source, ignore, owner: undefined })
  }
  copy('COPY a.json b.json ./')
  copy('COPY src ./src')
  copy('COPY a.json /etc/renamed.json')
  const there = ['app/a.json', 'app/b.json', 'app/src/x.ts', 'app/src/deep/y.ts', 'etc/renamed.json']
  assert.deepEqual(
    there.filter((path) => !existsSync(join(root, path))),
    [],
  )
  assert.equal(existsSync(join(root, 'app/src/x.log')), false)
  assert.throws(() => copy('COPY .env ./'), /left out by .dockerignore/u)
  assert.throws(() => copy('COPY missing ./'), /is not there/u)
})

test('warming the cache is quiet and ends with 0 where no cache can be', (t) => {
  const file = join(temporaryFolder(t), 'file')
  writeFileSync(file, '')
  const env = { ...process.env, NODE_COMPILE_CACHE: join(file, 'below') }
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(import.meta.dirname, '../../deploy/warm-cache.js')],
    { env, encoding: 'utf8' },
  )
  assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: '', stderr: '' })
})
