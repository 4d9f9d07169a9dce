import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SourceError } from '../../src/errors.ts'
import { createFileToText } from '../../src/sources/file-text.ts'
import { createReadPdf } from '../../src/sources/parsing.ts'
import { page, pdfOf } from './pdf-file.ts'

const never = new AbortController().signal
const toText = createFileToText({ readPdf: createReadPdf(), mostChars: 1_000 })
const read = (bytes: Uint8Array | string, type = 'text/plain', name = 'a.txt') =>
  toText(typeof bytes === 'string' ? Buffer.from(bytes) : bytes, type, name, never)

/** 你好，世界。 in GB 18030. */
const chinese = Buffer.from('c4e3bac3a3accac0bde7a1a3', 'hex')

const texts: readonly (readonly [name: string, bytes: Uint8Array | string, text: string])[] = [
  ['UTF-8', 'grün 你好 👩‍💻', 'grün 你好 👩‍💻'],
  ['UTF-16', Buffer.from('\uFEFF你好', 'utf16le'), '你好'],
  ['GB 18030', chinese, '你好，世界。'],
  ['GB 18030 among ASCII', Buffer.concat([Buffer.from('a,b\n'), chinese]), 'a,b\n你好，世界。'],
  ['the lines and spaces of code', 'if a:\r\n\tb  = 1\r', 'if a:\n\tb  = 1\n'],
  ['no hidden characters', 'a\u202Eb\u0007c\u{E0041}', 'abc'],
  ['the words of a page', '<!DOCTYPE html><p>Hi &amp; <b>you</b></p><script>x</script>', '\nHi & you\n'],
  ['a beginning only', 'x'.repeat(2_000), 'x'.repeat(1_000)],
  ['a PDF by its first bytes', pdfOf([page('Hello')]), 'Hello'],
]
for (const [name, bytes, text] of texts) {
  test(`a file gives ${name}`, async () => assert.equal(await read(bytes), text))
}

test('a charset that is named counts, and western text is not taken for Chinese', async () => {
  const western = Buffer.from('D\xE9j\xE0 vu: \xE9t\xE9, cr\xE8me, na\xEFve', 'latin1')
  assert.equal(await read(western, 'text/plain; charset=iso-8859-1'), 'Déjà vu: été, crème, naïve')
  await assert.rejects(read(western), { fault: 'unreadable' })
})

test('what is no text is refused', async () => {
  for (const bytes of [[80, 75, 3, 4, 0, 0], [0], [0x89, 80, 78, 71, 0]]) {
    await assert.rejects(read(Uint8Array.from(bytes), 'text/plain', 'a.txt'), (error) => {
      assert.ok(error instanceof SourceError)
      assert.match(error.message, /^a\.txt is neither text nor a PDF/)
      return error.fault === 'unsupported'
    })
  }
})
