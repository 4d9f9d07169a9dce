import assert from 'node:assert/strict'
import { suite, test, type TestContext } from 'node:test'
import * as fc from 'fast-check'
import type { Answer } from '../src/answer.ts'
import type { Message } from '../src/message.ts'
import { createPairing, randomCode, readCode } from '../src/pairing.ts'
import { personKey, typedKey } from '../src/people.ts'
import type { PeopleReads } from '../src/store/people.ts'
import { admission, channel, home, messageOf, minuteMs, nowMs, openRows } from './people-world.ts'

const hourMs = 60 * minuteMs

/** Pairing over real rows with a clock that stands until it is moved; `changed` weakens a guard. */
function world(t?: TestContext, changed: Partial<PeopleReads> = {}) {
  const rows = openRows(t)
  const clock = { nowMs }
  const answerTo = createPairing({
    read: { ...rows.read, ...changed },
    now: () => clock.nowMs,
    newCode: randomCode,
    program: 'npm exec moltbot --',
  })
  /** Answers, and leaves what is to be written to the caller. */
  const meet = (message: Message, language: 'en' | 'zh' = 'en'): Answer => {
    const key = personKey(message.address, message.author.id)
    const known = rows.read.get(key)
    return answerTo({ message, key, typed: typedKey(key), known, isFirst: false, language })
  }
  /** The text that someone gets, once it is committed. */
  const tell = (message: Message, language: 'en' | 'zh' = 'en'): string => {
    const { reply, posts, writes } = meet(message, language)
    assert.equal(reply.status, 'refused')
    assert.deepEqual(posts, [])
    rows.commit(writes)
    return reply.text
  }
  return { ...rows, clock, meet, tell }
}

const codeIn = (text: string): string | undefined => /\/people allow ([0-9A-Z]{8}),/u.exec(text)?.[1]

suite('a code', () => {
  test('has eight letters without look-alikes, each as likely as the others', () => {
    const codes = Array.from({ length: 4_000 }, randomCode)
    for (const code of codes) assert.match(code, /^[34679ACDEFGHJKLMNPQRTUVWXY]{8}$/u)
    assert.equal(new Set(codes).size, codes.length)
    const counts = Map.groupBy(codes.join(''), (letter) => letter)
    assert.equal(counts.size, 26)
    // 1,231 are expected of each; seven standard deviations lie between that and the bounds.
    for (const { length } of counts.values()) assert.ok(length > 990 && length < 1_472, String(length))
  })

  test('is read as people type it, also one of before, when S, 5, B, 8, Z and 2 were in codes', () => {
    for (const typed of [
      'ABCD2345',
      'abcd2345',
      ' abcd-2345 ',
      'AB CD 23 45',
      'ａｂｃｄ２３４５',
      'abcd–2345',
    ]) {
      assert.equal(readCode(typed), 'ABCD2345', typed)
    }
    for (const typed of ['', 'ABCD234', 'ABCD23456', 'ABCD0345', 'ABCDI345', 'ABCD/345', 'slack T1 U1']) {
      assert.equal(readCode(typed), undefined, typed)
    }
  })

  test('is given to someone unknown who writes directly, with what the owner must type', (t) => {
    const { tell, read } = world(t)
    const text = tell(messageOf('U1'))
    const code = codeIn(text)
    assert.ok(code !== undefined, text)
    assert.match(text, new RegExp(`within 60 minutes.*: npm exec moltbot -- run people allow ${code}$`, 'u'))
    assert.deepEqual(read.byCode(code, nowMs), {
      person: 'slack/T1/U1',
      name: 'name of U1',
      code,
      madeAtMs: nowMs,
      expiresAtMs: nowMs + hourMs,
    })
    const zh = tell(messageOf('U2'), 'zh')
    assert.match(
      zh,
      /输入 \/人员 允许 [2-9A-Z]{8}，或在终端运行 npm exec moltbot -- run people allow [2-9A-Z]{8}$/u,
    )
  })

  test('lasts for an hour, in which its person hears nothing more; then they get another', (t) => {
    const { tell, clock, read } = world(t)
    const first = codeIn(tell(messageOf('U1'))) ?? ''
    clock.nowMs += hourMs - 1
    assert.equal(tell(messageOf('U1')), '')
    assert.notEqual(read.byCode(first, clock.nowMs), undefined)
    clock.nowMs += 1
    assert.equal(read.byCode(first, clock.nowMs), undefined)
    const second = codeIn(tell(messageOf('U1')))
    assert.ok(second !== undefined && second !== first)
  })

  test('is given once also where the look at the rows is what knows of it: without it there are two', (t) => {
    const { tell } = world(t, { pairingOf: () => undefined })
    assert.notEqual(codeIn(tell(messageOf('U1'))), undefined)
    assert.notEqual(codeIn(tell(messageOf('U1'))), undefined)
  })

  test('that is taken already is not given: the person is told to come back', (t) => {
    const { read, commit } = openRows(t)
    const answerTo = createPairing({ read, now: () => nowMs, newCode: () => 'ACDE3467', program: 'moltbot' })
    const said = (user: string): Answer => {
      const key = `slack/T1/${user}`
      const stranger = { key, typed: '', known: undefined, isFirst: false, language: 'en' } as const
      return answerTo({ ...stranger, message: messageOf(user) })
    }
    const first = said('U1')
    assert.equal(codeIn(first.reply.text), 'ACDE3467')
    assert.match(said('U2').reply.text, /try again in an hour/u)
    commit(first.writes)
    assert.match(said('U3').reply.text, /try again in an hour/u)
  })
})

suite('three open codes in an account are the most', () => {
  const crowd = Array.from({ length: 50 }, (_, i) => messageOf(`U${i}`))
  const codesOf = (answers: readonly Answer[]): string[] =>
    answers.flatMap(({ reply }) => codeIn(reply.text) ?? [])

  test('also when fifty people write in the same moment', (t) => {
    const { meet, commit, read } = world(t)
    const answers = crowd.map((message) => meet(message))
    assert.equal(codesOf(answers).length, 3)
    for (const { writes } of answers) commit(writes)
    assert.equal(read.openPairings(nowMs).length, 3)
    assert.equal(codesOf(crowd.map((message) => meet({ ...message, id: `${message.id}b` }))).length, 0)
  })

  test('because what was given and is not written yet counts: forgotten at once, all fifty get one', (t) => {
    const { meet } = world(t, { isWritten: () => true })
    assert.equal(codesOf(crowd.map((message) => meet(message))).length, 50)
  })

  test('the others are told so once an hour, and a code that is used makes room', (t) => {
    const { tell, clock, writes } = world(t)
    const codes = ['U1', 'U2', 'U3'].map((user) => codeIn(tell(messageOf(user))) ?? '')
    assert.match(tell(messageOf('U4')), /too many people wait/u)
    assert.equal(tell(messageOf('U4')), '')
    writes['people.allow'](codes[0] ?? '', admission('U1'))
    assert.notEqual(codeIn(tell(messageOf('U5'))), undefined)
    assert.match(tell(messageOf('U6')), /too many people wait/u)
    clock.nowMs += hourMs
    assert.notEqual(codeIn(tell(messageOf('U4'))), undefined)
  })

  test('the codes of another platform, or of another workspace, do not count', (t) => {
    const { tell } = world(t)
    for (const user of ['U1', 'U2', 'U3']) tell(messageOf(user))
    assert.equal(codeIn(tell(messageOf('U4'))), undefined)
    const wechat = { adapter: 'wechat', account: 'T1', channel: 'x' }
    for (const address of [wechat, { ...home, account: 'T2' }, { ...home, account: 'T11' }])
      assert.notEqual(codeIn(tell(messageOf('ann', { address }))), undefined)
  })
})

suite('someone who may not speak', () => {
  test('is told the way once a day in each channel, and still gets a code directly', (t) => {
    const { tell, clock, read } = world(t)
    assert.match(tell(messageOf('U1', { address: channel })), /Write to me directly/u)
    assert.equal(tell(messageOf('U1', { address: { ...channel, thread: '1.2' } })), '')
    assert.match(tell(messageOf('U1', { address: { ...channel, channel: 'C2' } })), /Write to me directly/u)
    assert.notEqual(codeIn(tell(messageOf('U1'))), undefined)
    assert.equal(read.openPairings(nowMs).length, 1)
    clock.nowMs += 24 * hourMs - 1
    assert.equal(tell(messageOf('U1', { address: channel })), '')
    clock.nowMs += 1
    assert.match(tell(messageOf('U1', { address: channel })), /Write to me directly/u)
  })

  test('is told how to be let in for channels where they are known directly', (t) => {
    const { tell, writes } = world(t)
    writes['people.change'](admission('U1'))
    assert.match(tell(messageOf('U1', { address: channel })), /: \/people allow slack T1 U1 everywhere$/u)
    assert.equal(tell(messageOf('U1', { address: channel })), '')
  })

  test('is answered each time they wait for it, which spends nothing', (t) => {
    const { tell, meet, clock, writes } = world(t)
    const awaited = (user: string, address: Message['address']): Answer =>
      meet(messageOf(user, { address, manner: 'awaited' }))
    for (const _ of [1, 2]) assert.match(awaited('U1', channel).reply.text, /Write to me directly/u)
    assert.deepEqual(awaited('U1', channel).writes, [])
    // What they say there for all to read is refused once all the same.
    assert.match(tell(messageOf('U1', { address: channel })), /Write to me directly/u)
    assert.equal(tell(messageOf('U1', { address: channel })), '')
    assert.match(awaited('U1', channel).reply.text, /Write to me directly/u)

    const code = codeIn(tell(messageOf('U2', { address: home, manner: 'awaited' })))
    assert.ok(code !== undefined)
    clock.nowMs += 26 * minuteMs
    const again = awaited('U2', home)
    assert.equal(codeIn(again.reply.text), code)
    assert.match(again.reply.text, /within 34 minutes/u)
    assert.deepEqual(again.writes, [])
    assert.equal(tell(messageOf('U2')), '')

    writes['people.change'](admission('U3', { role: 'blocked' }))
    assert.match(awaited('U3', home).reply.text, /has blocked you/u)
  })

  test('who waits in vain for a code gets one as soon as there is room', (t) => {
    const { tell, writes } = world(t)
    const codes = ['U1', 'U2', 'U3'].map((user) => codeIn(tell(messageOf(user))) ?? '')
    const ask = (): string => tell(messageOf('U4', { manner: 'awaited' }))
    for (const _ of [1, 2]) assert.match(ask(), /too many people wait/u)
    writes['people.allow'](codes[0] ?? '', admission('U1'))
    const code = codeIn(ask())
    assert.ok(code !== undefined)
    assert.equal(codeIn(ask()), code)
  })

  test('is not refused where they spoke to others, and has the refusal still before them', (t) => {
    const { tell, meet, writes } = world(t)
    writes['people.change'](admission('U1'))
    const thread = { ...channel, thread: '1.2' }
    const overheard = meet(messageOf('U1', { address: thread, manner: 'overheard' }))
    assert.deepEqual([overheard.reply.text, overheard.writes], ['', []])
    // Control: said to us, the same words are answered.
    assert.match(tell(messageOf('U1', { address: thread })), /I know you, but not for places/u)
  })

  test('hears nothing at all where they are blocked, and leaves no row', (t) => {
    const { tell, writes, read } = world(t)
    writes['people.change'](admission('U1', { role: 'blocked' }))
    for (const address of [home, channel]) assert.equal(tell(messageOf('U1', { address })), '')
    assert.equal(read.pairingOf('slack/T1/U1', nowMs), undefined)
    writes['people.remove']('slack/T1/U1')
    assert.notEqual(tell(messageOf('U1')), '')
  })

  test('gets the same answer where the same message is answered anew before that was written', (t) => {
    const { meet } = world(t)
    const message = messageOf('U1')
    const first = meet(message)
    assert.deepEqual(meet({ ...message, text: 'hi, changed' }), first)
    assert.equal(meet(messageOf('U1')).reply.text, '')
  })
})

/** What strangers, the disk, the clock and an admin do, one after the other. */
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('say'),
      user: fc.nat(5),
      isShared: fc.nat(3).map((n) => n === 0),
      isAwaited: fc.nat(3).map((n) => n === 0),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('commit'), at: fc.nat(5) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('wait'), minutes: fc.integer({ min: 1, max: 90 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('allow'), at: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('forget'), user: fc.nat(5) }) },
)

type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never

/** Plays the steps. Throws where more than three codes are open, or someone has two. */
function play(steps: readonly Step[], changed: Partial<PeopleReads> = {}): void {
  const { db, meet, commit, clock, read, writes } = world(undefined, changed)
  const given: { code: string; user: string; untilMs: number; isUsed: boolean }[] = []
  let uncommitted: Answer[] = []
  const commitAll = (answers: readonly Answer[]): void => {
    for (const answer of answers) commit(answer.writes)
  }
  for (const one of steps) {
    switch (one.kind) {
      case 'say': {
        const user = `U${one.user}`
        const manner = one.isAwaited ? { manner: 'awaited' as const } : {}
        const answer = meet(messageOf(user, { ...(one.isShared ? { address: channel } : {}), ...manner }))
        uncommitted.push(answer)
        const code = codeIn(answer.reply.text)
        // Who waits for an answer is told their code again.
        if (code !== undefined && !given.some((row) => row.code === code))
          given.push({ code, user, untilMs: clock.nowMs + hourMs, isUsed: false })
        break
      }
      case 'commit':
        commitAll(uncommitted.splice(one.at, 1))
        break
      case 'wait':
        // A commit takes milliseconds; no code is as old as that before it is written.
        commitAll(uncommitted)
        uncommitted = []
        clock.nowMs += one.minutes * minuteMs
        break
      case 'allow': {
        const { code, person } = read.openPairings(clock.nowMs)[one.at] ?? {}
        if (typeof code !== 'string' || person === undefined) break
        writes['people.allow'](code, admission('', { key: person, atMs: clock.nowMs }))
        for (const row of given) row.isUsed ||= row.code === code
        break
      }
      case 'forget':
        writes['people.remove'](`slack/T1/U${one.user}`)
    }
    const open = given.filter(({ untilMs, isUsed }) => untilMs > clock.nowMs && !isUsed)
    assert.ok(open.length <= 3, `${open.length} codes are open`)
    assert.equal(new Set(open.map((one) => one.user)).size, open.length, 'someone has two codes')
  }
  db.close()
}

const sequences = fc.array(step, { minLength: 10, maxLength: 60 })

test('whatever strangers do, three codes are open at most, and nobody has two', () => {
  fc.assert(
    fc.property(sequences, (steps) => play(steps)),
    { numRuns: 150 },
  )
})

const weakened: Readonly<Record<string, Partial<PeopleReads>>> = {
  'what is not written yet is forgotten': { isWritten: () => true },
  'nobody looks whether someone has a code': { pairingOf: () => undefined },
  'nobody looks which codes are open': { openPairings: () => [] },
}
for (const [how, weak] of Object.entries(weakened)) {
  test(`the property breaks where ${how}`, () => {
    const property = fc.property(sequences, (steps) => play(steps, weak))
    const { failed } = fc.check(property, { numRuns: 500, seed: 7, endOnFailure: true })
    assert.ok(failed)
  })
}
