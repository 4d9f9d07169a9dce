import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { buttonBlocks, clipped, pressedBlock } from '../../../../src/adapters/slack/out/buttons.ts'
import type { Choice } from '../../../../src/message.ts'

const place = { thread: '1700000000.000100', key: 'inbox/7' }

test('a choice is a button that says what the person says by it', () => {
  const choices: Choice[] = [
    { label: 'yes', says: 'yes 1a2b', tone: 'good' },
    { label: 'no', says: 'no 1a2b' },
    { label: 'stop it', says: '/stop', tone: 'bad' },
  ]
  assert.deepEqual(buttonBlocks({ text: 'Sure?', choices }, place), [
    {
      type: 'actions',
      block_id: 'moltbot/1700000000.000100',
      elements: [
        {
          type: 'button',
          action_id: 'say-0',
          text: { type: 'plain_text', text: 'yes' },
          value: 'yes 1a2b',
          style: 'primary',
        },
        { type: 'button', action_id: 'say-1', text: { type: 'plain_text', text: 'no' }, value: 'no 1a2b' },
        {
          type: 'button',
          action_id: 'say-2',
          text: { type: 'plain_text', text: 'stop it' },
          value: '/stop',
          style: 'danger',
        },
      ],
    },
  ])
})

test('what a model said can be rated, in the language of the answer', () => {
  const [block] = buttonBlocks({ text: '你好', from: 'model' }, { thread: undefined, key: 'inbox/7' })
  assert.deepEqual(block, {
    type: 'context_actions',
    block_id: 'moltbot/',
    elements: [
      {
        type: 'feedback_buttons',
        action_id: 'rate',
        positive_button: {
          text: { type: 'plain_text', text: '👍' },
          accessibility_label: '回答得好',
          value: '/rate good inbox/7',
        },
        negative_button: {
          text: { type: 'plain_text', text: '👎' },
          accessibility_label: '回答得不好',
          value: '/rate bad inbox/7',
        },
      },
    ],
  })
})

test('a reply without choices has no blocks below it', () => {
  assert.deepEqual(buttonBlocks({ text: 'Hi' }, place), [])
  assert.deepEqual(buttonBlocks({ text: 'Hi', choices: [] }, place), [])
})

test('whatever the choices are, Slack takes the blocks', () => {
  const choice = fc.record({
    label: fc.string({ unit: 'binary', maxLength: 200 }),
    says: fc.string({ maxLength: 2_500 }),
  })
  fc.assert(
    fc.property(fc.array(choice, { maxLength: 40 }), fc.boolean(), (choices, isModels) => {
      const blocks = buttonBlocks({ text: '', choices, ...(isModels ? { from: 'model' } : {}) }, place)
      const rows = blocks.filter(({ type }) => type === 'actions').map(({ elements }) => elements as Button[])
      const buttons = rows.flat()
      assert.ok(buttons.length <= 25 && rows.every(({ length }) => length >= 1 && length <= 5))
      for (const { text, value } of buttons)
        assert.ok(text.text.trim() !== '' && text.text.length <= 75 && value !== '' && value.length <= 2_000)
      const ids = [...blocks.map(({ block_id }) => block_id), ...buttons.map(({ action_id }) => action_id)]
      assert.equal(new Set(ids).size, ids.length)
      assert.ok(blocks.every(({ block_id }) => String(block_id).startsWith('moltbot/1700000000.000100')))
      const wanted = choices.filter(
        ({ label, says }) => label.trim() !== '' && says !== '' && says.length <= 2_000,
      )
      assert.deepEqual(
        buttons.map(({ value }) => value),
        wanted.slice(0, 25).map(({ says }) => says),
      )
    }),
  )
})

type Button = { readonly text: { readonly text: string }; readonly value: string; readonly action_id: string }

test('what was pressed stands in the place of the buttons', () => {
  assert.deepEqual(pressedBlock('yes', true, 'U1'), {
    type: 'context',
    elements: [
      { type: 'plain_text', text: '✓' },
      { type: 'plain_text', text: 'yes' },
      { type: 'mrkdwn', text: '<@U1>' },
    ],
  })
  assert.deepEqual(pressedBlock('', false, undefined), {
    type: 'context',
    elements: [{ type: 'plain_text', text: '✗' }],
  })
})

test('a text is cut before a character that would not fit whole', () => {
  assert.equal(clipped('12345', 5), '12345')
  assert.equal(clipped('123456', 5), '1234…')
  assert.equal(clipped('123😀6', 5), '123…')
})
