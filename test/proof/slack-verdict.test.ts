import assert from 'node:assert/strict'
import { test } from 'node:test'
import { echoOf } from '../../proof/echo.ts'
import type { Question } from '../../proof/slack-crowd.ts'
import { postBreaches, slackBreaches, type Answer } from '../../proof/slack-verdict.ts'
import { fileNameOf } from '../../src/adapters/slack/out/upload.ts'

const thread = '100.000000'
const question = (n: number, more: Partial<Question> = {}): Question => ({
  channel: 'C1',
  thread,
  ts: `10${n}.000000`,
  user: 'U1',
  versions: [{ text: `q${n}`, takenAtMs: -Infinity }],
  ...more,
})
const row = (n: number, more: Partial<Answer> = {}): Answer => ({
  answers: `C1/10${n}.000000`,
  key: `inbox/${n}`,
  atMs: 1_000,
  state: 'sent',
  reply: echoOf(`q${n}`),
  ...more,
})
type Message = {
  ts: string
  thread_ts?: string
  user: string
  team: string
  text: string
  streaming: boolean
  asSeen: string
  metadata?: Record<string, unknown>
  files?: Record<string, unknown>[]
}
const message = (n: number, asSeen = echoOf(`q${n}`), more: Partial<Message> = {}): Message => ({
  ts: `20${n}.000000`,
  thread_ts: thread,
  user: 'UBOT',
  team: 'T1',
  text: asSeen,
  streaming: false,
  asSeen,
  ...more,
})
const gaveUp = 'I never got to the end, so I gave up.'
const changed = (takenAtMs: number, text: string | null): Question =>
  question(1, {
    versions: [
      { text: 'q1', takenAtMs: -Infinity },
      { text, takenAtMs },
    ],
  })

const fileRow = row(2, { key: 'inbox/2#2', reply: '', file: 'answer.md' })
const file = message(4, '', {
  files: [{ name: fileNameOf({ name: 'answer.md', text: '' }, 'inbox/2#2') }],
})

type World = {
  readonly questions?: readonly Question[]
  readonly rows?: readonly Answer[]
  readonly messages?: readonly Message[]
  readonly whispers?: readonly Message[]
  readonly status?: { readonly status: string; readonly session?: string }
}

const kinds = (world: World): string[] => {
  const both = [question(1), question(2)]
  const slack = {
    bot: { team: 'T1', userId: 'UBOT', botId: 'B1', token: 'xoxb-1' },
    messages: () => world.messages ?? [message(1), message(2)],
    ephemerals: () => world.whispers ?? [],
    statuses: () => world.status ?? { status: '', session: 'active' },
  }
  const { breaches } = slackBreaches(slack, world.questions ?? both, world.rows ?? [row(1), row(2)])
  return breaches.map(({ kind }) => kind)
}

const cases: readonly (readonly [name: string, world: World, breaches: readonly string[]])[] = [
  ['each question with its answer, in order', {}, []],
  ['an answer that is missing', { messages: [message(1)] }, ['lost']],
  ['a question that is in no row', { rows: [row(2)], messages: [message(2)] }, ['lost']],
  ['an answer that is there twice', { messages: [message(1), message(2), message(2)] }, ['doubled']],
  [
    'answers out of order',
    { messages: [message(1, echoOf('q2')), message(2, echoOf('q1'))] },
    ['outOfOrder'],
  ],
  ['a draft that stays', { messages: [message(1), message(2), message(3, 're: q1. ')] }, ['left']],
  [
    'a stream that is not stopped',
    { messages: [message(1), message(2, echoOf('q2'), { streaming: true })] },
    ['left'],
  ],
  ['a status that stays', { status: { status: 'is thinking…' } }, ['left']],
  ['a stop button that stays', { status: { status: '', session: 'processing' } }, ['left']],
  [
    'a question that was given up, and its asker told',
    {
      rows: [row(1), row(2, { reply: gaveUp })],
      messages: [message(1)],
      whispers: [message(3, gaveUp)],
    },
    [],
  ],
  [
    'one that was given up, and its asker not told',
    { rows: [row(1), row(2, { reply: gaveUp })], messages: [message(1)] },
    ['lost'],
  ],
  [
    'one that was given up without anybody knowing whether its asker was told',
    { rows: [row(1), row(2, { reply: gaveUp, state: 'unknown' })], messages: [message(1)] },
    [],
  ],
  [
    'one that was given up, and told twice',
    {
      rows: [row(1), row(2, { reply: gaveUp })],
      messages: [message(1)],
      whispers: [message(3, gaveUp), message(4, gaveUp)],
    },
    ['doubled'],
  ],
  [
    'one that was given up and answered all the same',
    { rows: [row(1), row(2, { reply: gaveUp })], whispers: [message(3, gaveUp)] },
    ['doubled'],
  ],
  [
    'the beginning of an answer that was given up, with a word that it was cut',
    {
      rows: [row(1), row(2, { reply: gaveUp })],
      messages: [
        message(1),
        message(2, 're: q2. \ncut', { metadata: { event_payload: { key: 'inbox/2/cut' } } }),
      ],
      whispers: [message(3, gaveUp)],
    },
    [],
  ],
  [
    'the old answer to a question that was changed after it',
    { questions: [changed(2_000, 'new')], rows: [row(1)], messages: [message(1)] },
    [],
  ],
  [
    'the old answer to a question that had been changed before',
    { questions: [changed(500, 'new')], rows: [row(1)], messages: [message(1)] },
    ['stale'],
  ],
  [
    'the new answer to a question that had been changed before',
    {
      questions: [changed(500, 'new')],
      rows: [row(1, { reply: echoOf('new') })],
      messages: [message(1, echoOf('new'))],
    },
    [],
  ],
  [
    'the beginning of an answer to what was taken back then',
    { questions: [changed(500, null)], rows: [], messages: [message(1, 're: q1. ', { streaming: true })] },
    [],
  ],
  [
    'a long answer with its file',
    { rows: [row(1), row(2), fileRow], messages: [message(1), message(2), file] },
    [],
  ],
  ['a file that is missing', { rows: [row(1), row(2), fileRow] }, ['lost']],
  [
    'a file that is there twice',
    { rows: [row(1), row(2), fileRow], messages: [message(1), message(2), file, file] },
    ['left'],
  ],
  ['no answer to what was taken back', { questions: [changed(500, null)], rows: [], messages: [] }, []],
  [
    'an answer to what was taken back after it',
    { questions: [changed(2_000, null)], rows: [row(1)], messages: [message(1)] },
    [],
  ],
  [
    'an answer to what had been taken back',
    { questions: [changed(500, null)], rows: [row(1)], messages: [message(1)] },
    ['stale'],
  ],
]
for (const [name, world, breaches] of cases) {
  test(`${name}: ${breaches.join(', ') || 'no breach'}`, () => assert.deepEqual(kinds(world), breaches))
}

const posted = (key: string): Message => {
  const { thread_ts: _, ...place } = message(1, 'news', { metadata: { event_payload: { key } } })
  return place
}
const posts: readonly (readonly [name: string, keys: string[], messages: Message[], breaches: string[]])[] = [
  ['a post of a task', ['a'], [posted('a')], []],
  ['one that is missing', ['a'], [], ['lost']],
  ['one that is there twice', ['a'], [posted('a'), posted('a')], ['doubled']],
  ['a run without a post', [], [], ['lost']],
  ['the progress of a run beside its post', ['a'], [posted('a'), posted('')], ['left']],
]
for (const [name, keys, messages, breaches] of posts) {
  test(`${name}: ${breaches.join(', ') || 'no breach'}`, () => {
    const bot = { team: 'T1', userId: 'UBOT', botId: 'B1', token: 'xoxb-1' }
    const found = postBreaches({ bot, messages: () => messages }, 'C1', keys)
    assert.deepEqual(
      found.map(({ kind }) => kind),
      breaches,
    )
  })
}
