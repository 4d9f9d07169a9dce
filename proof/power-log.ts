import { createReadStream } from 'node:fs'
import { basename } from 'node:path'
import { createInterface } from 'node:readline'

/** One thing that a program asked of its disk, or told the world, in the order in which it happened. */
export type DiskEvent =
  | { readonly kind: 'write'; readonly file: string; readonly offset: number; readonly data: Buffer }
  | { readonly kind: 'truncate'; readonly file: string; readonly bytes: number }
  | { readonly kind: 'remove'; readonly file: string }
  /** All that was asked of the file before is on the disk now. */
  | { readonly kind: 'sync'; readonly file: string }
  /** A line on standard output: from here on somebody relies on it. */
  | { readonly kind: 'told'; readonly line: string }

/** The system calls that change files, as strace is asked for them. */
export const tracedCalls = 'pwrite64,write,fsync,fdatasync,ftruncate,unlink,rename'

/** Reads what `strace -f -y -xx -s <all> -e trace=<tracedCalls>` wrote. Throws for a call that it does not model. */
export async function readDiskLog(file: string, isOurs: (path: string) => boolean): Promise<DiskEvent[]> {
  const events: DiskEvent[] = []
  // A call during which another thread called is told in two lines; it has its effect between them.
  const begun = new Map<string, string>()
  for await (const line of createInterface(createReadStream(file))) {
    const [, thread = '', rest = ''] = /^(\d+)\s+(.*)$/su.exec(line) ?? []
    const isBegun = rest.endsWith('<unfinished ...>')
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/su.exec(rest)
    const call = resumed === null ? rest : `${begun.get(thread) ?? ''}${resumed[1] ?? ''}`
    if (isBegun) begun.set(thread, rest.slice(0, -'<unfinished ...>'.length))
    const event = readCall(call)
    if (event === undefined) continue
    const isForUs = event.kind === 'told' || isOurs(event.file)
    // What is written counts from the beginning of its call, what is promised from the end.
    const counts = event.kind !== 'sync' && event.kind !== 'told' ? resumed === null : !isBegun
    if (isForUs && counts)
      events.push(event.kind === 'told' ? event : { ...event, file: basename(event.file) })
  }
  return events
}

function readCall(call: string): DiskEvent | undefined {
  const [, name = '', number = '', path = '', rest = ''] =
    /^(\w+)\((\d+)<((?:\\x[0-9a-f]{2})*)>,? ?(.*)$/su.exec(call) ?? []
  const file = bytesOf(path).toString()
  switch (name) {
    case 'pwrite64': {
      const [, data = '', offset = ''] = /^"((?:\\x[0-9a-f]{2})*)", \d+, (\d+)/u.exec(rest) ?? []
      return { kind: 'write', file, offset: Number(offset), data: bytesOf(data) }
    }
    case 'ftruncate':
      return { kind: 'truncate', file, bytes: Number(/^\d+/u.exec(rest)?.[0]) }
    case 'fsync':
    case 'fdatasync':
      return { kind: 'sync', file }
    case 'write': {
      if (number !== '1') return undefined
      return { kind: 'told', line: bytesOf(/^"((?:\\x[0-9a-f]{2})*)"/u.exec(rest)?.[1] ?? '').toString() }
    }
    default:
      return readRemoval(call)
  }
}

function readRemoval(call: string): DiskEvent | undefined {
  const [, name, path = ''] = /^(unlink|rename)\("((?:\\x[0-9a-f]{2})*)"/u.exec(call) ?? []
  if (name === 'rename') throw new Error(`a rename is not modelled: ${bytesOf(path).toString()}`)
  return name === undefined ? undefined : { kind: 'remove', file: bytesOf(path).toString() }
}

function bytesOf(escaped: string): Buffer {
  return Buffer.from(escaped.replaceAll('\\x', ''), 'hex')
}
