import assert from 'node:assert/strict'
import { suite, test, type TestContext } from 'node:test'
import type { Address } from '../src/message.ts'
import {
  createPeople,
  mayActAs,
  personKey,
  personName,
  readPersonKey,
  typedKey,
  type Reach,
  type Role,
} from '../src/people.ts'
import { randomCode } from '../src/pairing.ts'
import { inboxWrites } from '../src/store/inbox.ts'
import { wordsOf } from '../src/words.ts'
import { admission, channel, home, messageOf, nowMs, openRows } from './people-world.ts'

/** People over real rows. `open`: the channels in which everyone is answered. */
function world(t: TestContext, { open = [], bots = [] }: { open?: string[]; bots?: string[] } = {}) {
  const rows = openRows(t)
  const people = createPeople({
    local: new Set(['terminal', 'http']),
    read: rows.read,
    isOpen: (address, author) => open.includes(address.channel) || bots.includes(author),
    now: () => nowMs,
    newCode: randomCode,
  })
  return { ...rows, people }
}

/** What a role is worth: alone, in a channel, in an open channel. */
const matrix: readonly (readonly [Role | 'unknown', Reach, Role, Role, Role])[] = [
  ['owner', 'direct', 'owner', 'blocked', 'guest'],
  ['admin', 'direct', 'admin', 'blocked', 'guest'],
  ['member', 'direct', 'member', 'blocked', 'guest'],
  ['guest', 'direct', 'guest', 'blocked', 'guest'],
  ['blocked', 'direct', 'blocked', 'blocked', 'blocked'],
  ['owner', 'everywhere', 'owner', 'owner', 'owner'],
  ['admin', 'everywhere', 'admin', 'admin', 'admin'],
  ['member', 'everywhere', 'member', 'member', 'member'],
  ['guest', 'everywhere', 'guest', 'guest', 'guest'],
  ['blocked', 'everywhere', 'blocked', 'blocked', 'blocked'],
  ['unknown', 'direct', 'blocked', 'blocked', 'guest'],
]

suite('the role at a place', () => {
  for (const [role, reach, alone, inChannel, inOpenChannel] of matrix) {
    test(`${role} with the reach ${reach}: ${alone} alone, ${inChannel} in a channel, ${inOpenChannel} in an open one`, (t) => {
      const { people, writes } = world(t, { open: ['C9'] })
      if (role !== 'unknown') writes['people.change'](admission('U1', { role, reach }))
      const at = (address: Address): Role => people.roleAt('slack/T1/U1', address)
      assert.deepEqual(
        [at(home), at(channel), at({ ...channel, channel: 'C9' })],
        [alone, inChannel, inOpenChannel],
      )
    })
  }

  test('nobody who is known has fewer rights than somebody unknown, unless they are blocked', (t) => {
    const { people, writes } = world(t, { open: ['C9', 'D1'] })
    for (const address of [home, channel, { ...channel, channel: 'C9' }]) {
      const unknown = people.roleAt('slack/T1/U2', address)
      for (const [role, reach] of matrix) {
        if (role === 'unknown' || role === 'blocked') continue
        writes['people.change'](admission('U1', { role, reach }))
        const known = people.roleAt('slack/T1/U1', address)
        assert.ok(mayActAs(known, unknown), `${role} ${reach} is ${known} in ${address.channel}`)
      }
    }
  })

  test('a direct role counts in a thread of a direct message, and in no thread of a channel', (t) => {
    const { people, writes } = world(t)
    writes['people.change'](admission('U1', { role: 'admin' }))
    assert.equal(people.roleAt('slack/T1/U1', { ...home, thread: '1.2' }), 'admin')
    assert.equal(people.roleAt('slack/T1/U1', { ...channel, thread: '1.2' }), 'blocked')
    // Only the mark on the address tells the two apart: without it the role counts.
    const { shared: _, ...unmarked } = channel
    assert.equal(people.roleAt('slack/T1/U1', unmarked), 'admin')
  })

  test('a direct role counts neither on another platform nor in another account', (t) => {
    const { people, writes } = world(t, { open: ['D2'] })
    const elsewhere = [
      { adapter: 'terminal', account: 'local', channel: 'main' },
      { ...home, account: 'T2', channel: 'D2' },
    ]
    writes['people.change'](admission('U1'))
    for (const place of elsewhere) assert.equal(people.roleAt('slack/T1/U1', place), 'blocked')
    writes['people.change'](admission('U1', { reach: 'everywhere' }))
    for (const place of elsewhere) assert.equal(people.roleAt('slack/T1/U1', place), 'member')
  })

  test('whoever sits at this machine is the owner, and no row says otherwise', (t) => {
    const { people, writes } = world(t)
    writes['people.change'](admission('me', { key: 'terminal/local/me', role: 'blocked' }))
    assert.equal(people.roleAt('terminal/local/me', channel), 'owner')
    assert.equal(people.roleAt('http/local/x', home), 'owner')
    assert.equal(people.roleAt('telegram/local/x', { ...home, adapter: 'telegram' }), 'blocked')
  })

  test('a bot that is answered is a guest where it writes, unless it is blocked or let in for more', (t) => {
    const { people, writes } = world(t, { bots: ['B7'] })
    assert.equal(people.roleAt('slack/T1/B7', channel), 'guest')
    assert.equal(people.roleAt('slack/T1/B8', channel), 'blocked')
    writes['people.change'](admission('B7', { role: 'blocked' }))
    assert.equal(people.roleAt('slack/T1/B7', channel), 'blocked')
    writes['people.change'](admission('B7', { role: 'member', reach: 'everywhere' }))
    assert.equal(people.roleAt('slack/T1/B7', channel), 'member')
    writes['people.remove']('slack/T1/B7')
    assert.equal(people.roleAt('slack/T1/B7', channel), 'guest')
  })

  test('a name decides nothing', (t) => {
    const { people, writes } = world(t)
    writes['people.change'](admission('U1', { role: 'owner', reach: 'everywhere', name: 'Ann' }))
    const roleOf = (id: string, name: string): Role => people.of(messageOf(id, { author: { id, name } })).role
    assert.equal(roleOf('U1', 'somebody else'), 'owner')
    for (const name of ['Ann', 'U1', 'slack/T1/U1', 'owner']) assert.equal(roleOf('U2', name), 'blocked')
    for (const id of ['u1', 'U1 ', 'T1.U1', 'U1/', '../T1/U1']) assert.equal(roleOf(id, 'Ann'), 'blocked')
  })

  test('what an admin changes counts from the next message on', (t) => {
    const { people, writes } = world(t)
    const role = (): Role => people.of(messageOf('U1')).role
    assert.equal(role(), 'blocked')
    writes['people.change'](admission('U1', { role: 'guest' }))
    assert.equal(role(), 'guest')
    writes['people.remove']('slack/T1/U1')
    assert.equal(role(), 'blocked')
  })
})

test('the key of a person holds ids that look like several parts together', () => {
  const key = personKey({ adapter: 'slack', account: 'T1' }, 'a/b c')
  assert.deepEqual(readPersonKey(key), { adapter: 'slack', account: 'T1', author: 'a/b c' })
  assert.equal(key.split('/').length, 3)
  assert.equal(typedKey('slack/T1/U1'), 'slack T1 U1')
})

test('a stranger is answered in the language of the words that the answer is made of', (t) => {
  const { people } = world(t)
  assert.match(people.meet(messageOf('U1'), wordsOf('en')).reply.text, /I do not know you yet/u)
  assert.match(people.meet(messageOf('U2'), wordsOf('zh')).reply.text, /我还不认识你/u)
})

test('as long as a platform has no owner, who comes is told how to be the first', (t) => {
  const { people, writes } = world(t)
  const meet = (user: string, language: 'en' | 'zh' = 'en'): string =>
    people.meet(messageOf(user), wordsOf(language)).reply.text
  // An owner of another platform is none of this one.
  writes['people.change'](admission('w', { role: 'owner', key: 'wechat/a/w' }))
  assert.match(meet('U1'), /nobody here is my owner.*: moltbot run people allow \w{8} owner everywhere$/u)
  assert.match(meet('U2', 'zh'), /还没有主人.*moltbot run people allow \w{8} owner everywhere$/u)
  writes['people.change'](admission('U9', { role: 'owner' }))
  assert.match(meet('U3'), /: moltbot run people allow \w{8}$/u)
})

test('somebody is called as they were when they were let in, else as they last wrote', (t) => {
  const { db, read, writes } = world(t)
  const called = (user: string): string | undefined => personName(`slack/T1/${user}`, read)
  const { 'inbox.receive': receive } = inboxWrites(db)
  for (const name of ['Old', 'Ann']) receive(messageOf('U1', { author: { id: 'U1', name } }), nowMs)
  assert.deepEqual([called('U1'), called('U2')], ['Ann', undefined])
  writes['people.change'](admission('U1', { name: 'U1' }))
  writes['people.change'](admission('U2'))
  assert.deepEqual([called('U1'), called('U2')], ['Ann', 'name of U2'])
})
