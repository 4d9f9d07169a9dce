import type { DiskEvent } from './power-log.ts'
import type { Random } from './random.ts'

/** A disk that keeps for sure only what was synced. */
export type Disk = {
  readonly apply: (event: DiskEvent) => void
  /**
   * The files as a power cut may leave them now: all that was synced, and of the rest some sectors and not others, in
   * any order. It changes nothing.
   */
  readonly cut: (random: Random) => ReadonlyMap<string, Buffer>
}

type File = {
  /** What is there for sure; undefined while nothing has ever been synced. */
  kept: Buffer | undefined
  /** What was asked since. */
  readonly open: Extract<DiskEvent, { kind: 'write' } | { kind: 'truncate' }>[]
  /** The file of the same name that was removed, and may be back until this one is synced. */
  before: Buffer | undefined
}

/** A disk writes a sector whole or not at all; of the sizes in use this is the smallest, in bytes. */
const sectorBytes = 512

/** Makes a disk that holds these files. */
export function createDisk(files: ReadonlyMap<string, Buffer>): Disk {
  const all = new Map<string, File>(
    [...files].map(([name, kept]) => [name, { kept, open: [], before: undefined }]),
  )
  return {
    apply: (event) => {
      if (event.kind === 'told') return
      const file = all.get(event.file) ?? { kept: undefined, open: [], before: undefined }
      all.set(event.file, file)
      if (event.kind === 'remove') {
        all.set(event.file, { kept: undefined, open: [], before: file.kept })
      } else if (event.kind === 'sync') {
        file.kept = carriedOut(file.kept, file.open.splice(0))
        file.before = undefined
      } else {
        file.open.push(event)
      }
    },
    cut: (random) => {
      // From nothing of the rest to all of it: both ends are as likely as what lies between.
      const share = Math.min(1, Math.max(0, random() * 1.5 - 0.25))
      const left = [...all].flatMap(([name, { kept, open, before }]): [string, Buffer][] => {
        if (kept === undefined && random() >= share) return before === undefined ? [] : [[name, before]]
        const arrived = open.flatMap((event) => piecesOf(event).filter(() => random() < share))
        return [[name, carriedOut(kept, arrived)]]
      })
      return new Map(left)
    },
  }
}

function piecesOf(event: File['open'][number]): File['open'] {
  if (event.kind === 'truncate') return [event]
  const { file, offset, data } = event
  const pieces: File['open'] = []
  for (let from = 0; from < data.length;) {
    const to = Math.min(data.length, from + sectorBytes - ((offset + from) % sectorBytes))
    pieces.push({ kind: 'write', file, offset: offset + from, data: data.subarray(from, to) })
    from = to
  }
  return pieces
}

/** The content of a file after these events; `kept` stays as it is. */
function carriedOut(kept: Buffer | undefined, events: File['open']): Buffer {
  const ends = events.map((event) =>
    event.kind === 'truncate' ? event.bytes : event.offset + event.data.length,
  )
  let bytes = kept?.length ?? 0
  const content = Buffer.alloc(Math.max(bytes, ...ends))
  kept?.copy(content)
  for (const event of events) {
    if (event.kind === 'truncate') {
      content.fill(0, event.bytes)
      bytes = event.bytes
    } else {
      event.data.copy(content, event.offset)
      bytes = Math.max(bytes, event.offset + event.data.length)
    }
  }
  return content.subarray(0, bytes)
}
