import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import type { Fault } from '../../src/errors.ts'
import { createFile } from '../../src/sources/file.ts'
import { createParse } from '../../src/sources/parsing.ts'
import { rss } from '../doubles/web.ts'

const never = new AbortController().signal
const folder = mkdtempSync(join(tmpdir(), 'moltbot-file-'))
const file = createFile({ parse: createParse(), cwd: folder, home: folder, maxBytes: 100_000 })
const read = (from: string, rights = { private: true }) => file.read(from, rights, never)

before(() => {
  const files: Record<string, string | Uint8Array> = {
    'notes.md': '# Plans\n\nBuy *milk*.\n\n\n\n<b>kept</b>',
    'notes.txt': 'plain words',
    'named-oddly.txt': '<rss version="2.0"> is how a feed begins',
    'feed.xml': rss,
    'feed.bin': rss,
    'page.html': '<html><body>hello</body></html>',
    'data.json': '{"a":1}',
    'utf16.txt': Buffer.from('\uFEFF你好', 'utf16le'),
    'binary.txt': Buffer.from([104, 105, 0, 1]),
    'gbk.txt': Buffer.from([0xc4, 0xe3, 0xba, 0xc3]),
    'big.txt': 'x'.repeat(100_001),
    'full.txt': 'x'.repeat(100_000),
    'empty.txt': '',
    'empty.vtt': 'WEBVTT\n',
    'talk.srt': '1\n00:00:01,000 --> 00:00:02,000\nAnn: Hello.\n',
    'locked.txt': 'secret',
    'one.eml': 'From: a@b.example\nSubject: Hi\nMessage-ID: <1@b>\n\nBody\n',
    Inbox: 'From a@b.example Fri Nov 20 07:12:44 2026\nFrom: a@b.example\nSubject: Ho\n\nBody\n',
    'page.md': 'A page may say <meta charset=gbk>. 你好',
    'name with space.txt': 'spaced',
  }
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
  chmodSync(join(folder, 'locked.txt'), 0o000)
})
after(() => rmSync(folder, { recursive: true }))

test('paths and file addresses are for the file source, web addresses are not', () => {
  for (const from of ['a.txt', './a', '../a', '~/a', '/a/b', 'file:///a', 'C:\\a.txt', 'feed'])
    assert.ok(file.fits(from), from)
  for (const from of ['http://x/', 'https://x/', 'ftp://x/', 'imap:x', 'mailto:a@b', '', ' '])
    assert.ok(!file.fits(from), from)
})

test('a text is one item, named by its heading or its file, and linked to its path', async () => {
  const path = join(folder, 'notes.md')
  assert.deepEqual(await read('notes.md'), {
    title: 'notes.md',
    items: [{ id: path, title: 'Plans', text: '# Plans\n\nBuy *milk*.\n\n<b>kept</b>', link: path }],
  })
  assert.equal((await read('notes.txt')).items[0]?.title, 'notes.txt')
  assert.equal((await read('named-oddly.txt')).items[0]?.text, '<rss version="2.0"> is how a feed begins')
  assert.match((await read('page.md')).items[0]?.text ?? '', /你好$/)
  assert.equal((await read('utf16.txt')).items[0]?.text, '你好')
  assert.equal((await read('full.txt')).items[0]?.text.length, 100_000)
  assert.equal((await read('empty.txt')).items[0]?.text, '')
})

test('a path may begin with ~ or be a file address', async () => {
  assert.equal((await read('~/notes.txt')).items[0]?.text, 'plain words')
  assert.equal((await read(pathToFileURL(join(folder, 'name with space.txt')).href)).items[0]?.text, 'spaced')
  assert.equal((await read(join(folder, 'notes.txt'))).items[0]?.text, 'plain words')
})

test('a saved feed is read as a feed, whatever it is called, and links without a host lead to the file', async () => {
  for (const name of ['feed.xml', 'feed.bin']) {
    const { title, items } = await read(name)
    assert.equal(title, 'Loopback News')
    assert.deepEqual(
      items.map(({ id, link }) => [id, link]),
      [
        ['b', join(folder, name)],
        ['a', join(folder, name)],
      ],
    )
  }
})

test('a transcript and a mail are known by their ending, a mailbox also by its beginning', async () => {
  assert.equal((await read('talk.srt')).items[0]?.text, 'Ann: Hello.')
  assert.equal((await read('Inbox')).items[0]?.title, 'Ho — a@b.example')
  assert.equal((await read('one.eml')).items[0]?.title, 'Hi — a@b.example')
})

const refusals: readonly (readonly [string, Fault, RegExp])[] = [
  ['missing.txt', 'missing', /there is no file .*missing\.txt/],
  ['notes.txt/x', 'missing', /there is no file/],
  ['a\0b', 'missing', /there is no file/],
  ['.', 'unsupported', /is a folder/],
  ['/dev/zero', 'unsupported', /is a device or a pipe/],
  ['big.txt', 'too-long', /larger than 100000 bytes/],
  ['binary.txt', 'unreadable', /is not text/],
  ['gbk.txt', 'unreadable', /is not UTF-8/],
  ['empty.vtt', 'unreadable', /no cues/],
  ['page.html', 'unreadable', /a web page/],
  ['data.json', 'unreadable', /no feed/],
  ['file://host/share', 'bad-request', /no file of this machine/],
]
for (const [from, fault, message] of refusals) {
  test(`${JSON.stringify(from)} is refused as ${fault}`, async () => {
    await assert.rejects(read(from), { name: 'SourceError', fault, message })
  })
}

test(
  'a file that the user of the program may not read is refused',
  { skip: process.getuid?.() === 0 && 'root reads all' },
  async () => {
    await assert.rejects(read('locked.txt'), { fault: 'refused', message: /change its rights/ })
  },
)

test('without the right to this machine no file is read, and not even looked for', async () => {
  for (const from of ['notes.txt', 'missing.txt', '/etc/passwd']) {
    await assert.rejects(read(from, { private: false }), { fault: 'refused', message: /owner only/ })
  }
})

test(
  'a file that has no size until it is read keeps to the limit',
  { skip: process.platform !== 'linux' },
  async () => {
    assert.match((await read('/proc/self/status')).items[0]?.text ?? '', /Name:/)
    await assert.rejects(read('/proc/kallsyms'), { fault: 'too-long' })
  },
)

test('an abort ends a reading as cancelled', async () => {
  await assert.rejects(file.read('notes.txt', { private: true }, AbortSignal.abort()), { fault: 'cancelled' })
})
