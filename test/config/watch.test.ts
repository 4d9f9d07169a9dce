import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, renameSync, rmSync, watch, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { type Later, watchConfig } from '../../src/config/watch.ts'
import { read } from './reading.ts'

/** A watched file in a folder of its own. `settled` waits until the watcher wants to look, and lets it. */
function watched(t: TestContext, text: string, onChange?: (level: string) => void) {
  const folder = mkdtempSync(join(tmpdir(), 'moltbot-config-'))
  const file = join(folder, 'config.yaml')
  writeFileSync(file, text)
  const seen: string[] = []
  let due: (() => void) | undefined
  let asked = Promise.withResolvers<void>()
  let calls = 0
  const later: Later = (run) => {
    calls++
    due = run
    asked.resolve()
    return () => {
      due = undefined
    }
  }
  const stop = watchConfig({
    file,
    text,
    load: (changed) => read(changed).config,
    onChange: ({ log }) => {
      seen.push(log.level)
      onChange?.(log.level)
    },
    onRefused: (problems) => void seen.push(...problems),
    later,
  })
  t.after(() => {
    stop()
    rmSync(folder, { recursive: true, force: true })
  })
  const look = (): void => {
    const run = due
    due = undefined
    asked = Promise.withResolvers()
    run?.()
  }
  look() // the one at the start
  return {
    file,
    folder,
    seen,
    stop,
    look,
    replace: (content: string) => {
      writeFileSync(`${file}~`, content)
      renameSync(`${file}~`, file)
    },
    settled: async () => {
      await asked.promise
      look()
    },
    isDue: () => due !== undefined,
    calls: () => calls,
  }
}

const level = (name: string): string => `log:\n  level: ${name}\n`
const refused =
  'config.yaml:2:10: log.level must be one of fatal, error, warn, info, debug, trace, not "loud".'

test('a file that is replaced is taken, a bad one is refused once, and a good one is taken again', async (t) => {
  const { replace, settled, look, seen } = watched(t, level('info'))
  replace(level('debug'))
  await settled()
  assert.deepEqual(seen, ['debug'])
  replace(level('loud'))
  await settled()
  look()
  assert.deepEqual(seen, ['debug', refused])
  replace(level('loud'))
  await settled()
  assert.deepEqual(seen, ['debug', refused])
  replace(level('warn'))
  await settled()
  assert.deepEqual(seen, ['debug', refused, 'warn'])
})

test('a file that is written in place is taken', async (t) => {
  const { file, settled, seen } = watched(t, level('info'))
  writeFileSync(file, level('error'))
  await settled()
  assert.deepEqual(seen, ['error'])
})

test('the same content again does nothing', async (t) => {
  const { replace, settled, seen } = watched(t, level('info'))
  replace(level('info'))
  await settled()
  assert.deepEqual(seen, [])
})

test('a file that is gone changes nothing, and is taken when it is back', async (t) => {
  const { file, replace, settled, seen } = watched(t, level('info'))
  rmSync(file)
  await settled()
  assert.deepEqual(seen, [])
  replace(level('warn'))
  await settled()
  assert.deepEqual(seen, ['warn'])
})

test('a change before the watching began is found', (t) => {
  const { file, seen, stop } = watched(t, level('info'))
  stop()
  writeFileSync(file, level('warn'))
  const due: (() => void)[] = []
  const end = watchConfig({
    file,
    text: level('info'),
    load: (text) => read(text).config.log.level,
    onChange: (name) => void seen.push(name),
    onRefused: (problems) => void seen.push(...problems),
    later: (run) => {
      due.push(run)
      return () => void due.pop()
    },
  })
  due[0]?.()
  end()
  assert.deepEqual(seen, ['warn'])
})

test('other files of the folder are left alone', async (t) => {
  const { folder, calls, replace } = watched(t, level('info'))
  const before = calls()
  const arrived = Promise.withResolvers<void>()
  const events: (string | null)[] = []
  const watcher = watch(folder, (_, name) => {
    events.push(name)
    if (name === 'config.yaml') arrived.resolve()
  })
  t.after(() => watcher.close())
  for (let i = 0; i < 20; i++) writeFileSync(join(folder, `moltbot.db-${i}`), 'x')
  replace(level('info')) // events come in order, so by now those of the others have come
  await arrived.promise
  assert.ok(events.length > 20)
  assert.ok(calls() - before <= 2, `${calls() - before} looks`)
})

test('a folder in the place of the file is refused', async (t) => {
  const { file, settled, seen } = watched(t, level('info'))
  rmSync(file)
  mkdirSync(file)
  await settled()
  assert.match(seen.join('\n'), /config\.yaml: EISDIR/u)
})

test('an error of the one who takes the change is told, not thrown', async (t) => {
  const { file, replace, settled, seen } = watched(t, level('info'), () => {
    throw new Error('no room')
  })
  replace(level('warn'))
  await settled()
  assert.deepEqual(seen, ['warn', `${file}: no room`])
})

test('after the end nothing is due', async (t) => {
  const { replace, stop, isDue, settled } = watched(t, level('info'))
  replace(level('warn'))
  await settled()
  replace(level('error'))
  stop()
  assert.equal(isDue(), false)
})

test('without a clock of its own it waits until the file is left alone', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'moltbot-config-'))
  const file = join(folder, 'config.yaml')
  writeFileSync(file, level('warn'))
  const changed = Promise.withResolvers<string>()
  const stop = watchConfig({
    file,
    text: '',
    load: (text) => text,
    onChange: changed.resolve,
    onRefused: (problems) => assert.fail(problems.join()),
  })
  t.after(() => {
    stop()
    rmSync(folder, { recursive: true })
  })
  assert.equal(await changed.promise, level('warn'))
})
