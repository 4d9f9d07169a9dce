import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mentionedIn, plainText, shownName } from '../../../../src/adapters/slack/in/text-in.ts'

const users: Readonly<Record<string, string>> = { U1: 'ada', W2: 'Bo Li' }
const channels: Readonly<Record<string, string>> = { C1: 'news' }
const names = {
  botUserId: 'UBOT',
  user: (id: string) => users[id],
  channel: (id: string) => channels[id],
}

const cases: readonly (readonly [wire: string, plain: string])[] = [
  ['hello', 'hello'],
  ['', ''],
  ['a &lt;b&gt; &amp; c', 'a <b> & c'],
  ['&amp;lt;', '&lt;'],
  ['*bold* _it_ ~no~ `code` :tada:', '*bold* _it_ ~no~ `code` :tada:'],
  ['two\nlines\n\n  indented', 'two\nlines\n\n  indented'],
  ['ask <@U1> and <@W2>', 'ask @ada and @Bo Li'],
  ['ask <@U9>', 'ask @U9'],
  ['ask <@U9|old.name>', 'ask @old.name'],
  ['ask <@U1|old.name>', 'ask @ada'],
  ['to <#C1|renamed>', 'to #news'],
  ['to <#C1>', 'to #news'],
  ['to <#C9|secret>', 'to slack:C9'],
  ['to <#C9|>', 'to slack:C9'],
  ['<!here> <!channel> <!everyone|everyone>', '@here @channel @everyone'],
  ['<!subteam^S1|@ops> <!subteam^S2>', '@ops @S2'],
  ['on <!date^1392734382^Posted {date_num}|18 February 2014>', 'on 18 February 2014'],
  ['on <!date^1392734382^{date}^https://example.com|18 Feb>', 'on 18 Feb'],
  ['<https://example.com/a?b=1&amp;c=2>', 'https://example.com/a?b=1&c=2'],
  ['<http://example.com|example.com>', 'http://example.com'],
  ['<https://example.com/|https://example.com>', 'https://example.com/'],
  ['<https://example.com/x|the &lt;report&gt;>', 'https://example.com/x (the <report>)'],
  ['<https://evil.example|https://bank.example>', 'https://evil.example (https://bank.example)'],
  ['<mailto:a@example.com|a@example.com>', 'a@example.com'],
  ['<mailto:a@example.com|write me>', 'a@example.com (write me)'],
  ['<tel:+4912|+4912>', '+4912'],
  ['typed &lt;@U1&gt; by hand', 'typed <@U1> by hand'],
]

for (const [wire, plain] of cases)
  test(`${JSON.stringify(wire)} reads ${JSON.stringify(plain)}`, () =>
    assert.equal(plainText(wire, names), plain))

const addressed: readonly (readonly [wire: string, plain: string])[] = [
  ['<@UBOT> digest', 'digest'],
  ['<@UBOT>, what is new?', 'what is new?'],
  ['<@UBOT>: what is new?', 'what is new?'],
  ['<@UBOT>，早上好', '早上好'],
  ['  <@UBOT|moltbot>   hi', 'hi'],
  ['<@UBOT> :tada: we did it', ':tada: we did it'],
  ['<@UBOT> :', ''],
  ['<@UBOT>', ''],
  ['<@UBOT> <@UBOT>', ''],
  ['hey <@UBOT>, what is new?', 'hey, what is new?'],
  ['thank you <@UBOT>', 'thank you'],
  ['<@U1> and <@UBOT> too', '@ada and too'],
  ['first\n<@UBOT> second', 'first\n second'],
  ['<@UBOT> /digest', '/digest'],
  [': stays', ': stays'],
]

for (const [wire, plain] of addressed)
  test(`${JSON.stringify(wire)} says ${JSON.stringify(plain)} to us`, () =>
    assert.equal(plainText(wire, names), plain))

test('each person who is mentioned is found once', () => {
  assert.deepEqual(mentionedIn('<@U1> <@W2|bo> <@U1> &lt;@U3&gt; <#C1> <@x>'), ['U1', 'W2'])
})

const token = fc.constantFrom(
  '<@U1>',
  '<@U9|x>',
  '<#C1|n>',
  '<#C9>',
  '<!here>',
  '<!subteam^S1|@o>',
  '<@UBOT>',
  '<!',
)
const piece = fc.oneof(token, fc.string({ unit: fc.constantFrom(...'<>@#!|^UC19 ab:\n') }), fc.string())

test('no form of Slack survives, however the text is put together', () => {
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const plain = plainText(pieces.join('').replaceAll('&', ''), names)
      assert.doesNotMatch(plain, /<@[UW][A-Z0-9]+(?:\|[^<>]*)?>|<#[CG][A-Z0-9]+(?:\|[^<>]*)?>|<![^<>]*>/u)
    }),
    { numRuns: 2_000 },
  )
})

test('the longest text of blanks and of open brackets is read at once', () => {
  const startedMs = performance.now()
  for (const wire of [' ', '<', '<@', '<@U1|', '&', '<@UBOT> ']) plainText(wire.repeat(40_000), names)
  assert.ok(performance.now() - startedMs < 1_500)
})

test('a name can pass for nothing else', () => {
  assert.equal(shownName('Tom &amp; Jerry'), 'Tom & Jerry')
  assert.equal(shownName(' <@U1>\n\u202Eowner\u0000 '), '@U1 owner')
  assert.equal(shownName('x'.repeat(200)).length, 80)
})
