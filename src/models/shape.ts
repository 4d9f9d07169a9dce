import type { Shape } from '../model.ts'

type Schema = Readonly<Record<string, unknown>>

/** A shape as vendors take it: its name in letters, digits, `_` and `-`, and no object with room for other properties. */
export function closedShape({ name, schema }: Shape): { name: string; schema: Record<string, unknown> } {
  return { name: name.replace(/[^a-zA-Z0-9_-]/gu, '_').slice(0, 64) || 'answer', schema: closed(schema) }
}

function closed(schema: Schema): Record<string, unknown> {
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closedValue(value)]))
  return schema['type'] === 'object' ? { additionalProperties: false, ...inner } : inner
}

function closedValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closedValue)
  return isSchema(value) ? closed(value) : value
}

/**
 * True if OpenAI takes the schema in its strict mode: each object names all its properties as required and has room for
 * no others (https://platform.openai.com/docs/guides/structured-outputs).
 */
export function isStrict(schema: Schema): boolean {
  return Object.values(schema).every(isStrictValue) && (schema['type'] !== 'object' || isComplete(schema))
}

function isStrictValue(value: unknown): boolean {
  return Array.isArray(value) ? value.every(isStrictValue) : !isSchema(value) || isStrict(value)
}

function isComplete({ properties, required, additionalProperties }: Schema): boolean {
  const named: readonly unknown[] = Array.isArray(required) ? required : []
  const all = isSchema(properties) ? Object.keys(properties) : []
  return additionalProperties === false && all.every((name) => named.includes(name))
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
