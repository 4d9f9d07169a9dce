import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createDisk } from '../../proof/power-disk.ts'
import { readDiskLog, type DiskEvent } from '../../proof/power-log.ts'
import { createRandom } from '../../proof/random.ts'
import { temporaryFolder } from '../doubles/folder.ts'

const write = (file: string, offset: number, text: string): DiskEvent => ({
  kind: 'write',
  file,
  offset,
  data: Buffer.from(text),
})
const sync = (file: string): DiskEvent => ({ kind: 'sync', file })

/** What a file holds after each of many power cuts at this moment, each possibility once. */
function cutsOf(disk: ReturnType<typeof createDisk>, file: string): Set<string | undefined> {
  const random = createRandom(1)
  return new Set(Array.from({ length: 200 }, () => disk.cut(random).get(file)?.toString()))
}

test('what was synced survives every power cut', () => {
  const disk = createDisk(new Map([['a', Buffer.from('old')]]))
  disk.apply(write('a', 0, 'new!'))
  disk.apply(sync('a'))
  assert.deepEqual(cutsOf(disk, 'a'), new Set(['new!']))
})

test('what was not synced is there or not, sector by sector, in any order', () => {
  const disk = createDisk(new Map([['a', Buffer.from('-'.repeat(1_024))]]))
  disk.apply(write('a', 0, 'x'.repeat(1_024)))
  const [none, all] = ['-', 'x'].map((sign) => sign.repeat(512))
  const expected = new Set([`${none}${none}`, `${all}${none}`, `${none}${all}`, `${all}${all}`])
  assert.deepEqual(cutsOf(disk, 'a'), expected)
})

test('a sync of one file promises nothing of another', () => {
  const disk = createDisk(new Map([['a', Buffer.from('old')]]))
  disk.apply(write('a', 0, 'new'))
  disk.apply(sync('b'))
  assert.deepEqual(cutsOf(disk, 'a'), new Set(['old', 'new']))
})

test('a file that was never synced may not be there at all, and one that was cut may have its end again', () => {
  const disk = createDisk(new Map([['a', Buffer.from('long')]]))
  disk.apply(write('b', 0, 'x'))
  disk.apply({ kind: 'truncate', file: 'a', bytes: 1 })
  assert.deepEqual(cutsOf(disk, 'a'), new Set(['long', 'l']))
  assert.ok(cutsOf(disk, 'b').has(undefined))
})

test('a file that was removed may be back until the one after it is synced', () => {
  const disk = createDisk(new Map([['a', Buffer.from('old')]]))
  disk.apply({ kind: 'remove', file: 'a' })
  disk.apply(write('a', 0, 'new'))
  assert.ok(cutsOf(disk, 'a').has('old'))
  disk.apply(sync('a'))
  assert.deepEqual(cutsOf(disk, 'a'), new Set(['new']))
})

test('the log of strace is read: a write counts from its beginning, a sync and a promise from their end', async (t) => {
  const hex = (text: string): string =>
    [...Buffer.from(text)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')
  const lines = [
    `7 pwrite64(31<${hex('/data/a.db')}>, "${hex('one')}", 3, 4096) = 3`,
    `7 pwrite64(31<${hex('/data/other')}>, "${hex('two')}", 3, 0) = 3`,
    `7 fsync(31<${hex('/data/a.db')}> <unfinished ...>`,
    `8 write(1<${hex('pipe')}>, "${hex('12\n')}", 3) = 3`,
    `7 <... fsync resumed>) = 0`,
    `8 write(20<${hex('eventfd')}>, "${hex('x')}", 1) = 1`,
    `8 ftruncate(31<${hex('/data/a.db')}>, 8) = 0`,
    `8 unlink("${hex('/data/a.db')}") = 0`,
    `8 +++ exited with 0 +++`,
  ]
  const file = join(temporaryFolder(t), 'strace.log')
  writeFileSync(file, lines.join('\n'))
  assert.deepEqual(await readDiskLog(file, (path) => path === '/data/a.db'), [
    { kind: 'write', file: 'a.db', offset: 4_096, data: Buffer.from('one') },
    { kind: 'told', line: '12\n' },
    { kind: 'sync', file: 'a.db' },
    { kind: 'truncate', file: 'a.db', bytes: 8 },
    { kind: 'remove', file: 'a.db' },
  ])
})
