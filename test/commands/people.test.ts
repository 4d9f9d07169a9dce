import assert from 'node:assert/strict'
import { suite, test, type TestContext } from 'node:test'
import { runOrder } from '../../src/answer.ts'
import { createCommandTable, type Outcome } from '../../src/command.ts'
import { createPeopleCommand } from '../../src/commands/people.ts'
import type { Role } from '../../src/people.ts'
import { wordsOf, type Language } from '../../src/words.ts'
import { inboxWrites } from '../../src/store/inbox.ts'
import { admission, home, messageOf, minuteMs, nowMs, openRows } from '../people-world.ts'

/** /people over real rows; what it writes is committed. */
function world(t: TestContext) {
  const rows = openRows(t)
  const table = createCommandTable([
    createPeopleCommand({
      read: rows.read,
      platforms: ['slack', 'wechat'],
      directTo: (key) => ({ adapter: 'slack', account: 'T1', channel: key.split('/')[2] ?? '' }),
      formatTime: (ms) => new Date(ms).toISOString().slice(0, 10),
    }),
  ])
  const run = async (
    text: string,
    role: Role = 'owner',
    language: Language = 'en',
    key = 'slack/T1/boss',
  ): Promise<Outcome> => {
    const read = table.read(text, { nowMs, zone: 'UTC' })
    assert.ok(read !== undefined, text)
    const context = {
      person: { key, name: 'boss', role },
      address: home,
      language,
      nowMs,
      zone: 'UTC',
      signal: new AbortController().signal,
      progress: () => undefined,
    }
    const outcome = await runOrder(read, context, wordsOf(language))
    rows.commit(outcome.writes ?? [])
    return outcome
  }
  const say = async (text: string, role: Role = 'owner', language: Language = 'en'): Promise<string> =>
    (await run(text, role, language)).reply.text
  const pair = (user: string, code: string, minutes = 60): void =>
    rows.writes['people.pair']({
      person: `slack/T1/${user}`,
      name: `name of ${user}`,
      code,
      madeAtMs: nowMs,
      expiresAtMs: nowMs + minutes * minuteMs,
    })
  const rightsOf = (user: string): string | undefined => {
    const known = rows.read.get(`slack/T1/${user}`)
    return known && `${known.role} ${known.reach}`
  }
  return { ...rows, table, run, say, pair, rightsOf }
}

suite('/people', () => {
  test('lists who is known and who waits, each on a line', async (t) => {
    const { run, say, pair, writes } = world(t)
    assert.equal(await say('/people'), 'Nobody has been let in yet.')
    writes['people.change'](admission('U1', { name: 'Ann', role: 'admin', reach: 'everywhere' }))
    writes['people.change'](admission('U2', { name: 'Bad\n2. Boss\u202e', role: 'blocked', atMs: nowMs + 1 }))
    pair('U3', 'ABCD2345', 41.5)
    const { reply } = await run('people')
    assert.deepEqual(reply.text.split('\n'), [
      'People I know:',
      '1. Ann (slack T1 U1): admin, everywhere; since 2026-11-22',
      '2. Bad 2. Boss (slack T1 U2): blocked; since 2026-11-22',
      'Waiting to be let in (/people allow <code>):',
      'name of U3 (slack T1 U3): code ABCD2345, 42 minutes left',
    ])
    assert.equal(reply.aside, true)
    assert.match(
      await say('/人员', 'admin', 'zh'),
      /^我认识的人：\n1\. Ann（slack T1 U1）：管理员，所有地方；/u,
    )
  })

  test('lets in by a code, as a member who counts only directly', async (t) => {
    const { run, pair, rightsOf, say } = world(t)
    pair('U3', 'ABCD2345')
    const { reply } = await run('/people allow abcd-2345', 'admin')
    assert.equal(reply.text, 'name of U3 (slack T1 U3) is let in: member, in direct messages only.')
    assert.deepEqual(reply.data, { key: 'slack/T1/U3', role: 'member', reach: 'direct' })
    assert.equal(rightsOf('U3'), 'member direct')
    assert.match(await say('/people allow ABCD2345'), /The code ABCD2345 is not open/u)
  })

  test('takes role and reach in any order, in English and Chinese, and a code in several words', async (t) => {
    const { say, pair, rightsOf } = world(t)
    pair('U3', 'ABCD2345')
    await say('/people allow "ABCD 2345" everywhere admin')
    assert.equal(rightsOf('U3'), 'admin everywhere')
    pair('U4', 'EFGH2345')
    assert.match(
      await say('/人员 允许 efgh2345 访客 所有地方', 'owner', 'zh'),
      /已开通 .*：访客，所有地方。/u,
    )
    assert.equal(rightsOf('U4'), 'guest everywhere')
  })

  test('lets in by a key, and leaves what is not said as it is', async (t) => {
    const { say, rightsOf, read } = world(t)
    await say('/people allow slack T1 U5 admin')
    assert.equal(rightsOf('U5'), 'admin direct')
    await say('/people allow slack/T1/U5 everywhere')
    assert.equal(rightsOf('U5'), 'admin everywhere')
    await say('/people allow 1 member')
    assert.equal(rightsOf('U5'), 'member everywhere')
    await say('/people allow Slack T1 T2.U6')
    assert.deepEqual(
      read.all().map(({ key, name }) => [key, name]),
      [
        ['slack/T1/T2.U6', 'T2.U6'],
        ['slack/T1/U5', 'U5'],
      ],
    )
  })

  test('blocks who is known, who waits and who never wrote; a blocked one comes back as a member', async (t) => {
    const { say, pair, rightsOf, read, writes } = world(t)
    writes['people.change'](admission('U1', { reach: 'everywhere' }))
    assert.match(await say('/people block #1', 'admin'), /^name of U1 \(slack T1 U1\) is blocked/u)
    pair('U3', 'ABCD2345')
    await say('/people block ABCD2345', 'admin')
    pair('U4', 'EFGH2345')
    await say('/people block slack T1 U4', 'admin')
    await say('/people block slack T1 U9', 'admin')
    for (const user of ['U1', 'U3', 'U4', 'U9']) assert.equal(rightsOf(user), 'blocked everywhere')
    assert.equal(read.get('slack/T1/U4')?.name, 'name of U4')
    assert.deepEqual(read.openPairings(nowMs), [])
    await say('/people allow slack T1 U1', 'admin')
    assert.equal(rightsOf('U1'), 'member direct')
  })

  test('removes who is known', async (t) => {
    const { say, writes, rightsOf } = world(t)
    writes['people.change'](admission('U1'))
    assert.equal(
      await say('/people remove slack T1 U1', 'admin'),
      'name of U1 (slack T1 U1) is unknown to me again.',
    )
    assert.equal(rightsOf('U1'), undefined)
    assert.equal(await say('/people remove slack T1 U1'), 'I do not know slack T1 U1.')
  })

  test('lets only an owner give or take the roles owner and admin', async (t) => {
    const { run, say, writes, rightsOf, pair } = world(t)
    for (const [user, role] of [['U1', 'owner'] as const, ['U2', 'admin'] as const]) {
      writes['people.change'](admission(user, { role }))
    }
    pair('U3', 'ABCD2345')
    const forbidden = [
      'allow ABCD2345 admin',
      'allow slack T1 U9 owner',
      'allow 2 everywhere',
      'block 1',
      'remove 2',
    ]
    for (const order of forbidden) {
      const { reply, writes: orders } = await run(`/people ${order}`, 'admin')
      assert.equal(reply.status, 'refused', order)
      assert.deepEqual(orders ?? [], [])
    }
    writes['people.change'](admission('boss', { role: 'owner' }))
    // What an owner says so is done: it is the role that stands in the way.
    for (const order of forbidden) assert.equal((await run(`/people ${order}`)).reply.status, 'done', order)
    assert.equal(rightsOf('U3'), 'admin direct')
    assert.equal(rightsOf('U9'), 'owner direct')
    for (const role of ['member', 'guest'] as const) {
      assert.match(await say('/people', role), /takes the role admin/u)
    }
  })

  test('leaves a platform its only owner, unless somebody at the machine says so, who is told', async (t) => {
    const { run, say, writes, rightsOf } = world(t)
    writes['people.change'](admission('boss', { role: 'owner' }))
    writes['people.change'](admission('U2', { role: 'owner' }))
    writes['people.change'](admission('w', { role: 'owner', key: 'wechat/a/w' }))
    assert.match(await say('/people remove slack T1 U2'), /unknown to me again\.$/u)
    for (const order of ['remove slack T1 boss', 'block slack T1 boss', 'allow slack T1 boss admin']) {
      const { reply, writes: orders } = await run(`/people ${order}`)
      assert.deepEqual([reply.status, orders], ['refused', undefined], order)
      assert.match(reply.text, /^name of boss .* is the only owner there/u)
    }
    assert.match(await say('/people block slack T1 boss', 'owner', 'zh'), /唯一的主人/u)
    assert.equal(rightsOf('boss'), 'owner direct')
    assert.match(await say('/people allow slack T1 boss everywhere'), /is let in: owner, everywhere/u)
    const atMachine = await run('/people block slack T1 boss', 'owner', 'en', 'terminal/local/me')
    assert.match(atMachine.reply.text, /\nNobody on slack is an owner now/u)
    assert.equal(rightsOf('boss'), 'blocked everywhere')
  })

  test('calls nobody by an id twice, and by their name as soon as they have written', async (t) => {
    const { db, say, read } = world(t)
    const letIn = await say('/people allow slack T1 U5')
    assert.equal(letIn, 'slack T1 U5 is let in: member, in direct messages only.')
    const { 'inbox.receive': receive } = inboxWrites(db)
    receive(messageOf('U5', { author: { id: 'U5', name: 'Eve\n' } }), nowMs)
    receive(messageOf('U6', { author: { id: 'U6', name: 'Finn' } }), nowMs)
    assert.match(await say('/people'), /^1\. Eve \(slack T1 U5\): member/mu)
    assert.match(await say('/people allow slack T1 U6'), /^Finn \(slack T1 U6\) is let in/u)
    assert.equal(read.get('slack/T1/U6')?.name, 'Finn')
  })

  test('names what it cannot do, and changes nothing', async (t) => {
    const { run, read } = world(t)
    const wrong: readonly (readonly [string, RegExp])[] = [
      ['allow', /^Whom\? \/people allow/u],
      ['allow member', /^Whom\?/u],
      ['block 7', /no number 7/u],
      ['allow EFGH2345', /code EFGH2345 is not open/u],
      ['allow Ann', /“Ann” is no code, key or number/u],
      ['allow terminal local me guest', /no platform terminal .* there is slack, wechat/u],
      ['allow slak T1 U1', /no platform slak/u],
      ['allow slack T1 U1 blocked', /role/u],
      ['praise slack T1 U1', /action/u],
      ['allow constructor', /“constructor” is no code/u],
      ['constructor slack T1 U1', /action/u],
    ]
    for (const [order, expected] of wrong) {
      const { reply } = await run(`/people ${order}`)
      assert.equal(reply.status, 'misused', order)
      assert.match(reply.text, expected)
    }
    assert.deepEqual(read.all(), [])
  })

  test('is nothing that a model is told of, or may propose', (t) => {
    const { table } = world(t)
    assert.deepEqual(table.tools, [])
    assert.equal(table.readProposal('people', { action: 'allow', who: 'slack T1 U1' }).kind, 'unknown')
  })

  test('who is let in hears of it, alone and once', async (t) => {
    const { run, pair } = world(t)
    pair('U3', 'ABCD2345')
    const { also } = await run('/people allow ABCD2345')
    assert.deepEqual(
      also?.map(({ to }) => to),
      [{ adapter: 'slack', account: 'T1', channel: 'U3' }],
    )
    assert.match(also?.[0]?.reply.text ?? '', /^You are let in: write to me here whenever/u)
    assert.equal((await run('/people allow slack T1 U3 admin')).also, undefined)
    assert.equal((await run('/people block slack T1 U3')).also, undefined)
  })

  test('what they hear is what they may do', async (t) => {
    const { run } = world(t)
    const hears = async (order: string, language: Language = 'en'): Promise<string | undefined> =>
      (await run(`/people allow slack T1 U3 ${order}`, 'owner', language)).also?.[0]?.reply.text
    assert.match(
      (await hears('guest')) ?? '',
      /^You are a guest.*talk and to look things up\. Tasks.*for members/u,
    )
    assert.equal(await hears('guest everywhere'), undefined)
    assert.match(
      (await hears('member')) ?? '',
      /^You are let in: write to me here, or mention me in a channel/u,
    )
    assert.equal(await hears('guest'), undefined)
    await run('/people remove slack T1 U3')
    assert.match((await hears('访客', 'zh')) ?? '', /^你是访客，可以在这里和我聊天/u)
    assert.match((await hears('所有地方 成员', 'zh')) ?? '', /^你已获准使用.*频道/u)
  })
})
