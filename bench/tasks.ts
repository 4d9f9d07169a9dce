import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Case } from './figures.ts'
import { measureHistory } from './tasks-history.ts'
import { measureJobs } from './tasks-jobs.ts'

/** The durable jobs of a task's runs, and the history that they leave. */
export const tasksCase: Case = {
  name: 'tasks',
  figuresAs: 'moltbot',
  summary:
    'durable jobs a second beside BullMQ and pg-boss; the history of runs and what keeps its file small',
  run: async (options) => {
    const folder = mkdtempSync(join(tmpdir(), 'moltbot-bench-'))
    // PostgreSQL is another user, who has to get to its own folder in it.
    chmodSync(folder, 0o711)
    const remove = (): void => removeFolder(folder)
    process.once('exit', remove)
    try {
      return [...(await measureJobs(folder, options)), ...(await measureHistory(folder, options))]
    } finally {
      process.removeListener('exit', remove)
      remove()
    }
  },
}

const mostTries = 40
const pauseMs = 50

/**
 * Where the process is about to exit there is nothing to await, and a server that was killed may still write for a
 * moment. A file that goes by itself meanwhile has rmSync stop without an error.
 */
function removeFolder(path: string): void {
  const clock = new Int32Array(new SharedArrayBuffer(4))
  for (let tries = 1; tries <= mostTries && existsSync(path); tries++) {
    try {
      rmSync(path, { recursive: true, force: true })
    } catch (error) {
      if (tries === mostTries) throw error
    }
    if (tries > 1) Atomics.wait(clock, 0, 0, pauseMs)
  }
}
