import {
  chmodSync,
  cpSync,
  existsSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  type Stats,
} from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import type { Instruction } from './dockerfile.ts'
import type { Ignore } from './ignore.ts'

type Copy = Extract<Instruction, { readonly kind: 'copy' }>

/** Makes the folder that stands for `/`, with the folders of a slim image that a Dockerfile counts on. */
export function makeRoot(root: string, nodeUid: number | undefined): void {
  for (const folder of ['tmp', 'root', 'home/node', 'usr/local/bin'])
    mkdirSync(join(root, folder), { recursive: true })
  chmodSync(join(root, 'tmp'), 0o1777)
  if (nodeUid !== undefined) lchownSync(join(root, 'home/node'), nodeUid, nodeUid)
}

/** Where a path of the stage lies on this machine. */
export function mapPath(root: string, workdir: string, path: string): string {
  return join(root, resolve('/', workdir, path))
}

/**
 * Carries out COPY: a folder's content goes into the target, a file becomes the target, or goes into it where it ends
 * with `/` or is a folder. `owner` is undefined where this process may not give files away. Throws where a source is
 * missing or left out by .dockerignore.
 */
export function copyInto(
  copy: Copy,
  parts: {
    readonly root: string
    readonly workdir: string
    readonly source: string
    readonly ignore: Ignore
    readonly owner: number | undefined
  },
): void {
  const { root, workdir, source, ignore, owner } = parts
  const base = mapPath(root, workdir, copy.target)
  for (const name of copy.sources) {
    const from = join(source, resolve('/', name))
    const path = relative(source, from)
    if (!existsSync(from)) throw new Error(`${name} is not there`)
    const isFolder = lstatSync(from).isDirectory()
    if (path !== '' && !(isFolder ? ignore.mayHold(path) : !ignore.leavesOut(path)))
      throw new Error(`${name} is left out by .dockerignore`)
    const isInto =
      copy.target.endsWith('/') ||
      /(?:^|\/)\.$/u.test(copy.target) ||
      (existsSync(base) && lstatSync(base).isDirectory())
    const to = !isFolder && isInto ? join(base, basename(from)) : base
    mkdirSync(dirname(to), { recursive: true })
    cpSync(from, to, {
      recursive: true,
      verbatimSymlinks: true,
      filter: (one) => {
        const inside = relative(source, one)
        if (inside === '') return true
        return lstatSync(one).isDirectory() ? ignore.mayHold(inside) : !ignore.leavesOut(inside)
      },
    })
    if (owner === undefined) continue
    for (const [inside] of filesOf(from)) {
      const target = join(to, inside)
      if (existsSync(target)) lchownSync(target, owner, owner)
    }
  }
}

/** Every file and folder at and below `root`, by its path from there; `skip` names folders that are not entered. */
export function filesOf(root: string, skip: readonly string[] = []): ReadonlyMap<string, Stats> {
  const found = new Map<string, Stats>()
  const enter = (path: string): void => {
    if (skip.includes(path)) return
    const stats = lstatSync(join(root, path))
    found.set(path, stats)
    if (!stats.isDirectory()) return
    for (const name of readdirSync(join(root, path))) enter(join(path, name))
  }
  enter('')
  return found
}

/** Takes every right to write, or gives it back to the owner of folders so that they can be removed. */
export function setWritable(root: string, isWritable: boolean, skip: readonly string[] = []): void {
  for (const [path, stats] of filesOf(root, skip)) {
    if (isWritable && stats.isDirectory()) chmodSync(join(root, path), (stats.mode & 0o7777) | 0o700)
    if (!isWritable && !stats.isSymbolicLink()) chmodSync(join(root, path), stats.mode & 0o7555)
  }
}

/** The paths that are new, gone or different. */
export function differences(
  before: ReadonlyMap<string, Stats>,
  after: ReadonlyMap<string, Stats>,
): readonly string[] {
  return [...new Set([...before.keys(), ...after.keys()])].filter(
    (path) => imprint(before.get(path)) !== imprint(after.get(path)),
  )
}

function imprint(stats: Stats | undefined): string {
  return stats === undefined ? '' : `${stats.ino} ${stats.size} ${stats.mtimeMs} ${stats.mode}`
}
