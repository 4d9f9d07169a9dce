import type { Located, LocatedMap } from './yaml.ts'
import { holdsPassword, holdsVendorKey, type Place, plain, type Problem } from './problem.ts'

/** Keys of the path to a value; a number is a place in a list, counted from 0. */
export type Path = readonly (string | number)[]

/** The parts of the machine that values may come from. `readFile` throws if it cannot. */
export type Surroundings = {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly readFile: (path: string) => string
}

/**
 * The file's values as plain data, each `${NAME}` replaced. `told` holds the paths, as `pathKey` writes them, that
 * have a problem here: their values are undefined in `value`, and nothing more is to be said of them.
 */
export type Values = {
  readonly value: unknown
  readonly problems: readonly Problem[]
  readonly told: ReadonlySet<string>
  readonly secrets: readonly string[]
}

/** The keys whose values are secret, each with the variable that its remedies name. */
export const keyVariables: Readonly<Record<string, string>> = {
  api_key: 'MOLTBOT_API_KEY',
  bot_token: 'SLACK_BOT_TOKEN',
  app_token: 'SLACK_APP_TOKEN',
  signing_secret: 'SLACK_SIGNING_SECRET',
  client_id: 'SLACK_CLIENT_ID',
  client_secret: 'SLACK_CLIENT_SECRET',
  state_secret: 'SLACK_STATE_SECRET',
}

/** A path as one string. */
export function pathKey(path: Path): string {
  return JSON.stringify(path)
}

/**
 * Replaces `${NAME}` by the environment variable NAME or, where only NAME_FILE is set, by the text of the file it
 * names. Refuses keys, passwords and private keys that stand in the file itself; no message shows one, nor what a
 * variable holds. `secrets` are the values of the keys in `keyVariables` and
 * whatever else came from a file or looks like a key.
 */
export function readValues(root: LocatedMap, surroundings: Surroundings): Values {
  const problems: Problem[] = []
  const told = new Set<string>()
  const secrets = new Set<string>()

  const text = (source: string, path: Path): string | string[] => {
    const isKey = isKeyName(path.at(-1))
    if (isKey && !(/^\$\{[^{}]*\}$/u.test(source) && !holdsVendorKey(source))) return [literalKey(path)]
    if (holdsVendorKey(source)) return [literalSecret(path)]
    const wrong = new Set<string>()
    const whole = source.replace(/\$\{([^{}]*)\}/gu, (_, name: string) => {
      const found = lookUp(name, surroundings)
      if (found.kind === 'missing') wrong.add(`${dotted(path)} ${found.text}`)
      else if (isKey && !/^[\x21-\x7e]+$/u.test(found.value)) wrong.add(unsendable(path, name))
      else if (isKey || found.fromFile || isTelling(name, found.value)) secrets.add(found.value)
      return found.kind === 'missing' ? '' : found.value
    })
    if (wrong.size === 0 && holdsPassword(whole)) return [passwordInUrl(path)]
    return wrong.size === 0 ? whole : [...wrong]
  }

  const refuse = (at: Place, path: Path, texts: readonly string[]): undefined => {
    told.add(pathKey(path))
    for (const one of texts) problems.push({ at, text: one })
  }

  const walk = (located: Located, path: Path): unknown => {
    if (located.kind === 'refused') return refuse(located.at, path, [])
    if (isKeyName(path.at(-1)) && (located.kind !== 'scalar' || typeof located.value !== 'string')) {
      return refuse(located.at, path, [
        located.kind === 'scalar' && located.value === null ? blankKey(path) : literalKey(path),
      ])
    }
    if (located.kind === 'list') return located.items.map((item, i) => walk(item, [...path, i]))
    if (located.kind === 'map') {
      const value: Record<string, unknown> = {}
      for (const entry of located.entries) {
        const inner = [...path, entry.key]
        if (holdsVendorKey(entry.key)) refuse(entry.at, inner, [literalSecret(path)])
        else value[entry.key] = walk(entry.value, inner)
      }
      return value
    }
    if (typeof located.value !== 'string') return located.value
    const read = text(located.value, path)
    return typeof read === 'string' ? read : refuse(located.at, path, read)
  }
  return { value: walk(root, []), problems, told, secrets: [...secrets] }
}

type Found =
  | { readonly kind: 'found'; readonly value: string; readonly fromFile: boolean }
  | { readonly kind: 'missing'; readonly text: string }

function lookUp(name: string, { env, readFile }: Surroundings): Found {
  if (!/^[A-Z_][A-Z0-9_]*$/u.test(name)) {
    return missing(
      'holds a ${…} that is no variable. Its name has only the characters A-Z, 0-9 and _, as ${MOLTBOT_API_KEY} has.',
    )
  }
  const value = env[name]
  const path = env[`${name}_FILE`]
  if (value !== undefined && value !== '') return { kind: 'found', value, fromFile: false }
  if (path !== undefined && path !== '') {
    try {
      const content = readFile(path).replace(/[\r\n]+$/u, '')
      if (content !== '') return { kind: 'found', value: content, fromFile: true }
      return missing(`needs ${name}, but the file ${plain(path)} that ${name}_FILE names is empty.`)
    } catch {
      return missing(`needs ${name}, but the file ${plain(path)} that ${name}_FILE names cannot be read.`)
    }
  }
  const state = value === '' ? 'is set to nothing' : 'is not set'
  return missing(
    `needs the environment variable ${name}, which ${state}. Do export ${name}=…, or set ${name}_FILE to a file that holds it.`,
  )
}

function missing(problem: string): Found {
  return { kind: 'missing', text: problem }
}

/** True for what must not be logged although it stands under no key of `keyVariables`. */
function isTelling(name: string, value: string): boolean {
  return /KEY|TOKEN|SECRET|PASS|CREDENTIAL|AUTH/u.test(name) || holdsVendorKey(value) || holdsPassword(value)
}

function literalKey(path: Path): string {
  return `${dotted(path)} must not stand in the file. ${writeKey(path)}`
}

function blankKey(path: Path): string {
  return `${dotted(path)} is blank. ${writeKey(path)}`
}

function writeKey(path: Path): string {
  const key = String(path.at(-1))
  const variable = keyVariables[key] ?? ''
  return `Do export ${variable}=…, and write ${key}: \${${variable}} here.`
}

function isKeyName(key: string | number | undefined): boolean {
  return key !== undefined && Object.hasOwn(keyVariables, key)
}

function literalSecret(path: Path): string {
  const where = path.length === 0 ? 'the file' : dotted(path)
  return `${where} holds what looks like a secret. Do export MOLTBOT_API_KEY=…, and write \${MOLTBOT_API_KEY} here. Replace the secret at its vendor: files are copied.`
}

function passwordInUrl(path: Path): string {
  return `${dotted(path)} holds a URL with a user or a password. Take out what stands before the @; a key goes under api_key.`
}

function unsendable(path: Path, name: string): string {
  return `${dotted(path)} needs ${name}, which holds a space, a line break or another character that no key has. Set it again.`
}

/** A path as people write it: http.port, routes.default[0]. */
export function dotted(path: Path): string {
  return path
    .map((part, i) => (typeof part === 'number' ? `[${part}]` : `${i === 0 ? '' : '.'}${plain(part)}`))
    .join('')
}
