import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resolveTarget } from '../../../../src/adapters/slack/in/targets.ts'
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
