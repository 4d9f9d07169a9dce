import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { StoreError } from '../src/errors.ts'
import type { Backup } from '../src/store/folder.ts'
import type { Restocked } from '../src/store/ballast.ts'
import { openStore, type Store } from '../src/store/store.ts'
import { createUpkeep } from '../src/upkeep.ts'
import { temporaryFolder } from './doubles/folder.ts'
import { endedRun, keep, newTask } from './store/rows.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const startMs = Date.UTC(2026, 10, 22)

/** A store that counts what it is told; `trims` steps have something to remove, `agedMs` are the times they are told. */
function countingStore() {
  const told: string[] = []
  const agedMs: number[] = []
  const counting = {
    told,
    agedMs,
    newestMs: null as number | null,
    trims: 0,
    restocked: 'kept' as Restocked,
    broken: undefined as Error | undefined,
  }
  const write = (name: string, _cursor?: unknown, _keep?: unknown, nowMs = 0): Promise<unknown> => {
    told.push(name)
    if (counting.broken !== undefined) return Promise.reject(counting.broken)
    if (name === 'keep.vacuum') return Promise.resolve(0)
    if (name === 'keep.trim') counting.agedMs.push(nowMs)
    const goesOn = counting.trims-- > 0
    return Promise.resolve({ family: 'runs', removed: Number(goesOn), next: goesOn ? {} : null })
  }
  const restock = (): Promise<Restocked> => Promise.resolve(counting.restocked)
  const read = { keep: { newestMs: () => counting.newestMs } } as Store['read']
  return Object.assign(counting, { store: { read, write: write as Store['write'], restock } })
}

type Desk = {
  readonly store?: Pick<Store, 'read' | 'write' | 'restock'>
  readonly everyMs?: number
  readonly keepBackups?: number
  readonly backups?: Backup[]
  readonly make?: (signal: AbortSignal) => Promise<string>
}

/** An upkeep whose clock jumps from wait to wait; `until` lets it run up to a time, and stops the clock there. */
function createDesk(t: TestContext, about: Desk = {}) {
  let nowMs = startMs
  let endMs = startMs
  let leaptMs = 0
  let go = Promise.withResolvers<void>()
  let resting = Promise.withResolvers<void>()
  const slept: number[] = []
  const backups: Backup[] = about.backups ?? []
  const made: string[] = []
  const lines: { level: string; text: string }[] = []
  const say =
    (level: string) =>
    (about: unknown, text?: string): void =>
      void lines.push({ level, text: text ?? String(about) })
  const automatic = (madeAtMs: number): Backup => ({ file: `auto-${madeAtMs}`, kind: 'automatic', madeAtMs })
  const upkeep = createUpkeep({
    store: about.store ?? countingStore().store,
    settings: () => ({
      keep,
      backup: { everyMs: about.everyMs ?? 24 * hourMs, keep: about.keepBackups ?? 3 },
    }),
    backups: {
      list: () => backups.toSorted((a, b) => b.madeAtMs - a.madeAtMs),
      make:
        about.make ??
        (() => {
          const one = automatic(nowMs)
          made.push(one.file)
          backups.push(one)
          return Promise.resolve(one.file)
        }),
      remove: (gone) => void backups.splice(backups.indexOf(gone), 1),
    },
    now: () => nowMs,
    sleep: async (ms, signal) => {
      slept.push(ms)
      const isBeyond = (): boolean => nowMs + ms > endMs
      while (isBeyond()) {
        resting.resolve()
        const aborted = Promise.withResolvers<never>()
        signal.addEventListener('abort', () => aborted.reject(signal.reason), { once: true })
        if (signal.aborted) throw signal.reason
        await Promise.race([go.promise, aborted.promise])
      }
      nowMs += ms
    },
    log: { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') } as never,
  })
  t.after(() => upkeep.stop())
  const until = async (ms: number): Promise<void> => {
    endMs = startMs + leaptMs + ms
    resting = Promise.withResolvers<void>()
    go.resolve()
    go = Promise.withResolvers<void>()
    await resting.promise
  }
  /** Sets the clock by so much, and the time up to which it runs with it. */
  const leap = (ms: number): void => {
    nowMs += ms
    endMs += ms
    leaptMs += ms
  }
  return { upkeep, until, leap, slept, backups, made, lines, automatic }
}

test('the first round comes a minute after the start, and one each hour after it', async (t) => {
  const counting = countingStore()
  const { upkeep, until } = createDesk(t, { store: counting.store })
  upkeep.start()
  await until(minuteMs - 1)
  assert.deepEqual(counting.told, [])
  await until(minuteMs)
  assert.deepEqual(counting.told, ['keep.trim', 'keep.vacuum'])
  await until(hourMs)
  assert.equal(counting.told.length, 2)
  await until(5 * hourMs + minuteMs)
  assert.equal(counting.told.length, 2 * 6)
})

test('between two steps that remove something others have the writer', async (t) => {
  const counting = Object.assign(countingStore(), { trims: 5 })
  const { upkeep, until, slept } = createDesk(t, { store: counting.store })
  upkeep.start()
  await until(minuteMs + 1_000)
  assert.equal(counting.told.filter((name) => name === 'keep.trim').length, 6)
  const pauses = slept.filter((ms) => ms < 1_000)
  assert.equal(pauses.length, 5)
  assert.ok(pauses.every((ms) => ms > 0))
})

test('old rows of a real store are gone after a round', async (t) => {
  const store = await openStore(temporaryFolder(t))
  t.after(() => store.close())
  await store.write('tasks.add', 1, newTask())
  const old = await endedRun(store, 1, startMs - 100 * 24 * hourMs)
  const young = await endedRun(store, 1, startMs)
  const { upkeep, until, lines } = createDesk(t, { store: { ...store, restock: async () => 'kept' } })
  upkeep.start()
  await until(10 * minuteMs)
  assert.equal(store.read.runs.get(old), undefined)
  assert.ok(store.read.runs.get(young))
  assert.deepEqual(
    lines.map(({ text }) => text),
    ['removed old rows', 'made a backup'],
  )
})

test('backups come when the newest automatic one is old enough, whenever Moltbot was started', async (t) => {
  const { upkeep, until, made } = createDesk(t, { everyMs: 6 * hourMs })
  upkeep.start()
  await until(19 * hourMs)
  assert.equal(made.length, 4)
  await upkeep.stop()

  const fresh: Backup = { file: 'auto-fresh', kind: 'automatic', madeAtMs: startMs - 2 * hourMs }
  const again = createDesk(t, { everyMs: 6 * hourMs, backups: [fresh] })
  again.upkeep.start()
  await again.until(3 * hourMs)
  assert.deepEqual(again.made, [], 'a restart doubles none')
  await again.until(4 * hourMs + minuteMs)
  assert.equal(again.made.length, 1, 'and skips none')
})

test('a person’s backup counts for nothing, 0 hours means none, and one from the future does not stop them', async (t) => {
  const ordered: Backup = { file: 'mine', kind: 'ordered', madeAtMs: startMs }
  const future: Backup = { file: 'auto-future', kind: 'automatic', madeAtMs: startMs + 900 * hourMs }
  const desk = createDesk(t, { backups: [ordered, future], keepBackups: 1 })
  desk.upkeep.start()
  await desk.until(minuteMs)
  assert.deepEqual(
    desk.backups.map(({ file }) => file).toSorted(),
    ['auto-future', ...desk.made, 'mine'].toSorted(),
  )
  const none = createDesk(t, { everyMs: 0 })
  none.upkeep.start()
  await none.until(50 * hourMs)
  assert.deepEqual(none.made, [])
})

test('so many automatic backups are kept, and all of the others', async (t) => {
  const others: Backup[] = [
    { file: 'mine', kind: 'ordered', madeAtMs: 1 },
    { file: 'schema', kind: 'schema', madeAtMs: 2 },
  ]
  const { upkeep, until, backups, made } = createDesk(t, { backups: [...others], everyMs: 24 * hourMs })
  upkeep.start()
  await until(10 * 24 * hourMs)
  assert.equal(made.length, 10)
  assert.deepEqual(
    backups.map(({ file }) => file).toSorted(),
    [...made.slice(-3), 'mine', 'schema'].toSorted(),
  )
})

test('a clock that is put back by years takes no backup with it', async (t) => {
  const { upkeep, until, leap, backups, made } = createDesk(t, { everyMs: 6 * hourMs })
  upkeep.start()
  await until(20 * hourMs)
  const good = backups.map(({ file }) => file)
  assert.equal(good.length, 3)
  leap(-5 * 365 * 24 * hourMs)
  await until(60 * hourMs)
  assert.ok(made.length > 6)
  assert.deepEqual(
    backups.map(({ file }) => file).filter((file) => good.includes(file)),
    good,
  )
  assert.equal(backups.length, 6, 'and those that it makes are as many as ever')
})

const yearMs = 365 * 24 * hourMs

test('a clock that runs a year ahead for some hours makes nothing old that is not', async (t) => {
  const counting = countingStore()
  const { upkeep, until, leap } = createDesk(t, { store: counting.store, everyMs: 0 })
  upkeep.start()
  await until(2 * hourMs)
  assert.equal(counting.agedMs.at(-1), startMs + hourMs + minuteMs)
  leap(yearMs)
  await until(5 * hourMs)
  const most = Math.max(...counting.agedMs)
  assert.ok(most <= startMs + 4 * 24 * hourMs, `${(most - startMs) / hourMs} hours`)
  leap(-yearMs)
  await until(6 * hourMs)
  assert.equal(counting.agedMs.at(-1), startMs + 5 * hourMs + minuteMs)
})

test('after a long time without Moltbot the removal gets to the present in days', async (t) => {
  const counting = Object.assign(countingStore(), { newestMs: startMs - yearMs })
  const { upkeep, until } = createDesk(t, { store: counting.store, everyMs: 0 })
  upkeep.start()
  await until(hourMs)
  assert.deepEqual(counting.agedMs, [startMs - yearMs + 24 * hourMs])
  await until(17 * 24 * hourMs)
  assert.ok((counting.agedMs.at(-1) ?? 0) > startMs + 16 * 24 * hourMs)
})

test('an older backup is removed only once the new one is there', async (t) => {
  const old = [1, 2, 3].map((n): Backup => ({ file: `auto-${n}`, kind: 'automatic', madeAtMs: n }))
  const make = (): Promise<string> => Promise.reject(new StoreError('corrupt', 'the copy is damaged'))
  const { upkeep, until, backups, lines } = createDesk(t, { backups: [...old], keepBackups: 1, make })
  upkeep.start()
  await until(5 * hourMs)
  assert.deepEqual(backups, old)
  assert.deepEqual(upkeep.remarks(), ['the backup failed: the copy is damaged'])
  assert.deepEqual(
    lines.filter(({ level }) => level === 'error').map(({ text }) => text),
    ['the backup failed: the copy is damaged'],
    'told once',
  )
})

test('what fails is told once, keeps nothing else from being done, and is told when it works again', async (t) => {
  const counting = Object.assign(countingStore(), { broken: new StoreError('disk-full', 'no room') })
  const { upkeep, until, made, lines } = createDesk(t, { store: counting.store })
  upkeep.start()
  await until(3 * hourMs)
  assert.equal(made.length, 1)
  assert.equal(counting.told.filter((name) => name === 'keep.trim').length, 3)
  const told = () => lines.filter(({ level }) => level === 'error').length
  assert.equal(told(), 2, 'one line for the rows, one for the room')
  assert.equal(upkeep.remarks().length, 2)
  Object.assign(counting, { broken: undefined })
  await until(4 * hourMs)
  assert.deepEqual(upkeep.remarks(), [])
  assert.equal(lines.filter(({ text }) => text === 'works again').length, 2)
})

test('the reserve is looked after each minute, and each change of it is told once', async (t) => {
  const counting = countingStore()
  const { upkeep, until, lines } = createDesk(t, { store: counting.store, everyMs: 0 })
  upkeep.start()
  for (const [minute, found] of [
    [5, 'made'],
    [10, 'kept'],
    [15, 'used'],
    [20, 'made'],
  ] as const) {
    counting.restocked = found
    await until(minute * minuteMs)
  }
  assert.deepEqual(
    lines.map(({ level }) => level),
    ['info', 'error', 'info'],
  )
})

test('it ends at once in the middle of a backup, and nothing of that is a failure', async (t) => {
  const begun = Promise.withResolvers<void>()
  const make = (signal: AbortSignal): Promise<string> => {
    begun.resolve()
    return new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(new StoreError('cancelled', 'stopped')))
    })
  }
  const { upkeep, until, lines } = createDesk(t, { make })
  upkeep.start()
  void until(hourMs)
  await begun.promise
  await upkeep.stop()
  assert.deepEqual(lines, [])
})

test('one that was never started ends as well', async (t) => {
  await createDesk(t).upkeep.stop()
})
