import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Claim, RunEnd } from '../src/store/runs.ts'
import type { openStore as open, Store } from '../src/store/store.ts'
import { usualOptions, type NewTask } from '../src/task.ts'
import { doubled, lost, type Breach } from './verdict.ts'

const address = { adapter: 'terminal', account: 'local', channel: 'terminal' }
const task: Omit<NewTask, 'options'> = {
  command: 'remind',
  args: { text: 'hello' },
  schedule: { at: '2026-11-22T09:00:00Z' },
  zone: 'UTC',
  person: 'terminal/local/local',
  address,
  language: 'en',
  nextDueMs: null,
  createdAtMs: 0,
}
const end: RunEnd = { state: 'succeeded', status: 'done', fault: null, note: null, output: null }
const leaseMs = 100

/**
 * Two runners over one store, on the store of a copy of `src`: one claims a run, is frozen past its lease and comes
 * back, before or after the other one, which took the run up, has ended it. Only what the other one did may count.
 */
export async function proveLease(src: string): Promise<readonly Breach[]> {
  const { openStore }: { readonly openStore: typeof open } = await import(join(src, 'store/store.ts'))
  const folder = mkdtempSync(join(tmpdir(), 'moltbot-lease-'))
  const store = await openStore(folder)
  try {
    await store.write('tasks.add', 1, { ...task, options: usualOptions })
    const breaches: Breach[] = []
    for (const isLast of [false, true]) breaches.push(...(await thaw(store, isLast)))
    return breaches
  } finally {
    await store.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function thaw(store: Store, isLast: boolean): Promise<Breach[]> {
  const dueMs = isLast ? 2_000_000 : 1_000_000
  await store.write('runs.add', 1, dueMs)
  const [run] = store.read.runs.queued(dueMs, 1)
  if (run === undefined) return [lost('an ordered run is not queued')]
  const [frozen, other] = ['frozen', 'other'].map((token): Claim => ({
    id: run.id,
    token: `${token} ${dueMs}`,
  }))
  if (frozen === undefined || other === undefined) throw new Error('there are two runners')
  const finish = (claim: Claim): Promise<boolean> =>
    store
      .writeAll([
        ['outbox.queue', postOf(claim, dueMs)],
        ['runs.finish', claim, end, dueMs + 2 * leaseMs],
      ])
      .then(
        () => true,
        () => false,
      )
  const claimed = await store.write('runs.claim', frozen, dueMs, dueMs + leaseMs)
  await store.write('runs.reclaim', dueMs + leaseMs)
  const taken = await store.write('runs.claim', other, dueMs + leaseMs, dueMs + 3 * leaseMs)
  if (!claimed || !taken) return [lost('a run could not be claimed after its lease had ended')]
  const order = isLast ? [other, frozen] : [frozen, other]
  const done: Claim[] = []
  for (const claim of order) if (await finish(claim)) done.push(claim)
  const when = isLast ? 'after' : 'before'
  return [
    ...(done.includes(frozen)
      ? [doubled(`a runner whose lease had ended wrote its outcome, ${when} the one that holds it`)]
      : []),
    ...(done.includes(other)
      ? []
      : [lost(`the outcome of the runner that holds the run, ${when} a stale one`)]),
  ]
}

function postOf({ token }: Claim, nowMs: number) {
  const reply = { text: token, status: 'done' as const }
  return { key: token, address, answers: null, reply, createdAtMs: nowMs }
}
