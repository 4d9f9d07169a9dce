import Database from 'better-sqlite3'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { messageOf } from '../src/errors.ts'
import { dataFolder } from '../src/store/folder.ts'
import { openStore } from '../src/store/store.ts'
import { createDisk } from './power-disk.ts'
import { readDiskLog, tracedCalls, type DiskEvent } from './power-log.ts'
import type { Proof } from './proof.ts'
import { createRandom, type Random } from './random.ts'

/** What a program asked of its disk, from files that were there before. */
export type Recording = { readonly files: ReadonlyMap<string, Buffer>; readonly events: readonly DiskEvent[] }

/** What was found after so many power cuts. */
export type Losses = {
  readonly cuts: number
  /** Rows that were promised before a cut, over all cuts, and those of them that were gone after it. */
  readonly promised: number
  readonly lost: number
  /** Orders of which one row was there and another was not. */
  readonly halves: number
  readonly corrupt: number
}

/**
 * Records every write and sync of a Moltbot's store, and tries what a power cut at any moment would leave: what was
 * synced, and a random part of the sectors that were not. The same is tried with a disk that only says that it
 * synced, which must lose rows: else the proof would see nothing.
 */
export const powerProof: Proof = {
  name: 'power',
  summary: 'power cuts at random moments: no promised row is lost, none is half there (needs strace)',
  run: async ({ isShort, seed, say }) => {
    const writer = join(import.meta.dirname, 'power-writer.ts')
    const recording = await record(writer, isShort ? 400 : 2_000)
    say(`${recording.events.length} calls recorded`)
    const cuts = isShort ? 100 : 1_000
    const honest = cutPower(recording, cuts, createRandom(seed))
    const lying = { ...recording, events: recording.events.filter(({ kind }) => kind !== 'sync') }
    const control = cutPower(lying, isShort ? 20 : 100, createRandom(seed))
    const figures = [
      { metric: 'cuts', value: honest.cuts, unit: 'cuts', about: 'each followed by integrity_check' },
      {
        metric: 'promised',
        value: honest.promised,
        unit: 'rows',
        about: 'acknowledged before a cut, in all',
      },
      { metric: 'lost', value: honest.lost, unit: 'rows', about: 'of them, gone after it' },
      { metric: 'halves', value: honest.halves, unit: 'orders', about: 'there in part' },
      { metric: 'corrupt', value: honest.corrupt, unit: 'databases', about: 'integrity_check not ok' },
      {
        metric: 'lostByLyingDisk',
        value: control.lost,
        unit: 'rows',
        about: `of ${control.promised} promised, on a disk that does not sync: must not be 0`,
      },
      { metric: 'seed', value: seed, unit: '', about: 'of the moments and the sectors' },
    ]
    const holds = honest.lost + honest.halves + honest.corrupt === 0 && control.lost > 0
    return { figures, holds }
  },
}

/** Runs a writing program under strace, on a data folder that was made and closed in peace. Throws without strace. */
export async function record(writer: string, rows: number): Promise<Recording> {
  const place = mkdtempSync(join(tmpdir(), 'moltbot-power-'))
  try {
    try {
      execFileSync('strace', ['--version'], { stdio: 'ignore' })
    } catch (error) {
      throw new Error(`this proof needs strace (apt-get install strace): ${messageOf(error)}`, {
        cause: error,
      })
    }
    const data = join(place, 'data')
    const { database } = dataFolder(data)
    await (await openStore(data)).close()
    const files = new Map([['moltbot.db', readFileSync(database)]])
    const log = join(place, 'strace.log')
    const trace = ['-f', '-y', '-xx', '-s', '1000000', '-e', `trace=${tracedCalls}`, '-o', log]
    spawnSync('strace', [...trace, process.execPath, writer, data, String(rows)], { stdio: 'ignore' })
    const isOurs = (path: string): boolean => path === database || path === `${database}-wal`
    return { files, events: await readDiskLog(log, isOurs) }
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
}

/** Cuts the power at so many moments of a recording, spread over all of it, and looks at what is left each time. */
export function cutPower({ files, events }: Recording, cuts: number, random: Random): Losses {
  const moments = Array.from({ length: cuts }, () => Math.floor(random() * (events.length + 1)))
  const disk = createDisk(files)
  const promised: string[] = []
  const found = { promised: 0, lost: 0, halves: 0, corrupt: 0 }
  let done = 0
  for (const moment of moments.toSorted((a, b) => a - b)) {
    for (const event of events.slice(done, moment)) {
      disk.apply(event)
      if (event.kind === 'told') promised.push(event.line.trim())
    }
    done = moment
    found.promised += promised.length
    const rows = rowsAfter(disk.cut(random))
    if (rows === undefined) found.corrupt++
    else {
      found.lost += promised.filter((id) => !rows.whole.has(id)).length
      found.halves += rows.halves
    }
  }
  return { cuts, ...found }
}

/** The orders that are there after SQLite has mended what it finds; undefined where it cannot. */
function rowsAfter(
  files: ReadonlyMap<string, Buffer>,
): { readonly whole: ReadonlySet<string>; readonly halves: number } | undefined {
  const place = mkdtempSync(join(tmpdir(), 'moltbot-power-cut-'))
  try {
    for (const [name, content] of files) writeFileSync(join(place, name), content)
    const db = new Database(join(place, 'moltbot.db'))
    try {
      if (db.pragma('integrity_check(1)', { simple: true }) !== 'ok') return undefined
      const ids = (query: string): string[] =>
        db
          .prepare<[], { id: string }>(query)
          .all()
          .map(({ id }) => id)
      const all = [
        ids(`SELECT event AS id FROM inbox`),
        ids(`SELECT key AS id FROM outbox`),
        ids(`SELECT item AS id FROM seen_items WHERE scope = 'power'`),
      ]
      const counts = new Map<string, number>()
      for (const id of all.flat()) counts.set(id, (counts.get(id) ?? 0) + 1)
      const whole = [...counts].filter(([, count]) => count === all.length).map(([id]) => id)
      return { whole: new Set(whole), halves: counts.size - whole.length }
    } finally {
      db.close()
    }
  } catch {
    return undefined
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
}
