import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { Block } from '../../../../src/adapters/slack/out/buttons.ts'
import { formView } from '../../../../src/adapters/slack/desk/form-view.ts'
import { homeView } from '../../../../src/adapters/slack/desk/home.ts'
import type { Home, HomeTask } from '../../../../src/home.ts'
import type { Language } from '../../../../src/words.ts'
import { checkView } from '../../../doubles/slack/limits.ts'
import { records } from '../../../doubles/slack/wire.ts'

const language = fc.constantFrom<Language>('en', 'zh')
/** Long, Chinese, and with all that Slack reads as more than text. */
const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.constantFrom(
    '<!channel>',
    '<@U123>',
    '<https://evil.example|bank>',
    '&amp;',
    '\u202e',
    '@everyone',
    '\n',
  ),
  fc.constantFrom('每个工作日早上九点摘要新闻'.repeat(80), '&<>'.repeat(1_000), 'digest '.repeat(500)),
)
const text = fc.array(hostile, { minLength: 1, maxLength: 4 }).map((parts) => `x ${parts.join(' ')}`)
const address = fc.record(
  {
    adapter: fc.constant('slack'),
    account: fc.constant('T1'),
    channel: fc.constantFrom('C1', 'D1', 'G1', '<!here>'),
    thread: fc.constantFrom('1763800000.000100', 'none', '9'.repeat(40)),
    shared: fc.constant(true as const),
  },
  { requiredKeys: ['adapter', 'account', 'channel'] },
)
const moment = fc.record({
  atMs: fc.integer({ min: 0 }),
  words: fc.constantFrom('Mon 23 Nov 2026, 09:00', '2026年11月23日 星期一 09:00', '&<>'.repeat(1_000)),
})
const task: fc.Arbitrary<Omit<HomeTask, 'id'>> = fc.record(
  {
    what: text,
    when: text,
    next: moment,
    alarm: text,
    isPaused: fc.boolean(),
    last: fc.record({
      outcome: fc.constant('failed'),
      time: moment,
      note: text,
    }),
  },
  { requiredKeys: ['what', 'when', 'isPaused'] },
)
const home: fc.Arbitrary<Home> = fc.record({
  tasks: fc
    .array(task, { maxLength: 20 })
    .map((tasks) => tasks.map((one, i) => ({ ...one, id: Number.MAX_SAFE_INTEGER - i }))),
  moreTasks: fc.nat(180),
  conversations: fc.array(fc.record({ address, route: text }), { maxLength: 10 }),
  defaultRoute: text,
})

function mrkdwnIn(view: Block): string[] {
  return records(view['blocks'])
    .flatMap((block) => [block['text'], ...records(block['elements'])])
    .flatMap((one) => records([one]))
    .flatMap(({ type, text: said }) => (type === 'mrkdwn' ? String(said) : []))
}

test('whatever a home holds, Slack takes it, and nothing in it mentions, links or leaves an entity cut', () => {
  fc.assert(
    fc.property(home, language, (home, language) => {
      const view = homeView(home, language, 'a notice')
      checkView(view)
      for (const said of mrkdwnIn(view)) {
        assert.ok(said.length <= 3_000)
        const rest = said.replaceAll(/<#[CG]1>|<!date\^\d+\^\{date_short_pretty\} \{time\}\|[^<>|]*>/gu, '')
        assert.doesNotMatch(rest, /[<>]|&(?!amp;|lt;|gt;)|[\u202a-\u202e\u2066-\u2069]/u)
        assert.equal(rest.isWellFormed(), true)
      }
    }),
    { numRuns: 200 },
  )
})

test('the negative control: one task more than Slack has room for is refused', () => {
  const tasks = Array.from({ length: 48 }, (_, id) => ({ id, what: 'x', when: 'y', isPaused: false }))
  const home: Home = { tasks, moreTasks: 0, conversations: [], defaultRoute: 'default' }
  assert.throws(() => checkView(homeView(home, 'en')), { error: 'invalid_arguments' })
})

test('whatever a person writes into a form, Slack takes the view, and its words are whole', () => {
  fc.assert(
    fc.property(
      text,
      text,
      fc.option(fc.nat(), { nil: undefined }),
      language,
      (what, words, edit, language) => {
        const filled = { what, when: what, ...(edit === undefined ? {} : { edit }) }
        const view = formView({ language, filled, told: { kind: 'problem', words }, toldAtMs: 0 })
        checkView(view)
        const shown = records(view['blocks']).filter(({ type }) => type === 'section')
        assert.equal(
          shown
            .flatMap(({ text }) => records([text]))
            .map(({ text }) => text)
            .join(''),
          words,
        )
        assert.equal(
          records(shown.map(({ text }) => text)).every(({ type }) => type === 'plain_text'),
          true,
        )
      },
    ),
    { numRuns: 500 },
  )
})

test('a home says what runs when, how it went, and where one spoke', () => {
  const home: Home = {
    tasks: [
      {
        id: 3,
        what: 'digest <x>',
        when: 'every day at 09:00',
        next: { atMs: 1_763_888_400_000, words: 'Mon 09:00' },
        isPaused: false,
        last: {
          outcome: 'failed',
          time: { atMs: 1_763_802_000_000, words: 'Sun 09:00' },
          note: 'no room & no time',
        },
      },
      {
        id: 4,
        what: 'digest x --to slack:C0123456789',
        when: 'every day',
        isPaused: true,
        alarm: 'paused, because it failed once',
      },
    ],
    moreTasks: 180,
    conversations: [
      {
        address: { adapter: 'slack', account: 'T1', channel: 'C1', thread: '1763800000.0001', shared: true },
        route: 'cheap',
      },
      { address: { adapter: 'slack', account: 'T1', channel: 'D1' }, route: 'default' },
    ],
    defaultRoute: 'default',
  }
  assert.deepEqual(mrkdwnIn(homeView(home, 'en')), [
    '*#3* digest &lt;x&gt;\nevery day at 09:00 · next <!date^1763888400^{date_short_pretty} {time}|Mon 09:00>\nlast: failed, <!date^1763802000^{date_short_pretty} {time}|Sun 09:00> · no room &amp; no time',
    '⚠ *#4* digest x --to <#C0123456789>\nevery day · paused, because it failed once\nIt has not run yet.',
    '… and 180 more. Write me “tasks” to see them all.',
    '<#C1> · thread of <!date^1763800000^{date_short_pretty} {time}|2025-11-22 08:26 UTC> · model: cheap',
    'direct message · model: default',
    'Where nobody chose a model, default answers.',
  ])
  assert.match(JSON.stringify(homeView(home, 'zh')), /你的任务.*立即运行.*恢复.*新建任务.*你的对话/u)
})
