import { randomFill } from 'node:crypto'
import { lstatSync, truncateSync } from 'node:fs'
import { open, rename, rm, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'

/**
 * The ballast is a file that holds room on the disk and nothing else. Where a write finds the disk full it is emptied,
 * so that Moltbot goes on while somebody makes room. Empty, it stays: the mark that the reserve is in use.
 */
export const usualBallastBytes = 16 * 2 ** 20

/**
 * `kept`: it was there; `made`: it is now; `used`: it was emptied, and there is no room for it yet; `no-room`: it never
 * was there, for want of room.
 */
export type Restocked = 'kept' | 'made' | 'used' | 'no-room'

/** So many times its size must be free before it is made. */
const leastRoom = 4
const pieceBytes = 2 ** 20

/** Gives the room of the ballast back to the disk, without waiting. Returns how many bytes that were; never throws. */
export function releaseBallast(file: string): number {
  try {
    const bytes = sizeOf(file) ?? 0
    if (bytes > 0) truncateSync(file, 0)
    return bytes
  } catch {
    // Who cannot empty it is told of the full disk, as if there were none.
    return 0
  }
}

/** Makes the ballast where it is not, and the disk has room for it. */
export async function restockBallast(file: string, bytes: number): Promise<Restocked> {
  const size = sizeOf(file)
  if (size !== undefined && size > 0) return 'kept'
  const part = `${file}.part`
  // What a crash left of one takes the room that is looked for.
  await rm(part, { force: true })
  const { bavail, bsize } = await statfs(dirname(file))
  if (bavail * bsize < bytes * leastRoom) return size === undefined ? 'no-room' : 'used'
  try {
    await fill(part, bytes)
    await rename(part, file)
  } catch (error) {
    await rm(part, { force: true })
    throw error
  }
  return 'made'
}

/** Random bytes: a file system that compresses would hold no room for zeros. */
async function fill(file: string, bytes: number): Promise<void> {
  const piece = Buffer.alloc(pieceBytes)
  const part = await open(file, 'w', 0o600)
  try {
    for (let left = bytes; left > 0; left -= pieceBytes) {
      await promisify(randomFill)(piece)
      await part.write(piece, 0, Math.min(left, pieceBytes))
    }
    await part.sync()
  } finally {
    await part.close()
  }
}

/** Undefined, too, for what is no file of ours, such as a link to somebody else's. */
function sizeOf(file: string): number | undefined {
  const found = lstatSync(file, { throwIfNoEntry: false })
  return found?.isFile() === true ? found.size : undefined
}
