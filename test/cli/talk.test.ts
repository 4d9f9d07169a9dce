import assert from 'node:assert/strict'
import { test } from 'node:test'
import { say } from '../../src/cli/talk.ts'
import { cliWords } from '../../src/cli/words.ts'
import type { Reply } from '../../src/message.ts'
import { createFakeTerminal } from '../adapters/fake-terminal.ts'

const question: Reply = {
  text: 'Every day at 08:00. Shall I?',
  status: 'asked',
  data: { approval: '0123abcd' },
}
const offer: Reply = {
  text: 'Task 1 is set. Shall I run it once now?',
  status: 'done',
  data: { id: 1, nextDueMs: 5, offer: true, approval: '4567cdef' },
}
const plain: Reply = { text: 'It runs.', status: 'done', data: { id: 1 } }

type Around = {
  readonly replies: readonly Reply[]
  readonly json?: true
  readonly yes?: true
  readonly isTTY?: boolean
  readonly isRunning?: boolean
  /** What the person types, a piece for each question. */
  readonly typed?: readonly string[]
}

/** A person who says one line at a shell; Moltbot's replies come in their order. */
async function sit({ replies, json, yes, isTTY = true, isRunning = true, typed = [] }: Around) {
  const screen = createFakeTerminal({ isTTY })
  const errors = createFakeTerminal({ isTTY: false })
  const said: string[] = []
  let isClosed = false
  const session = {
    isRunning,
    ask: async (text: string): Promise<Reply> => {
      said.push(text)
      const reply = replies[said.length - 1]
      assert.ok(reply !== undefined, `nothing is to be said to ${text}`)
      return reply
    },
    close: async () => void (isClosed = true),
  }
  const seat = { input: screen.input, output: screen.output, errors: errors.output, env: {} }
  const options = { ...(json === undefined ? {} : { json }), ...(yes === undefined ? {} : { yes }) }
  let status: string | undefined
  const saying = say(async () => session, 'do it', options, cliWords('en'), seat).then(
    (how) => (status = how),
  )
  for (const piece of typed) {
    await screen.type('')
    await screen.type(piece)
  }
  await saying
  assert.ok(isClosed)
  await screen.seen()
  return { status, said, screen, seen: await screen.seen(), raw: screen.raw(), told: errors.raw() }
}

test('a question is asked on the spot, and the yes is to this very question', async () => {
  const { said, seen, status } = await sit({ replies: [question, plain], typed: ['y\r'] })
  assert.deepEqual(said, ['do it', 'yes 0123abcd'])
  assert.deepEqual(seen, ['Every day at 08:00. Shall I? y', 'It runs.'])
  assert.equal(status, 'done')
})

test('an offer is asked on the spot, too, after the question that led to it', async () => {
  const { said, seen } = await sit({ replies: [question, offer, plain], typed: ['yes\r', '好\r'] })
  assert.deepEqual(said, ['do it', 'yes 0123abcd', 'yes 4567cdef'])
  assert.deepEqual(seen, [
    'Every day at 08:00. Shall I? yes',
    'Task 1 is set. Shall I run it once now? 好',
    'It runs.',
  ])
})

for (const [how, key] of [
  ['an empty line', '\r'],
  ['Ctrl-D', '\u0004'],
  ['Ctrl-C', '\u0003'],
] as const) {
  test(`${how} leaves an offer, and the task is set all the same`, async () => {
    const { said, seen, status } = await sit({ replies: [offer], typed: [key] })
    assert.deepEqual(said, ['do it'])
    assert.deepEqual(seen, ['Task 1 is set. Shall I run it once now?'])
    assert.equal(status, 'done')
  })
}

test('the end of the input leaves a question open, and does not hang', async () => {
  const screen = createFakeTerminal()
  const session = { isRunning: true, ask: async () => question, close: async () => undefined }
  const seat = { input: screen.input, output: screen.output, errors: screen.output, env: {} }
  const saying = say(async () => session, 'do it', {}, cliWords('en'), seat)
  await screen.type('')
  screen.input.push(null)
  assert.equal(await saying, 'asked')
})

test('a no, and whatever else is typed, is said as it is', async () => {
  const { said } = await sit({ replies: [offer, plain], typed: ['no, rather later\r'] })
  assert.deepEqual(said, ['do it', 'no, rather later'])
})

test('--yes says yes to a question and to no offer', async () => {
  const { said, seen } = await sit({ replies: [question, offer], yes: true })
  assert.deepEqual(said, ['do it', 'yes 0123abcd'])
  assert.deepEqual(seen, ['Every day at 08:00. Shall I?', 'Task 1 is set. Shall I run it once now?'])
})

test('programs get one reply, the last, as JSON, and are asked nothing', async () => {
  const asked = await sit({ replies: [question], json: true })
  assert.deepEqual(JSON.parse(asked.raw), question)
  const made = await sit({ replies: [question, offer], json: true, yes: true })
  assert.deepEqual(JSON.parse(made.raw), offer)
})

test('where nobody can type, questions and offers are printed', async () => {
  for (const reply of [question, offer]) {
    const { said, raw, status } = await sit({ replies: [reply], isTTY: false })
    assert.deepEqual(said, ['do it'])
    assert.equal(raw, `${reply.text}\n`)
    assert.equal(status, reply.status)
  }
})

test('what would change the terminal or turn the text around is left out, at a question, too', async () => {
  const text = 'remind \u001B[31mred\u001B[0m \u202Egnp.exe'
  for (const reply of [plain, question]) {
    const { raw } = await sit({ replies: [{ ...reply, text }], typed: reply === plain ? [] : ['\r'] })
    assert.ok(raw.includes('remind red gnp.exe'), JSON.stringify(raw))
    assert.ok(!raw.includes('\u202E'))
  }
})

test('a Moltbot that does not run could run nothing now: the offer is printed, and the note says why', async () => {
  const { said, seen, told } = await sit({ replies: [question, offer], isRunning: false, typed: ['y\r'] })
  assert.deepEqual(said, ['do it', 'yes 0123abcd'])
  assert.deepEqual(seen.slice(1), ['Task 1 is set. Shall I run it once now?'])
  assert.match(told, /^Moltbot is not running: tasks are kept/u)
})

test('the note comes where any reply told of tasks, and only where Moltbot does not run', async () => {
  const about: Reply = { text: 'You have one task', status: 'done', data: { tasks: [] } }
  assert.match((await sit({ replies: [about], isRunning: false })).told, /not running/u)
  const ordered: Reply = { text: 'Task 1 runs now', status: 'done', data: { id: 1, dueMs: 5 } }
  assert.match((await sit({ replies: [ordered], isRunning: false })).told, /not running/u)
  assert.equal((await sit({ replies: [about] })).told, '')
  assert.equal((await sit({ replies: [plain], isRunning: false })).told, '')
})
