import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { existsSync } from 'node:fs'
import { temporaryFolder } from '../doubles/folder.ts'
import { moltbot } from './moltbot.ts'

const now = ['--now', '2026-11-22T10:00:00Z']

describe('moltbot explain', { concurrency: true }, () => {
  test('says what plain words would do, and does not do it', async (t) => {
    const data = `${temporaryFolder(t)}/data`
    const { code, stdout } = await moltbot(
      ['explain', ...now, 'every weekday at 9 digest x.xml to terminal'],
      { data },
    )
    assert.equal(code, 0)
    assert.match(
      stdout,
      /^\/digest {2}from: x\.xml {2}to: terminal\nMonday to Friday at 09:00 \(UTC\)\n {2}Mon 23/u,
    )
    assert.equal(existsSync(data), false)
  })

  test('--json, --now and --zone: tomorrow at nine is tomorrow at nine there', async (t) => {
    const data = temporaryFolder(t)
    const there = ['--json', '--zone', 'Asia/Shanghai']
    const [zulu, local] = await Promise.all([
      moltbot(['explain', ...now, ...there, '明天早上9点提醒我喝茶'], { data }),
      moltbot(['explain', '--now', '2026-11-22 18:00', ...there, '明天早上9点提醒我喝茶'], { data }),
    ])
    const read = { command: 'remind', args: { text: '喝茶' } }
    const at = '2026-11-23T01:00:00.000Z'
    for (const { stdout } of [zulu, local]) {
      const { schedule, ...order } = JSON.parse(stdout)
      assert.deepEqual(order, read)
      assert.equal(Date.parse(schedule.at), Date.parse(at))
    }
  })

  test('what is said of a schedule beside its time is told in words, and is in the JSON where it was said', async (t) => {
    const data = temporaryFolder(t)
    const berlin = ['explain', '--now', '2026-11-22 18:00', '--zone', 'Europe/Berlin']
    const order = 'remind me every hour to drink, quiet 22-7, 5 times; missed: skip'
    const [english, chinese, json, plain] = await Promise.all([
      moltbot([...berlin, order], { data }),
      moltbot([...berlin, '--lang', 'zh', '每天早上9点直到11月24日提醒我吃药'], { data }),
      moltbot([...berlin, '--json', order], { data }),
      moltbot([...berlin, '--json', 'remind me every hour to drink'], { data }),
    ])
    const [first, second, ...next] = english.stdout.trimEnd().split('\n')
    assert.equal(first, '/remind  text: drink')
    assert.equal(second, 'every hour (Europe/Berlin); 5 times; not between 22:00 and 07:00; missed: skip')
    assert.equal(next.length, 3)
    assert.deepEqual(chinese.stdout.trimEnd().split('\n').slice(1), [
      '每天 09:00（Europe/Berlin）；直到2026年11月24日 星期二',
      '  2026年11月23日 星期一 09:00',
      '  2026年11月24日 星期二 09:00',
    ])
    assert.deepEqual(JSON.parse(json.stdout), {
      command: 'remind',
      args: { text: 'drink' },
      schedule: { everyMs: 3_600_000 },
      options: { quiet: { from: '22:00', to: '07:00' }, count: 5, missed: { kind: 'skip' } },
    })
    assert.deepEqual(JSON.parse(plain.stdout), {
      command: 'remind',
      args: { text: 'drink' },
      schedule: { everyMs: 3_600_000 },
    })
  })

  test('the times are those that the task would have, and what would be refused is refused', async (t) => {
    const data = temporaryFolder(t)
    const said = async (order: string) => {
      const at = ['explain', '--now', '2026-11-22T10:17:00Z', '--zone', 'UTC', order]
      const { code, stdout, stderr } = await moltbot(at, { data })
      return [code, ...stdout.trimEnd().split('\n').slice(1), stderr.trimEnd()]
    }
    const times = ['11:17', '12:17', '13:17'].map((time) => `  Sun 22 Nov 2026, ${time}`)
    assert.deepEqual(
      await Promise.all([
        said('remind me every hour to drink'),
        said('every 10 seconds remind me to drink'),
        said('every hour remind me to drink; quiet 00:00-23:59'),
        said('remind me every hour to drink; jitter 2 hours'),
      ]),
      [
        [0, 'every hour (UTC)', ...times, ''],
        [1, 'That is too often; once a minute is the most'],
        [1, 'It would never run, so I leave it: every hour (UTC); not between 00:00 and 23:59'],
        [
          1,
          'The random delay must be shorter than the time from one run to the next, such as: jitter 5 minutes',
        ],
      ],
    )
  })

  test('--stdin answers each line with a line of JSON, null where there is no order', async (t) => {
    const data = temporaryFolder(t)
    const texts = Array.from({ length: 100 }, (_, i) =>
      i % 4 === 0 ? 'what a lovely day' : `remind me in ${i} minutes to drink tea ${i}`,
    )
    const { code, stdout } = await moltbot(['explain', '--stdin', ...now], { data, input: texts.join('\n') })
    assert.equal(code, 0)
    const read: unknown[] = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    assert.equal(read.length, 100)
    assert.deepEqual(read.filter((one) => one === null).length, 25)
    assert.ok(stdout.includes('"drink tea 99"'))
  })

  test('what cannot be used ends with 2, what holds no order with 1', async (t) => {
    const data = temporaryFolder(t)
    const wrong: readonly (readonly [args: readonly string[], code: number, told: RegExp])[] = [
      [['--now', '12', 'hi'], 2, /^--now 12 is not a time/u],
      [['--now', '2026-02-31T99:00', 'hi'], 2, /^--now \S+ is not a time/u],
      [['--zone', 'Mars/Base', 'hi'], 2, /^--zone Mars\/Base is not an IANA time zone/u],
      [[], 2, /^Give the words to explain/u],
      [['hello'], 1, /^I read no order in that/u],
    ]
    await Promise.all(
      wrong.map(async ([args, code, told]) => {
        const ended = await moltbot(['explain', ...args], { data })
        assert.equal(ended.code, code, args.join(' '))
        assert.match(ended.stderr, told)
        assert.equal(ended.stdout, '')
      }),
    )
  })
})
