import Database from 'better-sqlite3'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { KeepConfig } from '../src/config.ts'
import type { Trimmed } from '../src/store/retention.ts'
import { openStore, type Store } from '../src/store/store.ts'
import type { PastRun } from '../src/task.ts'
import { percentile, type CaseOptions, type Figure } from './figures.ts'
import { startProgram } from './process.ts'
import type { Filling } from './tasks-fill.ts'
import { figure } from './tasks-figures.ts'
import { addTasks, personOf, taskCount } from './tasks-ours.ts'

/**
 * So many runs at first, the newest `posts` of them with the row of their post, which goes sooner; retention leaves `kept` of them; in each round of the steady state come `added` new ones.
 */
const sizes = {
  short: { runs: 150_000, kept: 45_000, added: 2_000, rounds: 6, reads: 1_000, posts: 2_000 },
  long: { runs: 1_000_000, kept: 300_000, added: 20_000, rounds: 20, reads: 5_000, posts: 20_000 },
} as const

/** 200 tasks, each about every hour and a half: a million runs are a year. */
const everyMs = 30_000
const pageRows = 50
/** As src/upkeep.ts does it, but without its pauses: pages given back in one step, free pages left, and what is kept. */
const pagesEachStep = 100
const sparePages = 256
const longMs = 10 * 366 * 86_400_000
/** After so many rounds the file has its size. */
const settlingRounds = 2
const pauseMs = 1

/**
 * The history of many runs: how long it takes to look things up, what it takes on the disk, and whether that stays as
 * it is once as many runs go as come. Throws where what was read is not what was written.
 */
export async function measureHistory(folder: string, { isShort, say }: CaseOptions): Promise<Figure[]> {
  const { runs, kept, added, rounds, reads, posts } = isShort ? sizes.short : sizes.long
  const path = join(folder, 'history')
  const made = await openStore(path)
  await addTasks(made)
  await made.close()
  const { database } = made.folder
  const firstDueMs = Date.now() - runs * everyMs
  await fill({ database, from: 0, count: runs, firstDueMs, everyMs, posts })
  say(`${runs} runs are written`)

  const store = await openStore(path)
  try {
    const pages = lookUps(store, runs).flatMap(({ name, what, look }) => {
      const ms = Array.from({ length: reads }, (_, i) => timed(look, i))
      const about = `${reads} times ${what}, of ${runs} runs`
      const metric = (end: string): string => `history${name}${end}Ms`
      return [
        figure(metric('P50'), percentile(ms, 50), 'ms', about),
        figure(metric('P99'), percentile(ms, 99), 'ms', `${about}; aim: below 1`),
      ]
    })
    const fullMiB = fileMiB(database)

    // Half of what is too much is too old, the rest too many.
    const keep = { ...keepAll, runsMs: Date.now() - firstDueMs - ((runs - kept) / 2) * everyMs }
    const stepsMs = await tidy(store, { ...keep, runsEachTask: kept / taskCount })
    const left = countRuns(database)
    // At the border of the age and at that of each task one may stay longer.
    if (Math.abs(left - kept) > taskCount) throw new Error(`retention left ${left} runs, not ${kept}`)
    const tidyMiB = fileMiB(database)
    say(`${left} runs are left`)

    const steadyMiB: number[] = []
    for (let i = 0; i < rounds; i++) {
      const from = runs + i * added
      await fill({ database, from, count: added, firstDueMs, everyMs, posts: 0 })
      await tidy(store, { ...keepAll, runsEachTask: kept / taskCount })
      steadyMiB.push(fileMiB(database))
    }
    const settled = steadyMiB.slice(settlingRounds)
    const about = `after ${rounds} rounds in which ${added} runs came and as many went`
    return [
      ...pages,
      figure(
        'historyFileMiB',
        fullMiB,
        'MiB',
        `the database with ${runs} runs of 200 tasks, 90 % of them with 230 bytes of output`,
      ),
      figure('historyBytesPerRun', (fullMiB * 2 ** 20) / runs, 'bytes', 'the same for each run'),
      figure('retentionFileMiB', tidyMiB, 'MiB', `the database when retention has left ${left} runs`),
      figure('retentionSteps', stepsMs.length, 'steps', 'of at most 500 rows or 100 pages each, for that'),
      figure(
        'retentionStepP99Ms',
        percentile(stepsMs, 99),
        'ms',
        'how long one of them has the writer thread',
      ),
      figure('retentionStepMaxMs', Math.max(...stepsMs), 'ms', 'the longest of them, in the writer thread'),
      figure('steadyFileMiB', steadyMiB.at(-1) ?? NaN, 'MiB', `the database ${about}`),
      figure(
        'steadyGrowthPercent',
        ((steadyMiB.at(-1) ?? NaN) / (settled[0] ?? NaN) - 1) * 100,
        '%',
        `its growth since round ${settlingRounds + 1}, ${about}; aim: below 1`,
      ),
    ]
  } finally {
    await store.close()
  }
}

const keepAll: KeepConfig = {
  runsMs: longMs,
  runsEachTask: Number.MAX_SAFE_INTEGER,
  postsMs: longMs,
  messagesMs: longMs,
  callsMs: longMs,
  seenMs: longMs,
}

type LookUp = { readonly name: string; readonly what: string; readonly look: (i: number) => void }

/** The ways in which people look at past runs; each throws where it finds something else than it must. */
function lookUps({ read: { runs } }: Store, count: number): LookUp[] {
  const expect = (found: readonly PastRun[], isRight: (run: PastRun) => boolean): void => {
    if (found.length !== pageRows || !found.every(isRight)) throw new Error('a page of the history is wrong')
  }
  const taskOf = (i: number): number => ((i * 7) % taskCount) + 1
  // Spread over all runs that have a full page before them.
  const idOf = (i: number): number => count - ((i * 7_919) % Math.floor(count * 0.9))
  return [
    {
      name: 'Last',
      what: `the last ${pageRows} of a task`,
      look: (i) => {
        const task = taskOf(i)
        expect(runs.history({ task }, pageRows), ({ taskId }) => taskId === task)
      },
    },
    {
      name: 'Failed',
      what: `the last ${pageRows} of a task that failed`,
      look: (i) => {
        const task = taskOf(i)
        const failed = runs.history({ task }, pageRows, { states: ['failed', 'dead'] })
        expect(failed, ({ fault }) => fault === 'network')
      },
    },
    {
      name: 'Person',
      what: `${pageRows} in the middle of all of a person`,
      look: (i) => {
        const [task, beforeId] = [taskOf(i), idOf(i)]
        expect(runs.history({ person: personOf(task) }, pageRows, { beforeId }), ({ id }) => id < beforeId)
      },
    },
    {
      name: 'One',
      what: 'one by its id',
      look: (i) => {
        if (runs.get(idOf(i))?.id !== idOf(i)) throw new Error(`run ${idOf(i)} is not there`)
      },
    },
  ]
}

function timed(look: (i: number) => void, i: number): number {
  const startedMs = performance.now()
  look(i)
  return performance.now() - startedMs
}

/** Removes what is not kept, and gives the room back. Returns how long each step took, in ms. */
async function tidy(store: Store, keep: KeepConfig): Promise<number[]> {
  // The thread begins with the first order.
  await store.writeAll([])
  const stepsMs: number[] = []
  const step = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    const startedMs = performance.now()
    const result = await work()
    stepsMs.push(performance.now() - startedMs)
    return result
  }
  let cursor: Trimmed['next'] = null
  do cursor = (await step(() => store.write('keep.trim', cursor, keep, Date.now()))).next
  while (cursor !== null)
  while ((await step(() => store.write('keep.vacuum', pagesEachStep, sparePages))) > 0) await sleep(pauseMs)
  return stepsMs
}

async function fill(filling: Filling): Promise<void> {
  await using program = startProgram([join(import.meta.dirname, 'tasks-fill.ts'), JSON.stringify(filling)])
  await program.firstLine
}

function countRuns(database: string): number {
  return numberOf(database, 'SELECT count(*) FROM runs')
}

/** What the file takes once its log is folded into it. */
function fileMiB(database: string): number {
  return (numberOf(database, 'PRAGMA page_count') * numberOf(database, 'PRAGMA page_size')) / 2 ** 20
}

function numberOf(database: string, sql: string): number {
  const db = new Database(database, { readonly: true })
  try {
    return Number(db.prepare(sql).pluck().get())
  } finally {
    db.close()
  }
}
