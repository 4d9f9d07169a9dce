import type { Home, HomeTask, Moment, NoHome } from '../../../home.ts'
import type { Address } from '../../../message.ts'
import { slackHomeWords, type SlackHomeWords } from '../../../words-slack-home.ts'
import { tasksWords } from '../../../words-tasks.ts'
import type { Language } from '../../../words.ts'
import type { Block } from '../out/buttons.ts'

/** What the buttons of the home are called when they are pressed; the value of those of a task is its number. */
export const homeActions = {
  pause: 'home-pause',
  resume: 'home-resume',
  run: 'home-run',
  edit: 'home-edit',
  make: 'home-make',
} as const

/**
 * The view of a person's home, within Slack's limits whatever it holds: 100 blocks, 3,000 characters a section. `notice`
 * stands above all else.
 */
export function homeView(home: Home | NoHome, language: Language, notice?: string): Block {
  const above = notice === undefined ? [] : [section(`⚠ ${notice}`)]
  const blocks =
    typeof home === 'string' ? [section(slackHomeWords[language].noHome[home])] : rooms(home, language)
  return { type: 'home', blocks: [...above, ...blocks] }
}

function rooms({ tasks, moreTasks, conversations, defaultRoute }: Home, language: Language): Block[] {
  const words = slackHomeWords[language]
  const model = (route: string): string => words.model(escaped(route, mostChars))
  const places = conversations.map(({ address, route }) =>
    section(`${placeWords(address, words)} · ${model(route)}`),
  )
  return [
    header(words.tasks),
    ...(tasks.length === 0 ? [section(words.noTasks)] : []),
    ...tasks.flatMap((task) => [section(taskWords(task, language)), taskButtons(task, words)]),
    ...(moreTasks === 0 ? [] : [section(words.more(moreTasks))]),
    {
      type: 'actions',
      block_id: 'tasks',
      elements: [button(words.buttons.make, homeActions.make, 'new', 'primary')],
    },
    { type: 'divider' },
    header(words.conversations),
    ...(places.length === 0 ? [section(words.noConversations)] : places),
    { type: 'context', elements: [mrkdwn(words.defaultRoute(escaped(defaultRoute, mostChars)))] },
  ]
}

/** The most characters of each text from outside; a section holds four of them. */
const mostChars = 600
const mostTimeChars = 60

function taskWords({ id, what, when, next, isPaused, alarm, last }: HomeTask, language: Language): string {
  const { tasks } = tasksWords[language]
  const coming =
    next === undefined ? tasks.states[isPaused ? 'paused' : 'done'] : tasks.next(momentWords(next))
  const note = last === undefined || last.note === '' ? '' : ` · ${escaped(last.note, mostChars)}`
  return [
    `${alarm === undefined ? '' : '⚠ '}*#${id}* ${named(escaped(what, mostChars))}`,
    `${escaped(when, mostChars)} · ${alarm === undefined ? coming : escaped(alarm, mostChars)}`,
    last === undefined
      ? tasks.noRuns
      : slackHomeWords[language].last(last.outcome, momentWords(last.time)) + note,
  ].join('\n')
}

function taskButtons({ id, isPaused }: HomeTask, { buttons }: SlackHomeWords): Block {
  const value = String(id)
  return {
    type: 'actions',
    block_id: `task-${id}`,
    elements: [
      isPaused
        ? button(buttons.resume, homeActions.resume, value, 'primary')
        : button(buttons.pause, homeActions.pause, value),
      button(buttons.run, homeActions.run, value),
      button(buttons.edit, homeActions.edit, value),
    ],
  }
}

/** Slack itself names the channel. */
function placeWords({ channel, thread, shared }: Address, words: SlackHomeWords): string {
  const place = shared === true && /^[CG][A-Z0-9]+$/u.test(channel) ? `<#${channel}>` : words.direct
  const seconds = Math.floor(Number(thread))
  if (thread === undefined || !Number.isSafeInteger(seconds)) return place
  const atMs = seconds * 1_000
  const utc = new Date(atMs).toISOString().slice(0, 16).replace('T', ' ')
  return `${place} · ${words.thread(momentWords({ atMs, words: `${utc} UTC` }))}`
}

/**
 * An instant as the clock of whoever reads it has it; the words are for clients that cannot.
 * Source: https://docs.slack.dev/messaging/formatting-message-text ("Date formatting").
 */
function momentWords({ atMs, words }: Moment): string {
  return `<!date^${Math.floor(atMs / 1_000)}^{date_short_pretty} {time}|${escaped(words, mostTimeChars)}>`
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }
/** Line ends, too: what is shown here is one line. */
const controls = /[\p{Cc}\p{Cs}\u200e\u200f\u2028-\u202e\u2066-\u2069]+/gu

/** A text of any origin as mrkdwn that can neither mention nor link; whole characters and entities, at most so many. */
function escaped(text: string, most: number): string {
  let shown = ''
  for (const character of text.replaceAll(controls, ' ')) {
    const next = entities[character] ?? character
    if (shown.length + next.length >= most) return `${shown}…`
    shown += next
  }
  return shown
}

/** A channel that is named by its id, as a form does, by the name that Slack shows for it. */
function named(text: string): string {
  return text.replaceAll(/\bslack:([CG][A-Z0-9]{8,})\b/gu, '<#$1>')
}

function header(text: string): Block {
  return { type: 'header', text: { type: 'plain_text', text } }
}

function section(text: string): Block {
  return { type: 'section', text: mrkdwn(text) }
}

/** `verbatim`: an `@channel` or a bare URL in it stays text. */
function mrkdwn(text: string): Block {
  return { type: 'mrkdwn', text, verbatim: true }
}

function button(label: string, action: string, value: string, style?: 'primary'): Block {
  return {
    type: 'button',
    action_id: action,
    text: { type: 'plain_text', text: label },
    value,
    ...(style === undefined ? {} : { style }),
  }
}
