import type { Entry, Located, LocatedMap } from './yaml.ts'
import { didYouMean, holdsPassword, holdsVendorKey, plain, type Problem, quote } from './problem.ts'
import { nearest } from '../nearest.ts'

/** The model that is always there, and the route of the same name. */
export const builtinName = 'builtin'

/** The one model of `model_provider`. */
export const shortName = 'default'

const maxNames = 100

/** The rules between models and routes that no single key can know. Works on the file as it is, so that they are checked whatever else is wrong. */
export function modelProblems(root: LocatedMap): readonly Problem[] {
  const short = child(root, 'model_provider')
  const models = child(root, 'models')
  const routes = child(root, 'routes')
  const named = models === undefined ? [] : entriesOf(models.value)
  const routed = routes === undefined ? [] : entriesOf(routes.value)
  const names = [...named.map((entry) => entry.key), ...(short === undefined ? [] : [shortName]), builtinName]
  const both = [short, models]
    .filter((entry) => entry !== undefined)
    .toSorted((a, b) => a.at.line - b.at.line)
  return [
    ...(both.length === 2 ? both.slice(1).map((entry) => problem(entry, togetherText)) : []),
    ...named
      .filter(isFalseBuiltin)
      .map((entry) => problem(entry, `models.builtin is Moltbot's own model. Choose another name.`)),
    ...routed
      .filter((entry) => entry.key === builtinName)
      .map((entry) => problem(entry, `routes.builtin is Moltbot's own route. Choose another name.`)),
    ...nameProblems('models', named),
    ...nameProblems('routes', routed),
    ...routed.slice(0, maxNames).flatMap((entry) => routeProblems(entry, names.slice(0, maxNames))),
  ]
}

const togetherText =
  'model_provider and models do not go together: model_provider is the short form for one model. Move it under models.'

function nameProblems(section: string, entries: readonly Entry[]): readonly Problem[] {
  const tooMany = entries
    .slice(maxNames, maxNames + 1)
    .map((entry) => problem(entry, `${section} has more than ${maxNames} names.`))
  const wrong = entries
    .slice(0, maxNames)
    .filter((entry) => !holdsVendorKey(entry.key))
    .filter((entry) => !/^[a-z0-9][a-z0-9._-]{0,39}$/u.test(entry.key) || /^\d+$/u.test(entry.key))
    .map((entry) => {
      const lower = entry.key.toLowerCase().replaceAll(/[\s/:@]+/gu, '-')
      const better = lower !== entry.key && /^[a-z][a-z0-9._-]{0,39}$/u.test(lower) ? lower : undefined
      return problem(
        entry,
        `${section} has the name ${quote(entry.key)}. A name has a-z, 0-9, ".", "_" and "-", at most 40, and a letter.${didYouMean(better)}`,
      )
    })
  const reserved = entries
    .filter((entry) => entry.key === 'why' || entry.key === 'reset')
    .map((entry) =>
      problem(
        entry,
        `${section} has the name ${entry.key}, which means something else after /model. Choose another.`,
      ),
    )
  return [...tooMany, ...wrong, ...reserved]
}

function routeProblems(route: Entry, names: readonly string[]): readonly Problem[] {
  const listed = route.value.kind === 'map' ? child(route.value, 'models') : route
  if (listed?.value.kind !== 'list') return []
  const seen = new Set<string>()
  const named = listed.value.items.flatMap((item) => {
    if (item.kind !== 'scalar' || typeof item.value !== 'string' || isTold(item.value)) return []
    const name = item.value
    const first = !seen.has(name)
    seen.add(name)
    const where = `routes.${plain(route.key)}`
    if (!first) return [{ at: item.at, text: `${where} names the model ${quote(name)} twice. Keep one.` }]
    if (names.includes(name)) return []
    const near = nearest(name.slice(0, 60), names)
    const text = `${where} names the model ${quote(name)}, which is not under models.${didYouMean(near)} There are: ${names.slice(0, 20).map(plain).join(', ')}.`
    return [{ at: item.at, text }]
  })
  return [...named, ...weightProblems(route, listed.value.items.length)]
}

function weightProblems(route: Entry, models: number): readonly Problem[] {
  const weights = route.value.kind === 'map' ? child(route.value, 'weights') : undefined
  if (route.value.kind !== 'map' || weights?.value.kind !== 'list') return []
  const count = weights.value.items.length
  const where = `routes.${plain(route.key)}`
  const choose = child(route.value, 'choose')
  return [
    ...(count === models
      ? []
      : [problem(weights, `${where} has ${count} weights for ${models} models. Give each model one.`)]),
    ...(choose === undefined
      ? []
      : [problem(choose, `${where} has weights, which is a choice of its own. Delete choose, or weights.`)]),
  ]
}

/** True for what is resolved, or refused, as a value: nothing is said of it here. */
function isTold(name: string): boolean {
  return name.includes('${') || holdsVendorKey(name) || holdsPassword(name)
}

function isFalseBuiltin(entry: Entry): boolean {
  if (entry.key !== builtinName || entry.value.kind !== 'map') return false
  const type = child(entry.value, 'type')?.value
  return type?.kind === 'scalar' && type.value !== builtinName
}

/** The entry of that key, unless nothing stands under it. */
export function child(map: LocatedMap, key: string): Entry | undefined {
  const entry = map.entries.find((one) => one.key === key)
  return entry === undefined || (entry.value.kind === 'scalar' && entry.value.value === null)
    ? undefined
    : entry
}

/** The entries of a map; none of anything else. */
export function entriesOf(located: Located): readonly Entry[] {
  return located.kind === 'map' ? located.entries : []
}

/** A problem at the place of an entry's key. */
export function problem(entry: Entry, text: string): Problem {
  return { at: entry.at, text }
}
