import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Figure } from '../bench/figures.ts'
import { plant, planted, type Edit, type Planted } from './planted.ts'
import { proveKills } from './kill.ts'
import { proveLease } from './lease.ts'
import type { Proof } from './proof.ts'
import { proveSlack } from './slack.ts'

/** So many kills, and if they show nothing, so many more with another seed, up to `mostTries` times. */
const killsEach = 12
const mostTries = 4

const root = join(import.meta.dirname, '..')
/** Of the short form. */
const shortOnes: ReadonlySet<string> = new Set([
  'an event may have several rows in the inbox',
  'a post is marked as sent before it is sent',
  'a run is ended without the token of its claim',
  'an event of Slack may have several rows in the inbox',
])

/**
 * The proof of kills against copies of Moltbot with a bug planted in each: it must find every one. Random kills may
 * miss the few milliseconds in which a bug shows, so one that is not found is tried with other seeds. What shows only
 * after the minute that a lease lasts is tried by a runner that is frozen in front of the rows.
 */
export const controlsProof: Proof = {
  name: 'controls',
  summary: 'the proof of kills finds bugs that were planted for it',
  run: async ({ isShort, seed, say }) => {
    const chosen = isShort ? planted.filter(({ name }) => shortOnes.has(name)) : planted
    const falseAlarms = await proveLease(join(root, 'src'))
    for (const { what } of falseAlarms) say(`without any bug: ${what}`)
    let caught = 0
    for (const one of chosen) {
      const found = await find(one, seed)
      if (found !== undefined) caught++
      say(`${found ?? 'NOT FOUND'}: ${one.name}`)
    }
    const figures: Figure[] = [
      { metric: 'planted', value: chosen.length, unit: 'bugs', about: 'each in a copy of src of its own' },
      { metric: 'caught', value: caught, unit: 'bugs', about: `within ${killsEach * mostTries} kills each` },
    ]
    return { figures, holds: caught === chosen.length && falseAlarms.length === 0 }
  },
}

/** How a bug was found, in words; undefined if it was not. */
async function find({ edits, shows }: Planted, seed: number): Promise<string | undefined> {
  const folder = copyWith(edits)
  const remove = (): void => rmSync(folder, { recursive: true, force: true })
  process.once('exit', remove)
  try {
    if (shows === 'in Slack') {
      const program = join(folder, 'src/moltbot.js')
      const options = { program, transport: 'http', kills: 1, seed, say: () => undefined } as const
      return (await proveSlack(options)).breaches[0]?.what
    }
    if (shows === 'at leases') return (await proveLease(join(folder, 'src')))[0]?.what
    for (let attempt = 1; attempt <= mostTries; attempt++) {
      const program = join(folder, 'proof/program.ts')
      const options = {
        program,
        kills: killsEach,
        mostPauseMs: 0,
        seed: seed + 1_000 * attempt,
        say: () => undefined,
      }
      if ((await proveKills(options)).breaches.length > 0) return `found in ${attempt * killsEach} kills`
    }
    return undefined
  } finally {
    process.removeListener('exit', remove)
    remove()
  }
}

/** A copy of Moltbot with these edits. Throws where one does not find its place. */
function copyWith(edits: readonly Edit[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'moltbot-planted-'))
  cpSync(join(root, 'src'), join(folder, 'src'), { recursive: true })
  mkdirSync(join(folder, 'proof'))
  for (const file of ['package.json', 'proof/program.ts', 'proof/chat.ts']) {
    cpSync(join(root, file), join(folder, file))
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  for (const { file, from, to } of edits) {
    const path = join(folder, 'src', file)
    writeFileSync(path, plant(readFileSync(path, 'utf8'), { file, from, to }))
  }
  return folder
}
