import type { Config } from '../../src/config.ts'
import { readConfig } from '../../src/config/config.ts'
import { ConfigError } from '../../src/errors.ts'

type Machine = { readonly env?: NodeJS.ProcessEnv; readonly files?: Readonly<Record<string, string>> }

/** Reads `text` as config.yaml in /etc/moltbot, with no more of the machine than what is given. */
export function read(text: string, machine: Machine = {}): { config: Config; secrets: readonly string[] } {
  const readFile = (path: string): string => {
    const content = machine.files?.[path]
    if (content === undefined) throw new Error(`ENOENT: ${path}`)
    return content
  }
  return readConfig(text, { file: 'config.yaml', env: machine.env ?? {}, readFile })
}

/** The lines with which `text` is refused; none if it is accepted. Anything thrown but a ConfigError goes through. */
export function problemsOf(text: string, machine: Machine = {}): readonly string[] {
  try {
    read(text, machine)
    return []
  } catch (thrown) {
    if (thrown instanceof ConfigError) return thrown.problems
    throw thrown
  }
}
