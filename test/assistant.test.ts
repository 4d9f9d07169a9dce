import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import * as fc from 'fast-check'
import type { Answer } from '../src/assistant.ts'
import type { Message } from '../src/message.ts'
import type { Model } from '../src/model.ts'
import { openHouse, type House, type HouseOptions } from './doubles/house.ts'
import { scripted, type Turn } from './doubles/models.ts'

type Speak = (text: string, author?: string) => Promise<Answer>

/** A house in which answers are committed at once, and a way to speak in it. */
async function open(
  t: TestContext,
  script: readonly Turn[],
  options: Partial<HouseOptions> = {},
): Promise<{ house: House; speak: Speak; model: ReturnType<typeof scripted> }> {
  const model = scripted(script)
  const house = await openHouse(t, { model, ...options })
  let events = 0
  const speak: Speak = async (text, author = 'ann') => {
    const address = { adapter: 'chat', account: 'home', channel: 'general' }
    const message: Message = {
      id: `m${++events}`,
      address,
      author: { id: author, name: author },
      text,
      sentAtMs: 0,
    }
    const answer = await house.assistant.answer(message, new AbortController().signal, () => undefined)
    await house.store.writeAll(answer.writes)
    return answer
  }
  return { house, speak, model }
}

test('what a model proposes that only reads is done, what changes something waits for a yes', async (t) => {
  const { house, speak } = await open(t, [
    { call: 'look', args: { what: 'the shelf' } },
    { call: 'set', args: { what: 'the alarm' } },
  ])
  assert.equal((await speak('what is there?')).reply.text, 'looked at the shelf')
  const asked = await speak('wake me')
  assert.equal(asked.reply.status, 'asked')
  assert.match(asked.reply.text, /\/set what: the alarm\nShall I/u)
  assert.deepEqual(house.ranSet, [])
  assert.equal((await speak('yes')).reply.text, 'set the alarm')
  assert.deepEqual(house.ranSet, ['the alarm'])
})

test('a model that says just what the person said needs no yes', async (t) => {
  const { house, speak } = await open(t, [{ call: 'set', args: { what: 'the alarm' } }])
  assert.equal((await speak('please set the alarm')).reply.status, 'done')
  assert.deepEqual(house.ranSet, ['the alarm'])
})

test('a model acts on nothing that the person did not say, whatever it proposes', async (t) => {
  const { house, speak, model } = await open(t, [])
  const said = 'please have a look at set 12, and at the shelf in room b7'
  const part = fc.constantFrom(
    '1',
    '2',
    'se',
    'shel',
    'b',
    '7',
    'room b',
    '',
    'evil',
    'https://evil.example',
    'SHELF',
    '12 ',
  )
  const notSaid = fc.oneof(
    fc.string({ maxLength: 12 }).filter((text) => !said.includes(text)),
    part,
  )
  await fc.assert(
    fc.asyncProperty(notSaid, async (what) => {
      model.script.push({ call: 'set', args: { what } })
      await speak(said)
    }),
    { numRuns: 120 },
  )
  assert.deepEqual(house.ranSet, [])
  // The control: what was said is done, so the guard is what held the rest back.
  for (const what of ['12', 'b7', 'the shelf']) {
    model.script.push({ call: 'set', args: { what } })
    await speak(said)
  }
  assert.deepEqual(house.ranSet, ['12', 'b7', 'the shelf'])
})

test('a call that a reader of the person’s own words makes is as good as typed', async (t) => {
  const { house, speak } = await open(t, [{ call: 'set', args: { what: 'alarm' }, spoken: true }])
  assert.equal((await speak('闹钟')).reply.status, 'done')
  assert.deepEqual(house.ranSet, ['alarm'])
})

test('a yes holds once, for the person who was asked, for the latest question, and for ten minutes', async (t) => {
  const nowMs = { value: 0 }
  const proposing: Turn = { call: 'set', args: { what: 'x1' } }
  const script: Turn[] = [
    proposing,
    'no idea',
    'no idea',
    'no idea',
    proposing,
    proposing,
    'fine',
    proposing,
    'no idea',
  ]
  const { house, speak } = await open(t, script, { nowMs: () => nowMs.value })
  await speak('go')
  await speak('yes', 'bob')
  assert.deepEqual(house.ranSet, [], 'another person')
  assert.equal((await speak('好')).reply.text, 'set x1')
  await speak('yes')
  assert.deepEqual(house.ranSet, ['x1'], 'a second yes')
  await speak('yes', 'bob')

  await speak('go')
  assert.equal((await speak('no')).reply.text, 'All right, nothing was done.')
  await speak('go')
  await speak('something else')
  assert.equal((await speak('again')).reply.status, 'asked')
  nowMs.value = 10 * 60_000 + 1
  await speak('yes')
  assert.deepEqual(house.ranSet, ['x1'], 'after ten minutes')
})

test('a question is forgotten when the talk goes on', async (t) => {
  const { house, speak } = await open(t, [{ call: 'set', args: { what: 'x1' } }, 'sure', 'what?'])
  await speak('go')
  await speak('tell me a joke')
  await speak('yes')
  assert.deepEqual(house.ranSet, [])
})

test('work for later is told back and waits for a yes, also when it was typed', async (t) => {
  const { house, speak } = await open(t, [{ call: 'set', args: { what: 'tea', when: 'every day at 9' } }])
  const byModel = await speak('tea every day')
  assert.equal(byModel.reply.status, 'asked')
  assert.match(byModel.reply.text, /set every day at 9/u)
  assert.equal((await speak('no')).reply.status, 'done')
  const typed = await speak('/set tea --when "every day at 9"')
  assert.equal(typed.reply.status, 'asked')
  assert.deepEqual(house.ranSet, [])
})

test('of several proposals that need a yes the first is asked, and the rest is not done', async (t) => {
  const eager: Model = {
    name: 'eager',
    stream: async function* () {
      yield { kind: 'call', name: 'set', args: { what: 'a1' } }
      yield { kind: 'call', name: 'set', args: { what: 'b2' } }
      yield { kind: 'end', stop: 'complete', usage: {} }
    },
  }
  const { house, speak } = await open(t, [], { model: eager })
  const asked = await speak('do both')
  assert.match(asked.reply.text, /ask me again once this is settled/u)
  await speak('yes')
  assert.deepEqual(house.ranSet, ['a1'])
})

test('a proposal that makes no sense is told, not done', async (t) => {
  const { house, speak } = await open(t, [
    { call: 'launch', args: {} },
    { call: 'set', args: 'rubbish' },
    { call: 'set', args: { what: 7, __proto__: { what: 'x' } } },
  ])
  assert.match((await speak('1')).reply.text, /no command \/launch/u)
  assert.match((await speak('2')).reply.text, /Missing: what/u)
  assert.match((await speak('3')).reply.text, /expected string/u)
  assert.deepEqual(house.ranSet, [])
})

test('a model that fails, is silent or refuses is told in the language of the message', async (t) => {
  const { speak } = await open(t, [{ fails: 'bad-key' }, { fails: 'timeout' }, ''])
  assert.match((await speak('hi')).reply.text, /no answer from scripted: it does not accept our key/u)
  assert.match((await speak('你好')).reply.text, /scripted 没有回答：用时太久/u)
  assert.match((await speak('hi')).reply.text, /scripted answered nothing/u)
})

test('who is not known is refused, and no model hears of it', async (t) => {
  const { speak, model } = await open(t, ['secret'], { owners: [] })
  const answer = await speak('/set x')
  assert.equal(answer.reply.status, 'refused')
  assert.deepEqual(answer.writes, [])
  assert.equal(model.asked.length, 0)
})

test('messages without text, or with too much of it, get a word and no model call', async (t) => {
  const { speak, model } = await open(t, [])
  assert.match((await speak('  \n')).reply.text, /no text/u)
  assert.match((await speak('x'.repeat(1_001))).reply.text, /at most 1,000 characters/u)
  assert.equal(model.asked.length, 0)
})

test('a conversation is remembered, older turns as a gist within the budget, and /new starts over', async (t) => {
  const long = 'so many words '.repeat(20)
  const { house, speak, model } = await open(t, Array<Turn>(60).fill(long), { historyTokens: 600 })
  for (let i = 0; i < 50; i++) await speak(`${i} ${long}`)
  const last = model.asked.at(-1)
  const sent = last?.turns ?? []
  assert.ok(sent.length > 3 && sent.length < 10, `${sent.length} turns`)
  assert.match(sent.at(-3)?.text ?? '', /^48 /u)
  assert.match(last?.system ?? '', /Earlier in this conversation: gist of/u)
  assert.ok(
    house.store.read.conversations.turns('chat/home/general').length < 12,
    'what is kept apart stays bounded',
  )
  await speak('/new')
  await speak('who am I?')
  assert.deepEqual(
    model.asked.at(-1)?.turns.map(({ text }) => text),
    ['who am I?'],
  )
  assert.doesNotMatch(model.asked.at(-1)?.system ?? '', /Earlier/u)
})

test('a typed command that is misspelt names the nearest', async (t) => {
  const { speak } = await open(t, [])
  assert.match((await speak('/sett x')).reply.text, /no command \/sett. Did you mean \/set\?/u)
  assert.match((await speak('／看 x')).reply.text, /没有 \/看|There is no command/u)
})

test('a defect in a command is told with the id under which the log has it', async (t) => {
  const { house, speak } = await open(t, [])
  const broken = { ...house.store.read.approvals, open: () => assert.fail('broken') }
  Object.assign(house.store.read, { approvals: broken })
  assert.match((await speak('/look x')).reply.text, /message m1/u)
  assert.match(house.logged[0] ?? '', /"fault":"internal".*"message":"m1"/u)
})
