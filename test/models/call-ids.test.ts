import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import * as fc from 'fast-check'
import { acceptedIds, chatIds, distinctIds, mistralIds, wordIds } from '../../src/models/call-ids.ts'

const rules = {
  anthropic: { rule: wordIds, pattern: /^[a-zA-Z0-9_-]{1,64}$/u },
  chat: { rule: chatIds, pattern: /^[\x21-\x7e]{1,40}$/u },
  mistral: { rule: mistralIds, pattern: /^[a-zA-Z0-9]{9}$/u },
}

const long = `call_${'x'.repeat(100)}`

/** Ids as vendors give them, and as they should not: many come twice, many begin alike. */
const ids = fc.array(
  fc.oneof(
    fc.constantFrom(
      '',
      'call_0',
      'functions.remind:0',
      'fc_1|call_2',
      long,
      `${long}1`,
      'abcdefghi',
      '😀',
      '\ud83d',
    ),
    fc.stringMatching(/^toolu_[a-zA-Z0-9]{24}$/u),
    fc.stringMatching(/^[a-zA-Z0-9]{9}$/u),
    fc.string({ maxLength: 80, unit: 'binary' }),
  ),
  { maxLength: 30 },
)

type Mapping = typeof acceptedIds

const isInjective = (map: Mapping, name: keyof typeof rules) =>
  fc.property(ids, (given) => {
    const mapped = map(given, rules[name].rule)
    assert.equal(new Set(mapped).size, given.length)
  })

suite('ids of past calls', () => {
  for (const [name, { rule, pattern }] of Object.entries(rules)) {
    test(`${name}: each is of the form that is accepted`, () => {
      fc.assert(fc.property(ids, (given) => acceptedIds(given, rule).every((id) => pattern.test(id))))
    })

    test(`${name}: what comes later changes nothing in what came before`, () => {
      fc.assert(
        fc.property(ids, ids, (first, more) => {
          const before = acceptedIds(first, rule)
          assert.deepEqual(acceptedIds([...first, ...more], rule).slice(0, first.length), before)
        }),
      )
    })

    test(`${name}: one that is accepted stays, the first time that it comes`, () => {
      fc.assert(
        fc.property(fc.uniqueArray(fc.stringMatching(/^[a-zA-Z0-9]{9}$/u)), (given) => {
          assert.deepEqual(acceptedIds(given, rule), given)
        }),
      )
    })
  }

  for (const name of ['anthropic', 'chat', 'mistral'] as const) {
    test(`${name}: no two are the same`, () => {
      fc.assert(isInjective(acceptedIds, name), { numRuns: 500 })
    })
  }

  test('the property sees a mapping that only cuts', () => {
    const cutting: Mapping = (given) => given.map((id) => id.replace(/\W/gu, '_').slice(0, 40))
    assert.throws(() => fc.assert(isInjective(cutting, 'chat'), { numRuns: 500 }))
  })

  test('an odd or long one stays readable, with 10 digits of its hash', () => {
    const [odd, cut, again] = acceptedIds(['functions.remind:0', long, 'functions.remind:0'], wordIds)
    assert.match(odd ?? '', /^functions_remind_0_[0-9a-f]{10}$/u)
    assert.match(cut ?? '', /^call_x{48}_[0-9a-f]{10}$/u)
    assert.match(again ?? '', /^functions_remind_0_[0-9a-f]{10}$/u)
    assert.equal(acceptedIds(['functions.remind:0'], chatIds)[0], 'functions.remind:0')
  })

  test('a genuine id that looks like a made one does not become the same', () => {
    const [made = ''] = acceptedIds(['a.b'], wordIds)
    const both = acceptedIds(['a.b', made, 'a.b'], wordIds)
    assert.equal(new Set(both).size, 3)
    assert.equal(both[0], made)
  })
})

suite('ids of the calls of one answer', () => {
  test('none is empty, no two are the same, and the first of each stays', () => {
    fc.assert(
      fc.property(ids, (given) => {
        const distinct = distinctIds(given)
        assert.equal(new Set(distinct).size, given.length)
        for (const [index, id] of given.entries()) {
          assert.notEqual(distinct[index], '')
          if (id !== '' && given.indexOf(id) === index) assert.equal(distinct[index], id)
        }
      }),
    )
  })
})
