import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { readMailbox } from '../../src/sources/mailbox.ts'

const path = '/mail/box.mbox'
const read = (...lines: string[]) => readMailbox(Buffer.from(lines.join('\n')), path)
const one = (...lines: string[]) => read(...lines)[0] ?? assert.fail('no message')

test('a mailbox gives its messages, the newest first', () => {
  const items = readMailbox(readFileSync(new URL('../../examples/mailbox.mbox', import.meta.url)), path)
  assert.deepEqual(
    items.map(({ title }) => title),
    [
      'URGENT: figures for the board by noon — maria.ortiz@example.com',
      'Harbour Weekly, issue 46 — news@letters.example.org',
      'Invoice 2026-1187, due 2 December — billing@hosting.example.com',
      'Quick favour, confidential — helpdesk@pay-secure.example.net',
      '例会时间调整 — liwei@example.com',
    ],
  )
  assert.match(items[0]?.text ?? '', /\nFrom my side everything/)
  assert.match(items[1]?.text ?? '', /^This week: .* use – Lantern closes a hole – what/)
  assert.match(items[2]?.text ?? '', /Straße der Beispiele 1, 12345 Münster$/)
  assert.match(items[4]?.text ?? '', /改到三点/)
  assert.deepEqual(
    [items[0]?.id, items[0]?.link],
    ['board-figures-1@example.com', 'mid:board-figures-1@example.com'],
  )
  assert.equal(items[4]?.atMs, Date.UTC(2026, 10, 17, 2, 15, 30))
})

const sender = (from: string): string => one(`From: ${from}`, 'Subject: s', '', 'x').title.replace('s — ', '')

test('the address that sent a mail is shown, whatever its name pretends', () => {
  assert.equal(sender('"ceo@corp.example" <evil@x.example>'), 'evil@x.example')
  assert.equal(sender('"Boss <ceo@corp.example>" <evil@x.example>'), 'evil@x.example')
  assert.equal(sender('Boss <ceo@corp.example> <evil@x.example>'), 'evil@x.example')
  assert.equal(sender('=?utf-8?q?=3Cceo=40corp.example=3E?= <evil@x.example>'), 'evil@x.example')
  assert.equal(sender('evil@x.example (ceo@corp.example)'), 'evil@x.example')
  assert.equal(sender('evil@x.example "<ceo@corp.example>"'), 'evil@x.example')
  assert.equal(sender('plain@x.example'), 'plain@x.example')
  assert.equal(sender(''), 'unknown sender')
})

test('a sentence that begins with From does not begin a message', () => {
  const items = read(
    'From a@b.example Fri Nov 20 07:12:44 2026',
    'Subject: one',
    '',
    'Hi,',
    '',
    'From here on, 2026 is ours.',
    '',
    '>From me',
  )
  assert.equal(items.length, 1)
  assert.equal(items[0]?.text, 'Hi,\n\nFrom here on, 2026 is ours.\n\nFrom me')
})

const subject = (value: string): string =>
  one(`Subject: ${value}`, 'From: a@b', '', '').title.replace(' — a@b', '')

test('headers are unfolded and their encoded words read', () => {
  assert.equal(subject('=?UTF-8?B?5L2g?= =?UTF-8?B?5aW9?= you'), '你好 you')
  assert.equal(subject('=?gb2312?B?xOO6ww==?='), '你好')
  assert.equal(subject('=?iso-8859-1?Q?caf=E9_au_lait?='), 'café au lait')
  assert.equal(subject('folded\n over two'), 'folded over two')
  assert.equal(subject('raw 你好'), 'raw 你好')
  assert.equal(subject('=?x-none?Q?a?='), '(text in the unknown charset x-none)')
  assert.equal(subject(''), '(no subject)')
})

const mixed = (...parts: string[]): string =>
  one(
    'From: a@b',
    'Content-Type: multipart/mixed;',
    ' boundary="b 1"',
    '',
    'preamble',
    ...parts.flatMap((part) => ['--b 1', part]),
    '--b 1--',
    'end',
  ).text

test('of many parts the first plain text is read, else the words of the html, and no attachment', () => {
  assert.equal(mixed('Content-Type: text/html\n\n<p>no</p>', 'Content-Type: text/plain\n\nyes'), 'yes')
  assert.equal(mixed('Content-Type: text/html\n\n<p>only <b>html</b></p><script>x</script>'), 'only html')
  assert.equal(
    mixed(
      'Content-Type: text/plain\nContent-Disposition: attachment\n\nfile',
      'Content-Type: image/png\n\nxx',
    ),
    '',
  )
  assert.equal(mixed('Content-Type: multipart/alternative; boundary=in\n\n--in\n\ninner\n--in--'), 'inner')
})

test('a message without an id is linked to its file and keeps its own id; one that came twice is there once', () => {
  const anonymous = one('From: a@b', 'Subject: x', '', 'y')
  assert.deepEqual([anonymous.link, anonymous.id.slice(0, 7)], [path, 'sha256:'])
  const mail = ['From a@b Fri Nov 20 07:12:44 2026', 'Message-ID: <1@b>', '', 'x', '']
  assert.equal(read(...mail, ...mail).length, 1)
  assert.deepEqual(read(''), [read('')[0]])
})

test('mail that is a bomb is read in bounded time', () => {
  const startedMs = performance.now()
  const nested = Array.from(
    { length: 5_000 },
    () => 'Content-Type: multipart/mixed; boundary=b\n\n--b\n',
  ).join('')
  one(nested)
  one('Content-Type: multipart/mixed; boundary=a', '', '--a\n'.repeat(500_000))
  one(`Subject: ${'=?utf-8?q?'.repeat(100_000)}`, '', 'x')
  one(`From: ${'<'.repeat(300_000)}`, '', 'x')
  one(`From: ${'"\\'.repeat(300_000)}`, '', 'x')
  one('Content-Transfer-Encoding: quoted-printable', '', '='.repeat(2_000_000))
  read('From a@b Fri Nov 20 07:12:44 2026\n\n'.repeat(60_000))
  one(' \n'.repeat(1_000_000))
  assert.ok(performance.now() - startedMs < 3_000, `${performance.now() - startedMs} ms`)
})

test('whatever the bytes, a mailbox gives items', () => {
  const piece = fc.constantFrom(
    'From a@b Fri Nov 20 07:12:44 2026\n',
    '\n\n',
    'Content-Type: multipart/x; boundary=b\n',
    '--b\n',
    '=?utf-8?b?',
    'From: ',
  )
  const bytes = fc.array(
    fc.oneof(
      piece.map((text) => Buffer.from(text)),
      fc.uint8Array().map((some) => Buffer.from(some)),
    ),
  )
  fc.assert(fc.property(bytes, (parts) => assert.ok(Array.isArray(readMailbox(Buffer.concat(parts), path)))))
})
