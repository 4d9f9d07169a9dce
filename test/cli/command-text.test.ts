import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { commandText } from '../../src/cli/command-text.ts'
import { readWords } from '../../src/typed.ts'

function read(words: readonly string[]): Record<string, string> {
  const text = commandText(['digest', ...words])
  return readWords(text.replace(/^\/digest ?/u, ''), ['from', 'to'], ['from', 'to'])
}

test('a command may come with its slash, in one word, or as the shell split it', () => {
  assert.equal(commandText(['status']), '/status')
  assert.equal(commandText(['/status']), '/status')
  assert.equal(commandText(['／状态']), '/状态')
  assert.equal(commandText(['digest a.xml to terminal']), '/digest a.xml to terminal')
  assert.equal(commandText(['digest', 'a b.xml', 'to', 'terminal']), '/digest "a b.xml" to terminal')
})

test('whatever the shell gave as the value of an option is what the command gets', () => {
  const value = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => text.trim() !== '')
  fc.assert(
    fc.property(value, (from) => {
      fc.pre(!from.startsWith('--'))
      assert.deepEqual(read(['--from', from]), { from })
      assert.deepEqual(read([`--from=${from}`]), { from })
    }),
  )
})
