import { z } from 'zod'

// An error here says what a value must be; the reader of the file puts the setting before it and the value after it.

/** Text in one line. */
export function text(must: string) {
  return z
    .string({ error: must })
    .regex(/^\P{Cc}*$/u, { error: must })
    .regex(/\S/u, { error: must })
}

/** A number within these bounds. */
export function number(least: number, most: number, what: string) {
  const error = `must be ${what} from ${least} to ${most}`
  return z.number({ error }).min(least, { error }).max(most, { error })
}

/** A whole number within these bounds. */
export function whole(least: number, most: number, what = 'a whole number') {
  const error = `must be ${what} from ${least} to ${most}`
  return z.int({ error }).min(least, { error }).max(most, { error })
}

/** One of these words. */
export function oneOf<const Words extends readonly [string, ...string[]]>(words: Words) {
  return z.enum(words, { error: `must be one of ${words.join(', ')}` })
}

/** A map with these keys. Any other key is an issue of its own, whose params name the `known` ones. */
export function keyed<Shape extends z.ZodRawShape>(shape: Shape) {
  const unknownKey = z.custom<unknown>(() => false, { params: { known: Object.keys(shape) } })
  return z.object(shape, { error: 'must be a map of settings' }).catchall(unknownKey)
}

/** A map of settings that all have defaults; its name with nothing under it is an empty one. */
export function section<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.preprocess((value) => value ?? {}, keyed(shape))
}

/** true or false. */
export function flag() {
  return z.boolean({ error: 'must be true or false' })
}
