import { isIPv4 } from 'node:net'
import { z } from 'zod'
import { nearest } from '../nearest.ts'
import { flag, keyed, number, oneOf, section, text, whole } from './fields.ts'
import { modelHomes, modelSections } from './schema-models.ts'
import { slackSection, slackShape } from './schema-slack.ts'

const zoneError = 'must be an IANA time zone such as Europe/Berlin or Asia/Shanghai'

const http = {
  enabled: flag().default(true),
  host: text('must be an address of this machine such as 127.0.0.1')
    .refine(isLoopback, {
      error:
        'must be 127.0.0.1, ::1 or localhost (there are no access tokens yet: whoever reaches the port is the owner)',
    })
    .default('127.0.0.1'),
  port: whole(0, 65_535).default(5000),
  allowed_hosts: z.preprocess(
    (value) => value ?? [],
    z.array(hostName(), { error: 'must be a list of host names' }),
  ),
}
const conversation = {
  history_tokens: whole(0, 1_000_000).default(3000),
  answer_tokens: whole(1, 1_000_000).default(1024),
  max_message_chars: whole(1, 1_000_000).default(32_000),
}
const digest = { max_items: whole(1, 1_000).default(20) }
const tasks = {
  at_once: whole(1, 64).default(4),
  each_command: whole(1, 64).default(4),
  timeout_minutes: number(1, 1_440, 'a number of minutes').default(10),
  attempts: whole(1, 10).default(4),
  pause_after: whole(1, 1_000).default(5),
}
const posts = { max_age_hours: number(1, 720, 'a number of hours').default(24) }
const days = () => number(1, 36_500, 'a number of days')
const keep = {
  runs_days: days().default(90),
  runs_each_task: whole(10, 100_000).default(2_000),
  posts_days: days().default(30),
  messages_days: days().default(365),
}
const backup = {
  every_hours: number(0, 8_760, 'a number of hours').default(24),
  keep: whole(1, 1_000).default(7),
}
const cache = {
  enabled: flag().default(true),
  scope: oneOf(['person', 'channel', 'everyone']).default('person'),
  ttl_seconds: number(1, 2_592_000, 'a number of seconds').default(600),
  max_entries: whole(1, 100_000).default(500),
  max_mib: number(0.01, 1_024, 'a number of mebibytes').default(16),
}
const caps = {
  total_usd: number(0, 1_000_000, 'a number of US dollars').optional(),
  person_usd: number(0, 1_000_000, 'a number of US dollars').optional(),
  task_usd: number(0, 1_000_000, 'a number of US dollars').optional(),
}
const budget = { day: section(caps), month: section(caps) }
const notices = { to: text('must be a place such as terminal').default('terminal') }
const log = {
  level: oneOf(['fatal', 'error', 'warn', 'info', 'debug', 'trace']).default('info'),
  prompts: flag().default(false),
}

/** config.yaml, key by key, with the defaults. Rules between two keys are in models.ts and schema-slack.ts. */
export const settings = keyed({
  language: oneOf(['auto', 'en', 'zh']).default('auto'),
  timezone: text(zoneError).refine(isZone, { error: zoneError }).optional(),
  data: text('must be a folder such as ./data')
    .refine((folder) => !folder.startsWith('~'), {
      error: 'must be a folder written out, because ~ is not read here',
    })
    .default('./data'),
  http: section(http),
  ...modelSections,
  slack: slackSection,
  cache: section(cache),
  budget: section(budget),
  notices: section(notices),
  conversation: section(conversation),
  digest: section(digest),
  tasks: section(tasks),
  posts: section(posts),
  keep: section(keep),
  backup: section(backup),
  log: section(log),
})

/** The settings as they stand in the file, with the defaults. */
export type Settings = z.output<typeof settings>

/** Where a key belongs that stands in the wrong place, such as `http.port` for `port`. */
export function homeOf(key: string): string | undefined {
  const ours = {
    http,
    slack: slackShape,
    cache,
    conversation,
    digest,
    tasks,
    posts,
    keep,
    backup,
    log,
    notices,
  }
  const homes = { ...ours, 'budget.day': caps, ...modelHomes }
  return Object.entries(homes).flatMap(([home, shape]) =>
    Object.hasOwn(shape, key) ? [`${home}.${key}`] : [],
  )[0]
}

function hostName() {
  const error = 'must be a host name such as bot.example.org, without https:// and port'
  return text(error)
    .max(253, { error })
    .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/iu, { error })
    .toLowerCase()
}

function isLoopback(host: string): boolean {
  return (isIPv4(host) && host.startsWith('127.')) || host === '::1' || host === 'localhost'
}

function isZone(zone: string): boolean {
  try {
    Intl.DateTimeFormat('en', { timeZone: zone })
    return /^[A-Z]/iu.test(zone) // offsets such as +08:00 know no summer time
  } catch {
    return false
  }
}

/** The IANA zone that someone may have meant, by its whole name or by its city. */
export function nearestZone(zone: string): string | undefined {
  if (/^(?:beijing|peking)$/iu.test(city(zone))) return 'Asia/Shanghai' // IANA names a zone by its largest city
  const zones = ['UTC', ...Intl.supportedValuesOf('timeZone')]
  const near = nearest(zone, zones) ?? nearest(city(zone), zones.map(city))
  return zones.find((one) => one === near) ?? zones.find((one) => city(one) === near)
}

function city(zone: string): string {
  return zone.slice(zone.lastIndexOf('/') + 1).replaceAll(' ', '_')
}
