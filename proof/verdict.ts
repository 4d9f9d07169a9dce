import { postKey } from '../src/tasks/ending.ts'
import type { Sent } from './clients.ts'
import { everyMs, isGivenUp, type DueRun, type Ordered, type Repeated } from './orders.ts'
import type { OutboxRow, Rows, RunRow } from './rows.ts'

/** What the clients know, to be held against the rows. */
export type Record = {
  readonly sent: readonly Sent[]
  /** What came of the orders for tasks that come once and for extra runs. */
  readonly orders: readonly Ordered[]
  readonly repeated: readonly Repeated[]
  /** What was due up to this instant must have its row, and have ended. */
  readonly untilMs: number
  /** The texts of what was kept for the conversations and fetched once, at the end. */
  readonly fetched: readonly string[]
  /** True for what goes to the model: each is a turn. */
  readonly isTalk: (sent: Sent) => boolean
}

export type Breach = { readonly kind: 'lost' | 'doubled' | 'outOfOrder'; readonly what: string }

/** What is lost, there twice or out of order, one entry each. */
export function breachesOf(record: Record, rows: Rows): Breach[] {
  return [...messageBreaches(record, rows), ...orderBreaches(record, rows), ...runBreaches(record, rows)]
}

function messageBreaches({ sent, isTalk }: Record, { inbox, outbox, turns }: Rows): Breach[] {
  const received = groupBy(inbox, ({ event }) => event)
  const answered = groupBy(
    outbox.filter(({ answers }) => answers !== null),
    ({ answers }) => answers ?? '',
  )
  const said = groupBy(turns, ({ text }) => text)
  const breaches = sent.flatMap((one) => {
    const event = eventOf(one)
    const replies = answered.get(event) ?? []
    const gaveUp = replies.some(({ reply }) => isGivenUp(reply))
    const expected = replies[0]?.reply
    const seen = one.seen.flatMap((all) => all.map(({ text }) => text))
    const isSame = seen.every((text) => text === expected)
    return [
      ...exactlyOne(received.get(event)?.length ?? 0, `row in for ${event}`),
      ...exactlyOne(replies.length, `reply to ${event}`),
      ...(isTalk(one) && !gaveUp ? exactlyOne(said.get(one.text)?.length ?? 0, `turn ${one.text}`) : []),
      ...(one.isAcknowledged()
        ? []
        : [lost(`${event}: never acknowledged, though it was sent until the end`)]),
      ...(one.seen.length > 0 ? [] : [lost(`${event}: its client never saw a reply`)]),
      ...(one.seen.some((all) => all.length > 1) || !isSame
        ? [doubled(`${event}: its client saw ${JSON.stringify(seen)}, not ${JSON.stringify(expected)} alone`)]
        : []),
    ]
  })
  const events = new Set(sent.map(eventOf))
  const foreign = inbox.filter(({ event }) => !events.has(event))
  return [...breaches, ...foreign.map(({ event }) => doubled(`row in for ${event}, which nobody sent`))]
}

/** In each conversation rows in, turns and replies stand in the order in which the messages were sent. */
function orderBreaches({ sent }: Record, { inbox, outbox, turns }: Rows): Breach[] {
  const position = new Map(sent.map((one, i) => [eventOf(one), i]))
  const byText = new Map(sent.map((one, i) => [one.text, i]))
  const orders: readonly (readonly [string, readonly { lane: string; at: number | undefined }[]])[] = [
    ['rows in', inbox.map(({ lane, event }) => ({ lane, at: position.get(event) }))],
    ['replies', outbox.map(({ lane, answers }) => ({ lane, at: position.get(answers ?? '') }))],
    ['turns', turns.map(({ conversation, text }) => ({ lane: conversation, at: byText.get(text) }))],
  ]
  return orders.flatMap(([what, list]) => {
    const newest = new Map<string, number>()
    return list.flatMap(({ lane, at }): Breach[] => {
      if (at === undefined) return []
      const before = newest.get(lane) ?? -1
      newest.set(lane, Math.max(before, at))
      return at < before ? [{ kind: 'outOfOrder', what: `${what} of ${lane}: ${at} after ${before}` }] : []
    })
  })
}

function runBreaches({ orders, repeated, untilMs, fetched }: Record, rows: Rows): Breach[] {
  const runs = orders.flatMap((one) => (one.kind === 'run' ? [one.run] : []))
  const due = repeated.flatMap((one) => dueTimesOf(one, untilMs))
  const found = groupBy(rows.runs, nameOf)
  const posts = rows.outbox.filter(({ answers }) => answers === null)
  const byKey = groupBy(posts, ({ key }) => key)
  const missing = [...runs, ...due].flatMap((run) =>
    exactlyOne(found.get(nameOf(run))?.length ?? 0, `row for the run ${nameOf(run)}`),
  )
  const ended = rows.runs.flatMap((run) => {
    const count = byKey.get(keyOf(run))?.length ?? 0
    const name = `the run ${nameOf(run)}, ${run.state}`
    if (run.state === 'queued' || run.state === 'running')
      return run.dueMs > untilMs ? [] : [lost(`${name}, never ended`)]
    if (run.state === 'succeeded' || run.state === 'dead') return exactlyOne(count, `post of ${name}`)
    // Of failures in a row only the first is told.
    if (run.state === 'failed') return atMostOne(count, `post of ${name}`)
    return count === 0 ? [] : [doubled(`post of ${name}`)]
  })
  // Due times of tasks that repeat are in the rows alone; a run that is in no schedule was not ordered either.
  const ordered = new Set(runs.map(nameOf))
  const byTask = new Map(repeated.map((one) => [one.taskId, one]))
  const unordered = rows.runs.filter((run) => {
    const task = byTask.get(run.taskId)
    return !(task !== undefined && isDue(task, run.dueMs)) && !ordered.has(nameOf(run))
  })
  const keys = new Set(rows.runs.map(keyOf))
  return [
    ...orders.flatMap((one) => (one.kind === 'strange' ? [lost(one.what)] : [])),
    ...missing,
    ...ended,
    ...unordered.map((run) => doubled(`the run ${nameOf(run)}, which nobody ordered`)),
    ...posts.filter(({ key }) => !keys.has(key)).map(({ reply }) => doubled(`post of no run: ${reply}`)),
    ...fetchBreaches(posts, fetched),
  ]
}

/** The due times that a task that repeats has had by an instant. */
export function dueTimesOf({ taskId, firstMs, untilMs = Infinity }: Repeated, byMs: number): DueRun[] {
  const count = Math.floor((Math.min(byMs, untilMs) - firstMs) / everyMs) + 1
  return Array.from({ length: Math.max(0, count) }, (_, i) => ({ taskId, dueMs: firstMs + i * everyMs }))
}

function isDue({ firstMs, untilMs = Infinity }: Repeated, dueMs: number): boolean {
  return (dueMs - firstMs) % everyMs === 0 && dueMs <= untilMs
}

/** What was fetched at the end are the posts that the rows call sent, each once. */
function fetchBreaches(posts: readonly OutboxRow[], fetched: readonly string[]): Breach[] {
  const sent = groupBy(
    posts.filter(({ state, lane }) => state === 'sent' && lane.startsWith('http/')),
    ({ reply }) => reply,
  )
  const got = groupBy(fetched, (text) => text)
  return [...new Set([...sent.keys(), ...got.keys()])].flatMap((text) => {
    const more = (got.get(text)?.length ?? 0) - (sent.get(text)?.length ?? 0)
    if (more === 0) return []
    return [more > 0 ? doubled(`fetched again: ${text}`) : lost(`sent and not fetched: ${text}`)]
  })
}

function eventOf({ id, conversation }: Sent): string {
  return `${encodeURIComponent(conversation)}/${id}`
}

/** The key of a run's post. */
export function keyOf({ taskId, dueMs, address }: RunRow): string {
  return postKey(taskId, dueMs, address)
}

/** A run, as breaches name it. */
export function nameOf({ taskId, dueMs }: DueRun): string {
  return `${taskId}/${dueMs}`
}

/** A breach where there is none of it, or more than one. */
export function exactlyOne(count: number, what: string): Breach[] {
  return count === 0 ? [lost(`no ${what}`)] : atMostOne(count, what)
}

/** A breach where there is more than one of it. */
export function atMostOne(count: number, what: string): Breach[] {
  return count > 1 ? [doubled(`${count} times: ${what}`)] : []
}

/** What is not there, or did not come. */
export function lost(what: string): Breach {
  return { kind: 'lost', what }
}

/** What is there though it must not be. */
export function doubled(what: string): Breach {
  return { kind: 'doubled', what }
}

function groupBy<T>(all: readonly T[], keyOf: (one: T) => string): ReadonlyMap<string, readonly T[]> {
  return Map.groupBy(all, keyOf)
}
