/** One thing that a source holds: an entry of a feed, a message of a mailbox, a file. */
export type Item = {
  /** Stays the same when the source is read again; unique within it. */
  readonly id: string
  readonly title: string
  /** Plain text, without markup; may be empty. */
  readonly text: string
  /** Where a person can read the original: a URL or a file's path. */
  readonly link: string
  /** When it was published; undefined where the source does not say. */
  readonly atMs?: number
}

/** What reading a source gave: the items newest first, and what the source calls itself. */
export type Reading = { readonly title: string; readonly items: readonly Item[] }

/** What a reading may do. `private`: the person may reach hosts of this machine and its network. */
export type ReadingRights = { readonly private: boolean }

/**
 * Something to read. `read` throws a SourceError whose fault tells what went wrong; it never runs code of the
 * source, never takes more than its time, and keeps to its size limits.
 */
export type Source = {
  readonly name: string
  /** True if this source is the one for `from`, a URL or a path as a person wrote it. */
  readonly fits: (from: string) => boolean
  readonly read: (from: string, rights: ReadingRights, signal: AbortSignal) => Promise<Reading>
}
