import assert from 'node:assert/strict'
import { test } from 'node:test'
import { messageIn } from '../../src/errors.ts'
import type { Source } from '../../src/source.ts'
import { createSources } from '../../src/sources/sources.ts'

const never = new AbortController().signal
const source = (name: string, start: string): Source => ({
  name,
  fits: (from) => from.startsWith(start),
  read: async () => ({ title: name, items: [] }),
})

test('the first source that fits is asked', async () => {
  const sources = createSources([source('one', 'a'), source('two', ''), source('three', 'b')])
  assert.equal((await sources.read('abc', { private: false }, never)).title, 'one')
  assert.equal((await sources.read('bcd', { private: false }, never)).title, 'two')
})

test('what nobody can read is unsupported, and the message names what is possible', async () => {
  const sources = createSources([source('one', 'http')])
  const failed = sources.read('ftp://x', { private: true }, never)
  await assert.rejects(failed, (error) => messageIn(error, 'zh').startsWith('ftp://x 不是'))
  await assert.rejects(failed, {
    name: 'SourceError',
    fault: 'unsupported',
    message: /ftp:\/\/x .*http or https address, or the path of a file/,
  })
})
