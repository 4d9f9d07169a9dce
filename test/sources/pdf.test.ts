import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createReadPdf } from '../../src/sources/parsing.ts'
import { page, pdfOf, zeros } from './pdf-file.ts'

const never = new AbortController().signal
const read = createReadPdf()
const two = pdfOf([page('Hello <world>', 'Second line'), page('Page two')])

test('a PDF gives its words, line by line and page by page', async () => {
  assert.equal((await read(two, 'two.pdf', 1_000, never)).trim(), 'Hello <world>\nSecond line\n\nPage two')
})

test('no more is read than is asked for', async () => {
  assert.equal(await read(two, 'two.pdf', 5, never), 'Hello')
  const many = pdfOf(Array.from({ length: 400 }, (_, i) => page(`page ${i}`)))
  assert.equal((await read(many, 'many.pdf', 100, never)).length, 100)
})

test('what is locked, broken or without words is told apart', async () => {
  const key = `/Encrypt<</Filter/Standard/V 1/R 2/O<${'ab'.repeat(32)}>/U<${'cd'.repeat(32)}>/P -4>>/ID[<00><00>]`
  await assert.rejects(read(pdfOf([page('secret')], key), 'a.pdf', 100, never), {
    fault: 'unsupported',
    message: /^a\.pdf is locked with a password/,
  })
  for (const broken of [two.slice(0, 60), Buffer.from('%PDF-1.4'), Buffer.from('words'), new Uint8Array()]) {
    await assert.rejects(read(broken, 'a.pdf', 100, never), { fault: 'unreadable', message: /broken/ })
  }
  await assert.rejects(read(pdfOf(['']), 'a.pdf', 100, never), { fault: 'unsupported', message: /scan/ })
})

const bomb = pdfOf([zeros(1_024)])

test('a bomb is killed by its memory or its time, and read where it is given both', async () => {
  assert.ok(bomb.length < 2_000_000)
  const startedMs = performance.now()
  await assert.rejects(createReadPdf({ timeoutMs: 20_000 })(bomb, 'a.pdf', 100, never), {
    fault: 'too-long',
    message: /^a\.pdf takes too much memory/,
  })
  await assert.rejects(createReadPdf({ timeoutMs: 100, maxMib: 2_000 })(bomb, 'a.pdf', 100, never), {
    fault: 'timeout',
  })
  assert.ok(performance.now() - startedMs < 6_000)
  const harmless = pdfOf([zeros(2), page('After it.')])
  assert.equal((await read(harmless, 'a.pdf', 100, never)).trim(), 'After it.')
})

test('nothing of a PDF is run or fetched, and an abort ends its reading', async () => {
  const open = '/OpenAction<</S/JavaScript/JS(throw 1)>>'
  assert.match(await read(pdfOf([page('calm')], open), 'a.pdf', 100, never), /calm/)
  await assert.rejects(read(two, 'a.pdf', 100, AbortSignal.abort()), { fault: 'cancelled' })
  const stop = new AbortController()
  const failing = assert.rejects(read(bomb, 'a.pdf', 100, stop.signal), {
    fault: 'cancelled',
  })
  stop.abort()
  await failing
})

test('of several PDFs one is read at a time, and one that was given up lets the next in', async () => {
  const ended: string[] = []
  const begin = async (name: string, bytes: Uint8Array, signal = never): Promise<void> => {
    const outcome = await read(bytes, name, 100, signal).then(
      () => 'read',
      ({ fault }: { fault: string }) => fault,
    )
    ended.push(`${name}: ${outcome}`)
  }
  const stop = new AbortController()
  const all = [begin('bomb', bomb), begin('stopped', two, stop.signal), begin('small', two)]
  stop.abort()
  await Promise.all(all)
  assert.deepEqual(ended, ['bomb: too-long', 'stopped: cancelled', 'small: read'])
})
