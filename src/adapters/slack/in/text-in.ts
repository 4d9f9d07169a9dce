/** How ids are called; undefined where nobody knows. */
export type Names = {
  readonly botUserId: string
  readonly user: (id: string) => string | undefined
  readonly channel: (id: string) => string | undefined
}

const someone = /<@([UW][A-Z0-9]+)(?:\|[^<>]*)?>/gu
/** Between angle brackets stands what Slack made of the text; those that people type come as entities. */
const marked = /<([^<>]*)>|&(?:amp|lt|gt);|<(?=[<@#!])/gu
const mostNameChars = 80
const characters: Readonly<Record<string, string>> = { '&amp;': '&', '&lt;': '<', '&gt;': '>' }

/** The ids of the people whom a text of Slack's mentions, each once. */
export function mentionedIn(text: string): readonly string[] {
  return [...new Set([...text.matchAll(someone)].flatMap(([, id]) => id ?? []))]
}

/**
 * The text as a person reads it, from Slack's own form (docs.slack.dev/messaging/formatting-message-text): people and groups as
 * `@name`, channels as `#name`, or `slack:C1` where the name is not known, links as their URL. The mention of ourselves is
 * taken out, and what sets it off at the beginning. Never throws.
 */
export function plainText(text: string, names: Names): string {
  const rest = withoutOurs(text.trim(), names.botUserId)
  const plain = rest.replaceAll(marked, (found: string, inside: string | undefined) =>
    inside === undefined ? (characters[found] ?? '') : spoken(inside, names),
  )
  return plain.trim()
}

/** A colon that begins an emoji (`:tada:`) has no blank after it. */
function withoutOurs(text: string, botUserId: string): string {
  const mute = (whole: string, id: string): string => (id === botUserId ? '' : whole)
  const rest = text.replaceAll(new RegExp(`[ \\t]?${someone.source}`, 'gu'), mute).trimStart()
  const begins = text.replace(new RegExp(`^${someone.source}`, 'u'), mute) !== text
  return begins ? rest.replace(/^(?:[,:;](?=\s|$)|[，：；、])/u, '') : rest
}

function spoken(inside: string, names: Names): string {
  const bar = inside.indexOf('|')
  const target = decoded(bar < 0 ? inside : inside.slice(0, bar))
  const label = bar < 0 ? '' : decoded(inside.slice(bar + 1))
  const id = target.slice(1)
  if (target.startsWith('@')) return `@${names.user(id) ?? (label || id)}`
  if (target.startsWith('#')) {
    const name = names.channel(id)
    return name === undefined ? `slack:${id}` : `#${name}`
  }
  if (target.startsWith('!')) return announced(id, label)
  return linked(target, label)
}

/** `<!here>`, `<!subteam^S1|@ops>`, `<!date^1392734382^{date}|18 February>`. */
function announced(what: string, label: string): string {
  const [kind = '', first = ''] = what.split('^')
  if (kind === 'date') return label
  return `@${(label || (kind === 'subteam' ? first : kind)).replace(/^@/u, '')}`
}

function linked(target: string, label: string): string {
  const url = target.replace(/^(?:mailto|tel):/u, '')
  return label === '' || bare(label) === bare(url) ? url : `${url} (${label})`
}

function bare(url: string): string {
  return url
    .replace(/^https?:\/\//u, '')
    .replace(/\/$/u, '')
    .toLowerCase()
}

/** A name as it is shown: it can pass for nothing else where it is written. */
export function shownName(name: string): string {
  const clean = decoded(name).replaceAll(/[\p{Cc}\p{Bidi_Control}<>]/gu, ' ')
  return clean.replaceAll(/\s+/gu, ' ').trim().slice(0, mostNameChars)
}

/** Slack's three entities as the characters that they stand for. */
function decoded(text: string): string {
  return text.replaceAll(/&(?:amp|lt|gt);/gu, (entity) => characters[entity] ?? entity)
}
