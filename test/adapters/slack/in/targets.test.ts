import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  createTargets,
  nameOfPlace,
  resolveTarget,
  withNames,
} from '../../../../src/adapters/slack/in/targets.ts'
import type { Address } from '../../../../src/message.ts'

const ids: Readonly<Record<string, string>> = { 'T1/news': 'C1', 'T1/新闻': 'C2', 'T2/news': 'C7' }
const parts = { only: () => 'T1', channelNamed: (account: string, name: string) => ids[`${account}/${name}`] }
const resolve = (target: string, from?: Address): Address | undefined => resolveTarget(target, from, parts)
const at = (channel: string): Address => ({ adapter: 'slack', account: 'T1', channel })

test('a channel is meant by its name, by its id and by what Slack makes of it', () => {
  for (const target of ['#news', 'slack:#news', 'slack:C1', '<#C1|news>', '<#C1|>', '<#C1>'])
    assert.deepEqual(resolve(target), { ...at('C1'), shared: true }, target)
  assert.deepEqual(resolve('#新闻'), { ...at('C2'), shared: true })
  assert.deepEqual(resolve('slack:G12'), { ...at('G12'), shared: true })
})

test('a person is spoken to alone', () => {
  for (const id of ['D123', 'U123', 'W123']) assert.deepEqual(resolve(`slack:${id}`), at(id))
})

test('anything else is no place in Slack', () => {
  const others = [
    '',
    ' ',
    'nowhere',
    'no such:place',
    '\uD800',
    'slackx',
    'slack',
    'slack:',
    'slack:#',
    '#',
    '# news',
  ]
  const more = [
    'news',
    '#unknown',
    'slack:news',
    'slack:c123',
    'slack:B123',
    'slack:C1/2',
    '<#C1',
    '<@U1>',
    '##news',
    'C1',
  ]
  for (const target of [...others, ...more]) assert.equal(resolve(target), undefined, JSON.stringify(target))
})

test('a name counts in the account of whoever says it, and else in the only one', () => {
  const elsewhere = { adapter: 'slack', account: 'T2', channel: 'C9' }
  assert.deepEqual(resolve('#news', elsewhere), { ...at('C7'), account: 'T2', shared: true })
  assert.deepEqual(resolve('#news', { adapter: 'terminal', account: 'T2', channel: 'x' }), {
    ...at('C1'),
    shared: true,
  })
})

test('where there are several accounts, a name from outside of them means none', () => {
  const several = { ...parts, only: () => undefined }
  assert.equal(resolveTarget('#news', undefined, several), undefined)
  assert.equal(resolveTarget('slack:C1', undefined, several), undefined)
})

const names: Readonly<Record<string, string>> = { C0123456789: 'news', C1: 'news' }
const directory = {
  channelCalled: (_: string, id: string) => names[id],
  channelName: (_: string, id: string) => names[id],
}

test('a place is named as people name it, and that name means it', () => {
  assert.equal(nameOfPlace(at('C1'), directory), '#news')
  assert.equal(nameOfPlace(at('U123'), directory), 'slack:U123')
  for (const id of ['C9', 'D1']) assert.equal(nameOfPlace(at(id), directory), undefined)
  for (const id of ['C1', 'U123']) assert.equal(resolve(nameOfPlace(at(id), directory) ?? '')?.channel, id)
})

test('an id that stands as it is typed gets its name, and no other text changes', () => {
  const named = (text: string): string => withNames(text, 'T1', directory)
  assert.equal(named('--to slack:C0123456789, 到slack:C0123456789。'), '--to #news, 到#news。')
  for (const text of [
    'slack:C9999999999',
    'xslack:C0123456789',
    'https://a/slack:C0123456789',
    'C0123456789',
  ])
    assert.equal(named(text), text)
  fc.assert(
    fc.property(fc.string(), (text) => text.includes('slack:') || named(text) === text),
    { numRuns: 200 },
  )
})

test('nothing is posted to a channel that we are known not to be in; groups are those that people wrote to us in', () => {
  const isIn = (channel: string, known: boolean | undefined, more: { trouble?: string } = {}): unknown =>
    createTargets({
      installations: { only: () => 'T1' },
      directory: {
        ...directory,
        user: async () => assert.fail('asked'),
        userName: async () => assert.fail('asked'),
        channelNamed: () => undefined,
        isIn: () => known,
        refresh: () => undefined,
        settled: async () => undefined,
      },
      presence: { known: Promise.resolve(), trouble: () => more.trouble },
      taken: (_, beginning) => (['G7/', 'C1/'].includes(beginning) ? [{}] : []),
      sleep: async () => undefined,
      signal: new AbortController().signal,
    }).isIn(at(channel))
  assert.deepEqual([isIn('C9', false), isIn('C9', true), isIn('C9', undefined)], [false, true, true])
  assert.deepEqual([isIn('G7', false), isIn('G8', false)], [true, false])
  assert.equal(isIn('C1', false), false, 'people wrote to us there before we had to go')
  assert.equal(isIn('C9', false, { trouble: 'gone' }), true)
  for (const id of ['D1', 'U1', 'W1']) assert.equal(isIn(id, false), true)
})
