import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SlackAnswer, SlackApi } from '../../../../src/adapters/slack/contract.ts'
import { createDirectory } from '../../../../src/adapters/slack/in/directory.ts'

type Call = {
  readonly method: string
  readonly args: Record<string, unknown>
  readonly account: string
  timeoutMs: number | undefined
}

/** A directory over an API that answers as it is told. */
function stage(answer: (call: Call) => SlackAnswer | Promise<SlackAnswer>) {
  const calls: Call[] = []
  const clock = { nowMs: 1_000_000 }
  const warned: unknown[] = []
  const call: SlackApi['call'] = async (method, args, { account, timeoutMs }) => {
    const made = { method, args, account, timeoutMs }
    calls.push(made)
    return answer(made)
  }
  const log = { warn: (about: unknown) => void warned.push(about) }
  const sleptMs: number[] = []
  const sleep = async (ms: number): Promise<void> => void sleptMs.push(ms)
  const now = (): number => clock.nowMs
  const ended = new AbortController()
  const directory = createDirectory({ api: { call }, now, sleep, signal: ended.signal, log })
  return { calls, clock, warned, sleptMs, directory, end: () => ended.abort() }
}

const ok = (data: Record<string, unknown>): SlackAnswer => ({ kind: 'ok', data })
const ada = {
  id: 'U1',
  name: 'ada',
  team_id: 'T1',
  is_bot: false,
  profile: { display_name: 'Ada L.', real_name: 'Ada' },
}
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('a person is asked for once, however many ask, and for no longer than a second', async () => {
  const { calls, directory } = stage(() => ok({ user: ada }))
  const found = await Promise.all([1, 2, 3].map(() => directory.userName('T1', 'U1')))
  assert.deepEqual(found, ['Ada L.', 'Ada L.', 'Ada L.'])
  await directory.userName('T1', 'U1')
  assert.deepEqual(calls, [{ method: 'users.info', args: { user: 'U1' }, account: 'T1', timeoutMs: 1_000 }])
})

test('the same id in two accounts is two people', async () => {
  const { directory } = stage(({ account }) => ok({ user: { ...ada, profile: { display_name: account } } }))
  assert.deepEqual([await directory.userName('T1', 'U1'), await directory.userName('T2', 'U1')], ['T1', 'T2'])
})

test('a name is the one that is shown, then the real one, then that of the account', async () => {
  const named = async (user: object): Promise<string> =>
    stage(() => ok({ user })).directory.userName('T1', 'U1')
  assert.equal(await named({ ...ada, profile: { display_name: '', real_name: 'Ada' } }), 'Ada')
  assert.equal(await named({ name: 'ada', real_name: 'A. L.' }), 'A. L.')
  assert.equal(await named({ name: 'ada', profile: 7 }), 'ada')
  assert.equal(await named({}), 'U1')
  assert.equal(await named({ name: '<@U2>' }), '@U2')
})

test('a bot is known as one, and where people are at home', async () => {
  const userOf = (user: object) => stage(() => ok({ user })).directory.user('T1', 'U1')
  assert.deepEqual(await userOf({ ...ada, enterprise_user: { enterprise_id: 'E1' } }), {
    name: 'Ada L.',
    homes: ['T1', 'E1'],
  })
  assert.deepEqual(await userOf({ name: 'p', is_bot: true, profile: { bot_id: 'B1' } }), {
    name: 'p',
    homes: [],
    botId: 'B1',
  })
  assert.equal((await userOf({ name: 'p', is_bot: true })).botId, 'U1')
})

test('who cannot be asked for has the id as a name, and is asked for again after a minute', async () => {
  let answer: SlackAnswer = { kind: 'unclear', why: 'no answer' }
  const { calls, clock, directory } = stage(() => answer)
  assert.deepEqual(await directory.user('T1', 'U1'), { name: 'U1', homes: [] })
  answer = ok({ user: ada })
  assert.equal(await directory.userName('T1', 'U1'), 'U1')
  clock.nowMs += 60_000
  assert.equal(await directory.userName('T1', 'U1'), 'Ada L.')
  assert.equal(calls.length, 2)
})

test('a name is asked for anew after twelve hours, and kept where that fails', async () => {
  let answer: SlackAnswer = ok({ user: ada })
  const { calls, clock, directory } = stage(() => answer)
  await directory.userName('T1', 'U1')
  clock.nowMs += 12 * 3_600_000
  answer = { kind: 'error', error: 'ratelimited' }
  assert.equal(await directory.userName('T1', 'U1'), 'Ada L.')
  assert.equal(calls.length, 2)
})

test('channels are listed over all pages, and found by id and by name', async () => {
  const pages: Readonly<Record<string, object>> = {
    one: { channels: [{ id: 'C1', name: 'news' }], response_metadata: { next_cursor: 'two' } },
    two: { channels: [{ id: 'C2', name: '新闻' }], response_metadata: { next_cursor: '' } },
  }
  const { calls, directory } = stage(({ args }) => ok({ ...pages[args['cursor'] === 'two' ? 'two' : 'one'] }))
  directory.refresh('T1')
  await settle()
  assert.deepEqual([directory.channelName('T1', 'C1'), directory.channelNamed('T1', 'News')], ['news', 'C1'])
  assert.deepEqual([directory.channelName('T1', 'C2'), directory.channelNamed('T1', '新闻')], ['新闻', 'C2'])
  assert.deepEqual(
    calls.map(({ method, args }) => [method, args.cursor]),
    [
      ['users.conversations', undefined],
      ['users.conversations', 'two'],
    ],
  )
  assert.equal(directory.channelNamed('T2', 'news'), undefined)
})

test('a name that is not known makes it ask, once a minute at most', async () => {
  let all = [{ id: 'C1', name: 'news' }]
  const { calls, clock, directory } = stage(() => ok({ channels: all }))
  assert.equal(directory.channelNamed('T1', 'news'), undefined)
  await settle()
  assert.equal(directory.channelNamed('T1', 'news'), 'C1')
  all = [...all, { id: 'C2', name: 'new' }]
  for (let i = 0; i < 5; i++) assert.equal(directory.channelNamed('T1', 'new'), undefined)
  await settle()
  assert.equal(calls.length, 1)
  clock.nowMs += 60_000
  assert.equal(directory.channelName('T1', 'C2'), undefined)
  await settle()
  assert.deepEqual([directory.channelName('T1', 'C2'), calls.length], ['new', 2])
})

test('a name that stands for two channels stands for none', async () => {
  const { directory } = stage(() =>
    ok({
      channels: [
        { id: 'C1', name: 'news' },
        { id: 'C2', name: 'news' },
        { id: 'C3', name: 'ops' },
      ],
    }),
  )
  directory.refresh('T1')
  await settle()
  assert.deepEqual(
    [directory.channelNamed('T1', 'news'), directory.channelName('T1', 'C1')],
    [undefined, undefined],
  )
  assert.equal(directory.channelName('T1', 'C3'), 'ops')
})

test('channels that change while they are listed are listed once more', async () => {
  const first = Promise.withResolvers<SlackAnswer>()
  const answers: (SlackAnswer | Promise<SlackAnswer>)[] = [
    first.promise,
    ok({ channels: [{ id: 'C1', name: 'renamed' }] }),
  ]
  const { calls, directory } = stage(() => answers.shift() ?? assert.fail('asked a third time'))
  for (let i = 0; i < 4; i++) directory.refresh('T1')
  first.resolve(ok({ channels: [{ id: 'C1', name: 'news' }] }))
  await settle()
  assert.deepEqual([directory.channelName('T1', 'C1'), calls.length], ['renamed', 2])
})

test('a channel that is gone keeps its name for people, and means nothing any more', async () => {
  const answers = [
    ok({ channels: [{ id: 'C1', name: 'news' }] }),
    ok({ channels: [{ id: 'C2', name: 'ops' }] }),
  ]
  const { directory } = stage(() => answers.shift() ?? assert.fail('asked a third time'))
  directory.refresh('T1')
  await directory.settled()
  directory.refresh('T1')
  await directory.settled()
  assert.deepEqual(
    [
      directory.channelCalled('T1', 'C1'),
      directory.channelName('T1', 'C1'),
      directory.channelNamed('T1', 'news'),
    ],
    ['news', undefined, undefined],
  )
  assert.equal(directory.channelCalled('T1', 'C2'), 'ops')
})

test('it has settled when no list is under way any more', async () => {
  const list = Promise.withResolvers<SlackAnswer>()
  const { directory } = stage(() => list.promise)
  await directory.settled()
  directory.refresh('T1')
  let isDone = false
  const done = directory.settled().then(() => (isDone = true))
  await settle()
  assert.equal(isDone, false)
  list.resolve(ok({ channels: [{ id: 'C1', name: 'news' }] }))
  await done
  assert.equal(directory.channelNamed('T1', 'news'), 'C1')
})

test('the name of a channel can pass for nothing else', async () => {
  const { directory } = stage(() => ok({ channels: [{ id: 'C1', name: '<!channel>\n\u202ex' }] }))
  directory.refresh('T1')
  await settle()
  assert.equal(directory.channelCalled('T1', 'C1'), '!channel x')
})

test('a list that breaks off changes nothing, and says so', async () => {
  const answers = [ok({ channels: [{ id: 'C1', name: 'news' }] })]
  const { directory, warned } = stage(() => answers.shift() ?? { kind: 'error', error: 'missing_scope' })
  directory.refresh('T1')
  await settle()
  directory.refresh('T1')
  await settle()
  assert.equal(directory.channelName('T1', 'C1'), 'news')
  assert.deepEqual(warned, [{ account: 'T1', why: 'missing_scope' }])
})

test("a workspace of ten thousand channels is listed in pages of Slack's most, and waits where it says so", async () => {
  const names = Array.from({ length: 10_000 }, (_, i) => ({ id: `C${i}`, name: `place-${i}` }))
  let refusals = 2
  const { calls, directory, sleptMs, warned } = stage(({ args }) => {
    const { cursor, limit } = args
    if (cursor === '4995' && refusals-- > 0)
      return { kind: 'error', error: 'ratelimited', ...(refusals === 1 ? { retryAfterMs: 7_000 } : {}) }
    const [from, size] = [Number(cursor ?? 0), Number(limit)]
    const next = from + size < names.length ? String(from + size) : ''
    return ok({ channels: names.slice(from, from + size), response_metadata: { next_cursor: next } })
  })
  directory.refresh('T1')
  for (let i = 0; i < 4; i++) await settle()
  assert.equal(directory.channelNamed('T1', 'place-9999'), 'C9999')
  assert.deepEqual([calls.length, sleptMs, warned], [13, [7_000, 60_000], []])
})

test('a Slack that has no time for the list at all is not asked for ever', async () => {
  const { calls, directory, warned } = stage(() => ({ kind: 'error', error: 'ratelimited' }))
  directory.refresh('T1')
  for (let i = 0; i < 4; i++) await settle()
  assert.deepEqual([calls.length, warned], [11, [{ account: 'T1', why: 'ratelimited' }]])
})

test('a list that the end of the program breaks off is no news', async () => {
  const { directory, warned, end } = stage(() => {
    end()
    return { kind: 'unclear', why: 'stopped' }
  })
  directory.refresh('T1')
  await settle()
  assert.deepEqual(warned, [])
})

test('cursors that never end do not keep it asking', async () => {
  const { calls, directory } = stage(() => ok({ channels: [], response_metadata: { next_cursor: 'more' } }))
  directory.refresh('T1')
  await settle()
  await settle()
  assert.equal(calls.length, 100)
})

test('we are in the channels that Slack tells of, and before it tells nobody knows', async () => {
  const listed = [{ id: 'C1', name: 'news' }]
  let answer: SlackAnswer = { kind: 'unreached', why: 'nobody there' }
  const { directory, clock, calls } = stage(() => answer)
  const isIn = (): readonly unknown[] => ['C1', 'C2'].map((id) => directory.isIn('T1', id))
  assert.deepEqual(isIn(), [undefined, undefined])
  await directory.settled()
  assert.deepEqual(isIn(), [undefined, undefined])
  answer = ok({ channels: listed })
  directory.refresh('T1')
  await directory.settled()
  assert.deepEqual(isIn(), [true, false])
  answer = ok({ channels: [{ id: 'C2', name: 'other' }] })
  clock.nowMs += 60_000
  assert.deepEqual([isIn(), calls.length], [[true, false], 3], 'what is not known is asked for anew')
  await directory.settled()
  assert.deepEqual([isIn(), directory.channelCalled('T1', 'C1')], [[false, true], 'news'])
})
