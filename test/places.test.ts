import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Adapter, Sign } from '../src/adapter.ts'
import type { Address } from '../src/message.ts'
import type { Role } from '../src/people.ts'
import { createPlaces } from '../src/places.ts'
import { chinese } from '../src/words-zh.ts'
import type { Language } from '../src/words.ts'
import { createPlatform } from './doubles/platform.ts'

const at = (channel: string, shared = false): Address => ({
  adapter: 'chat',
  account: 'home',
  channel,
  ...(shared ? { shared: true } : {}),
})
const [ann, bob, news] = [at('ann'), at('bob'), at('news', true)]
const places: Readonly<Record<string, Address>> = { '@ann': ann, '@bob': bob, '#news': news }

/** A platform on which each person is spoken to alone in a channel of their name. */
function chat(more: Partial<Adapter> = {}): Adapter {
  return {
    ...createPlatform('chat'),
    resolve: (target) => places[target],
    direct: (_, author) => at(author),
    ...more,
  }
}

function open(role: Role, inChannels: Role = role) {
  const made = createPlaces({
    adapters: [createPlatform('other'), chat()],
    roleAt: (_, { shared }) => (shared === true ? inChannels : role),
  })
  const person = { key: 'chat/home/ann', name: 'Ann', role }
  return { ...made, from: { address: ann, person } }
}

test('a place is where a platform says that it is, and here is here', () => {
  const { resolve, from } = open('member')
  assert.deepEqual(resolve('#news', from), news)
  assert.deepEqual(resolve('here', from), ann)
  assert.deepEqual(resolve('这里', from), ann)
  assert.equal(resolve('#nowhere', from), undefined)
})

test('where Moltbot is not in there, there is no place to post to; a run has the one that it was given', () => {
  const shut = createPlaces({ adapters: [chat({ isIn: () => false })], roleAt: () => 'owner' })
  const { from } = open('member')
  for (const target of ['#news', '@ann', 'here', '这里']) assert.equal(shut.resolve(target, from), undefined)
  assert.deepEqual(shut.resolve('here', { ...from, run: 1 }), ann)
  assert.deepEqual(shut.named('#news'), news)
  const { resolve } = createPlaces({ adapters: [chat({ isIn: () => true })], roleAt: () => 'owner' })
  assert.deepEqual(resolve('#news', from), news)
})

test('what is posted to where a person alone was answered is for all who read there', () => {
  const { resolve, from } = open('member')
  assert.deepEqual(resolve('here', { ...from, address: { ...news, aside: true } }), news)
})

test('who may not speak at a place may not post there', () => {
  const { resolve, from } = open('member', 'blocked')
  assert.equal(resolve('#news', from), undefined)
  assert.equal(open('guest').resolve('#news', from), undefined)
})

test('nobody but an owner posts to where somebody else is spoken to alone', () => {
  const { resolve, from } = open('member')
  assert.deepEqual(resolve('@ann', from), ann)
  assert.equal(resolve('@bob', from), undefined)
  assert.deepEqual(open('owner').resolve('@bob', from), bob)
})

test('a person is spoken to alone where their platform can', () => {
  const { directTo } = open('member')
  assert.deepEqual(directTo('chat/home/bob'), bob)
  assert.equal(directTo('other/home/bob'), undefined)
  assert.equal(directTo('gone/home/bob'), undefined)
})

test('a place has the name of its platform, our direct messages are those, and else the id is left', () => {
  const made = createPlaces({
    adapters: [
      chat({ nameOf: ({ channel }) => (channel === 'news' ? '#news' : undefined) }),
      createPlatform('other'),
    ],
    roleAt: () => 'member',
  })
  const named = (place: Address, language: Language = 'en'): string =>
    made.nameOf(place, 'chat/home/ann', language)
  assert.equal(named(news), '#news')
  assert.equal(named({ ...news, thread: '1' }), 'a thread of #news')
  assert.equal(named({ ...news, thread: '1' }, 'zh'), '#news 的消息列')
  for (const place of [ann, { ...ann, thread: '1' }]) {
    assert.equal(named(place), 'our direct messages')
    assert.equal(named(place, 'zh'), '我们的私信')
  }
  assert.equal(named(at('ops', true)), 'chat:ops')
  assert.equal(named({ ...news, adapter: 'other' }), 'other:news')
  assert.equal(named({ ...news, adapter: 'gone' }), 'gone:news')
})

test('in a Chinese sentence a space parts a place from the words only where it is not Chinese itself', () => {
  assert.equal(chinese.posted('#news'), '这就发到 #news。')
  assert.equal(chinese.posted('我们的私信'), '这就发到我们的私信。')
})

test('names are settled when every platform has settled', async () => {
  const slow = Promise.withResolvers<void>()
  const made = createPlaces({
    adapters: [chat({ settled: () => slow.promise }), createPlatform('other')],
    roleAt: () => 'member',
  })
  let isDone = false
  const done = made.settled().then(() => (isDone = true))
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(isDone, false)
  slow.resolve()
  await done
})

test('signs and files go to the platform of their address', async () => {
  const shown: string[] = []
  const bytes = new Uint8Array([1])
  const show = (id: string, _: Address, { text }: Sign): void => void shown.push(`${id} ${text}`)
  const made = createPlaces({
    adapters: [chat({ show, readFile: async () => bytes }), createPlatform('other')],
    roleAt: () => 'member',
  })
  made.show('run/7', ann, { kind: 'progress', text: 'half' })
  made.show('run/8', { ...ann, adapter: 'gone' }, { kind: 'progress', text: 'half' })
  assert.deepEqual(shown, ['run/7 half'])
  const file = { id: 'F1', name: 'a', mediaType: 'text/plain', bytes: 1 }
  const { signal } = new AbortController()
  assert.equal(await made.readFile(file, ann, signal), bytes)
  await assert.rejects(made.readFile(file, { ...ann, adapter: 'other' }, signal), { fault: 'unsupported' })
})
