import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { plant, planted } from '../../proof/planted.ts'

const src = join(import.meta.dirname, '../../src')

test('each bug that the proof plants still finds its one place in src', () => {
  assert.ok(planted.length >= 17)
  for (const { name, edits } of planted) {
    for (const edit of edits) {
      const text = readFileSync(join(src, edit.file), 'utf8')
      assert.notEqual(plant(text, edit), text, name)
    }
  }
})

test('a bug without a place, or with two, is not planted in silence', () => {
  const edit = { file: 'x.ts', from: 'a', to: 'b' }
  assert.throws(() => plant('c', edit), /0 places/u)
  assert.throws(() => plant('a a', edit), /2 places/u)
})
