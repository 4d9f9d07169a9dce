import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Figure } from '../bench/figures.ts'
import { proveKills } from './kill.ts'
import type { Proof } from './proof.ts'

/** Replaces a piece of a file in `src`, which must be there exactly once. */
type Edit = { readonly file: string; readonly from: string; readonly to: string }

/** A bug that the proof of kills must find. */
type Planted = { readonly name: string; readonly edits: readonly Edit[] }

/** The bugs. test/proof/controls.test.ts sees to it that each still finds its place. */
export const planted: readonly Planted[] = [
  {
    name: 'an event may have several rows in the inbox',
    edits: [{ file: 'store/migrations.ts', from: 'UNIQUE (adapter, account, event)', to: 'CHECK (true)' }],
  },
  {
    name: 'a message is acknowledged before its row is written',
    edits: [
      {
        file: 'adapters/http/http.ts',
        from: '      await receive(message)\n',
        to: '      receive(message).catch(() => undefined)\n',
      },
    ],
  },
  {
    name: 'a message is done in a transaction before that of its reply',
    edits: [
      {
        file: 'inbox.ts',
        from: `return deliver([...elsewhere, here], [['inbox.done', id], ...writes])`,
        to: `return store.write('inbox.done', id).then(() => deliver([...elsewhere, here], writes))`,
      },
    ],
  },
  {
    name: 'a message is done in a transaction after that of its reply',
    edits: [
      {
        file: 'inbox.ts',
        from: `return deliver([...elsewhere, here], [['inbox.done', id], ...writes])`,
        to: `return deliver([...elsewhere, here], writes).then(() => store.write('inbox.done', id))`,
      },
    ],
  },
  {
    name: 'posts have random keys, and a message is done after its reply',
    edits: [
      { file: 'inbox.ts', from: 'const key = `inbox/${id}`', to: 'const key = `inbox/${Math.random()}`' },
      {
        file: 'inbox.ts',
        from: `return deliver([...elsewhere, here], [['inbox.done', id], ...writes])`,
        to: `return deliver([...elsewhere, here], writes).then(() => store.write('inbox.done', id))`,
      },
    ],
  },
  {
    name: 'what was sent is sent again after a start',
    edits: [
      {
        file: 'store/outbox.ts',
        from: `FROM outbox WHERE state IN ('queued', 'sending') ORDER BY id`,
        to: `FROM outbox WHERE state IN ('queued', 'sending', 'sent') ORDER BY id`,
      },
      { file: 'store/outbox.ts', from: `WHERE id = ? AND state <> 'sent'`, to: 'WHERE id = ?' },
    ],
  },
  {
    name: 'the messages of a conversation do not wait for each other',
    edits: [
      {
        file: 'inbox.ts',
        from: ': lanes.run(addressKey(message.address), job)',
        to: ': job(new AbortController().signal)',
      },
    ],
  },
  {
    name: 'a run that was cut short is not taken up',
    edits: [
      {
        file: 'tasks/runner.ts',
        from: `if (store.read.tasks.runningCount() > 0) await store.write('runs.recover')`,
        to: '',
      },
    ],
  },
  {
    name: 'a task is moved on in a transaction before that of its run',
    edits: [
      {
        file: 'tasks/advance.ts',
        from: `await store.write('tasks.advance', task, next, told, nowMs)`,
        to: `await store.write('tasks.advance', task, next, [], nowMs)
  for (const { dueMs } of told) await store.write('runs.add', task.id, task.version, dueMs)`,
      },
    ],
  },
  {
    name: 'a run has ended in a transaction before that of its post',
    edits: [
      {
        file: 'tasks/runner.ts',
        from: `deliver(drafts, [...writes, ['runs.finish', ...finish, now()]])`,
        to: `store.write('runs.finish', ...finish, now()).then(() => deliver(drafts, writes))`,
      },
    ],
  },
]

/** So many kills, and if they show nothing, so many more with another seed, up to `mostTries` times. */
const killsEach = 12
const mostTries = 4

/**
 * The proof of kills against copies of Moltbot with a bug planted in each: it must find every one. Random kills may
 * miss the few milliseconds in which a bug shows, so one that is not found is tried with other seeds.
 */
export const controlsProof: Proof = {
  name: 'controls',
  summary: 'the proof of kills finds bugs that were planted for it',
  run: async ({ isShort, seed, say }) => {
    const chosen = isShort ? planted.slice(0, 2) : planted
    let caught = 0
    for (const one of chosen) {
      const kills = await killsToCatch(one, seed)
      if (kills !== undefined) caught++
      say(`${kills === undefined ? 'NOT FOUND' : `found in ${kills} kills`}: ${one.name}`)
    }
    const figures: Figure[] = [
      { metric: 'planted', value: chosen.length, unit: 'bugs', about: 'each in a copy of src of its own' },
      { metric: 'caught', value: caught, unit: 'bugs', about: `within ${killsEach * mostTries} kills each` },
    ]
    return { figures, holds: caught === chosen.length }
  },
}

async function killsToCatch({ edits }: Planted, seed: number): Promise<number | undefined> {
  const folder = copyWith(edits)
  const remove = (): void => rmSync(folder, { recursive: true, force: true })
  process.once('exit', remove)
  try {
    for (let attempt = 1; attempt <= mostTries; attempt++) {
      const program = join(folder, 'src/moltbot.js')
      const options = { program, kills: killsEach, seed: seed + 1_000 * attempt, say: () => undefined }
      if ((await proveKills(options)).breaches.length > 0) return attempt * killsEach
    }
    return undefined
  } finally {
    process.removeListener('exit', remove)
    remove()
  }
}

/** A copy of Moltbot with these edits. Throws where one does not find its place. */
function copyWith(edits: readonly Edit[]): string {
  const root = join(import.meta.dirname, '..')
  const folder = mkdtempSync(join(tmpdir(), 'moltbot-planted-'))
  cpSync(join(root, 'src'), join(folder, 'src'), { recursive: true })
  cpSync(join(root, 'package.json'), join(folder, 'package.json'))
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  for (const { file, from, to } of edits) {
    const path = join(folder, 'src', file)
    writeFileSync(path, plant(readFileSync(path, 'utf8'), { file, from, to }))
  }
  return folder
}

/** The text of a file with one edit made. Throws unless the edit has exactly one place there. */
export function plant(text: string, { file, from, to }: Edit): string {
  const pieces = text.split(from)
  if (pieces.length === 2) return pieces.join(to)
  throw new Error(`${file} has ${pieces.length - 1} places for the bug, not one: ${from}`)
}
