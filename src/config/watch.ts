import { readFileSync, watch } from 'node:fs'
import { basename, dirname } from 'node:path'
import { ConfigError, messageOf } from '../errors.ts'

/** Runs `run` once after `waitMs`, unless the function that it returns is called first. */
export type Later = (run: () => void, waitMs: number) => () => void

/** How long a file must be left alone before it is read: editors write it in several steps. */
const settleMs = 200

/**
 * Watches the file and hands each new content that `load` accepts to `onChange`. What `load` refuses goes, once, to
 * `onRefused` as lines, and nothing changes. A file that is gone changes nothing. `text` is what was read at the
 * start; the same content again does nothing. Returns the function that ends it.
 */
export function watchConfig<Loaded>(parts: {
  readonly file: string
  readonly text: string
  /** Checks the whole content; throws a ConfigError. */
  readonly load: (text: string) => Loaded
  readonly onChange: (loaded: Loaded) => void
  readonly onRefused: (problems: readonly string[]) => void
  readonly later?: Later
}): () => void {
  const { file, load, onChange, onRefused, later = wait } = parts
  const name = basename(file)
  let seen = parts.text
  let cancel: (() => void) | undefined

  const look = (): void => {
    try {
      const text = readIfThere(file)
      if (text === undefined || text === seen) return
      seen = text
      onChange(load(text))
    } catch (thrown) {
      onRefused(thrown instanceof ConfigError ? thrown.problems : [`${file}: ${messageOf(thrown)}`])
    }
  }
  const settle = (): void => {
    cancel?.()
    cancel = later(look, settleMs)
  }

  // The folder, because editors put a new file in the place of the old one; `..data` is how Kubernetes does it.
  const watcher = watch(dirname(file), (_, changed) => {
    if (changed === null || changed === name || changed.startsWith('..')) settle()
  })
  watcher.on('error', (error) =>
    onRefused([`${file}: changes are no longer seen, so restart to apply one: ${messageOf(error)}`]),
  )
  settle() // it may have changed between the first reading and now
  return () => {
    cancel?.()
    watcher.close()
  }
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return undefined
    throw thrown
  }
}

function wait(run: () => void, waitMs: number): () => void {
  const timer = setTimeout(run, waitMs)
  return () => clearTimeout(timer)
}
