import type { z } from 'zod'
import { didYouMean, plain, type Place, type Problem, quote } from './problem.ts'
import { homeOf, nearestZone, type Settings, settings } from './schema.ts'
import { anyModel, modelTypes } from './schema-models.ts'
import { dotted, type Path, pathKey, type Values } from './values.ts'
import type { Located, LocatedMap } from './yaml.ts'
import { nearest } from '../nearest.ts'

type Issue = z.core.$ZodIssue

/** Checks the values of the file against the schema. `settings` is undefined if there is any problem. */
export function checkSettings(
  root: LocatedMap,
  values: Values,
): { readonly settings: Settings | undefined; readonly problems: readonly Problem[] } {
  const read = settings.safeParse(values.value)
  if (read.success) return { settings: read.data, problems: [] }
  const byPath = new Map<string, Problem>()
  for (const issue of read.error.issues) {
    for (const [one, path] of withModelIssues(issue, values.value)) {
      const told = path.some((_, i) => values.told.has(pathKey(path.slice(0, i + 1))))
      const key = pathKey(path)
      if (!told && !byPath.has(key)) byPath.set(key, describe(one, path, root))
    }
  }
  return { settings: undefined, problems: [...byPath.values()] }
}

/** The issue with its path, then what else is wrong with a model whose type is not known: zod stops at the type. */
function withModelIssues(issue: Issue, value: unknown): readonly (readonly [Issue, Path])[] {
  const path = toPath(issue.path)
  if (issue.code !== 'invalid_union') return [[issue, path]]
  const parent = path.slice(0, -1)
  let model = value
  for (const key of parent) model = isRecord(model) ? model[key] : undefined
  const more = anyModel.safeParse(model).error?.issues ?? []
  return [[issue, path], ...more.map((one): [Issue, Path] => [one, parent.concat(toPath(one.path))])]
}

function toPath(keys: readonly PropertyKey[]): (string | number)[] {
  return keys.map((key) => (typeof key === 'number' ? key : String(key)))
}

function describe(issue: Issue, path: Path, root: LocatedMap): Problem {
  const { at, parentAt, value } = find(root, path)
  const name = dotted(path)
  const parent = dotted(path.slice(0, -1))
  const key = String(path.at(-1))
  const known = issue.code === 'custom' ? knownKeys(issue.params) : undefined
  if (known !== undefined) return { at, text: unknownKey(key, parent, known, path) }
  if (value === undefined)
    return { at: parentAt, text: `${parent} has no ${key}. ${examples[key] ?? 'Add it.'}` }
  if (value.kind === 'scalar' && value.value === null)
    return {
      at: value.at,
      text: `${name} is blank: it ${issue.message}. Give it a value, or delete the line.`,
    }
  return {
    at: value.at,
    text: `${name} ${issue.message}, not ${shown(value)}.${didYouMean(suggestion(issue, path, value))}`,
  }
}

const examples: Readonly<Record<string, string>> = {
  type: 'Add type: open_api, local_model or anthropic.',
  endpoint: 'Add endpoint: https://api.openai.com/v1, or where else its API is.',
  model: "Add model: and the model's name at its vendor.",
  api_key: 'Do export MOLTBOT_API_KEY=…, and add api_key: ${MOLTBOT_API_KEY}.',
}

function unknownKey(key: string, parent: string, known: readonly string[], path: Path): string {
  const where = parent === '' ? '' : ` in ${parent}`
  const near = nearest(key.slice(0, 60), known)
  if (near !== undefined) return `unknown key ${quote(key)}${where}.${didYouMean(near)}`
  const inModel = path[0] === 'model_provider' || path[0] === 'models'
  if (inModel && Object.hasOwn(anyModel.shape, key))
    return `${parent} takes no ${plain(key)}, because of its type. Delete the line.`
  const home = homeOf(key)
  if (home !== undefined) return `unknown key ${quote(key)}${where}.${didYouMean(home)}`
  return `unknown key ${quote(key)}${where}. There are: ${known.join(', ')}.`
}

function suggestion(issue: Issue, path: Path, value: Located): string | undefined {
  if (value.kind !== 'scalar') return undefined
  const source = value.source.slice(0, 60)
  if (path[0] === 'language' && /^(?:zh|cn|ch|中)/iu.test(source)) return 'zh'
  if (path[0] === 'timezone') return nearestZone(source)
  if (issue.code === 'invalid_union')
    return modelTypes.includes(source) ? undefined : nearest(source, modelTypes)
  if (issue.code === 'invalid_value') return nearest(source, issue.values.map(String))
  if (issue.code !== 'invalid_type' || issue.expected !== 'boolean') return undefined
  if (/^(?:yes|on|y|1)$/iu.test(source)) return 'true'
  return /^(?:no|off|n|0)$/iu.test(source) ? 'false' : undefined
}

function shown(value: Located): string {
  if (value.kind === 'list') return value.items.length === 0 ? 'an empty list' : 'a list'
  if (value.kind !== 'scalar') return 'a map'
  return typeof value.value === 'string' ? quote(value.source) : plain(value.source)
}

/** The value at `path` with the place of its key, and the place of the nearest key above it that is there. */
function find(root: LocatedMap, path: Path): { at: Place; parentAt: Place; value: Located | undefined } {
  let at = root.at
  let parentAt = root.at
  let value: Located | undefined = root
  for (const part of path) {
    parentAt = at
    if (value?.kind === 'map') {
      const entry: LocatedMap['entries'][number] | undefined = value.entries.find((one) => one.key === part)
      at = entry?.at ?? at
      value = entry?.value
    } else {
      value = value?.kind === 'list' && typeof part === 'number' ? value.items[part] : undefined
      at = value?.at ?? at
    }
  }
  return { at, parentAt, value }
}

function knownKeys(params: unknown): readonly string[] | undefined {
  const known = isRecord(params) ? params['known'] : undefined
  return Array.isArray(known) ? known.map(String) : undefined
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
