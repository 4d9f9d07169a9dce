import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Adapter } from '../../src/adapter.ts'
import type { Terminal } from '../../src/adapters/terminal.ts'
import type { Message, Post } from '../../src/message.ts'
import { createFakeTerminal, terminalOn, type FakeTerminal } from './fake-terminal.ts'

type Seat = {
  readonly screen: FakeTerminal
  readonly terminal: Terminal
  readonly messages: Message[]
  readonly ends: () => number
  readonly reply: (text: string, answers?: string | null) => ReturnType<Adapter['send']>
  readonly draft: (text: string, messageId?: string) => void
}

async function sitDown(options: { columns?: number; isTTY?: boolean } = {}): Promise<Seat> {
  const screen = createFakeTerminal(options)
  const messages: Message[] = []
  let ends = 0
  const terminal = terminalOn(screen, { onEnd: () => ends++, now: () => 7 })
  await terminal.start(
    async (message) => {
      messages.push(message)
      return 'accepted'
    },
    async () => {},
  )
  const { signal } = new AbortController()
  return {
    screen,
    terminal,
    messages,
    ends: () => ends,
    reply: (text, answers = null) => terminal.send(postOf(text, answers), signal),
    draft: (text, messageId = 'm') => terminal.show?.(messageId, home, { kind: 'draft', text }),
  }
}

const home = { adapter: 'terminal', account: 'local', channel: 'terminal' }
const postOf = (text: string, answers: string | null): Post => ({
  key: 'k',
  address: home,
  answers,
  reply: { text, status: 'done' },
  createdAtMs: 0,
})

test('a line becomes a message, and the prompt stands ready for the next', async () => {
  const { screen, messages } = await sitDown()
  assert.deepEqual(await screen.seen(), ['›'])
  await screen.type('hello 你好\r')
  assert.deepEqual(await screen.seen(), ['› hello 你好', '›'])
  const [message] = messages
  assert.equal(message?.text, 'hello 你好')
  assert.deepEqual(message.address, home)
  assert.equal(message.sentAtMs, 7)
})

test('lines of nothing but spaces are not sent', async () => {
  const { screen, messages } = await sitDown()
  await screen.type('\r   \r\r')
  assert.deepEqual(messages, [])
})

test('a message that could not be taken in is answered by the reason', async () => {
  const screen = createFakeTerminal()
  const terminal = terminalOn(screen)
  await terminal.start(
    () => Promise.reject(new Error('no room on the disk')),
    async () => {},
  )
  await screen.type('hi\r')
  assert.deepEqual(await screen.seen(), ['› hi', 'no room on the disk', '›'])
})

test('a post that comes while a line is being typed stands above it, and the line goes on', async () => {
  const { screen, messages, reply } = await sitDown()
  await screen.type('half a')
  await reply('⏰ breathe')
  assert.deepEqual(await screen.seen(), ['⏰ breathe', '› half a'])
  await screen.type(' line\r')
  assert.deepEqual(
    messages.map(({ text }) => text),
    ['half a line'],
  )
  assert.deepEqual(await screen.seen(), ['⏰ breathe', '› half a line', '›'])
})

for (const [how, pieces] of [
  ['typed', [...'写了一半的一句中文 and some English']],
  ['pasted', ['写了一半的一句中文 and some English']],
] as const) {
  test(`a ${how} line of several rows, with wide characters, is neither doubled nor lost by a post`, async () => {
    const { screen, reply, messages } = await sitDown({ columns: 15 })
    for (const piece of pieces) await screen.type(piece)
    await screen.type('\u001B[D\u001B[D')
    const before = await screen.seen()
    const { row, column } = screen.cursor()
    assert.deepEqual(before, ['› 写了一半的一', '句中文 and some', ' English'])
    await reply('第一行就已经比屏幕宽了\nsecond')
    await reply('third')
    assert.deepEqual(await screen.seen(), ['第一行就已经比', '屏幕宽了', 'second', 'third', ...before])
    assert.deepEqual(screen.cursor(), { row: row + 4, column })
    await screen.type('X\r')
    assert.deepEqual(
      messages.map(({ text }) => text),
      ['写了一半的一句中文 and some EngliXsh'],
    )
  })
}

test('replies to lines that were pasted at once are all there', async () => {
  const { screen, messages, reply } = await sitDown({ columns: 20 })
  await screen.type('one\r二\rrest')
  for (const { id, text } of messages) await reply(`the long answer to ${text}`, id)
  assert.deepEqual(await screen.seen(), [
    '› one',
    '› 二',
    'the long answer to o',
    'ne',
    'the long answer to',
    '二',
    '› rest',
  ])
})

test('a draft grows in place above the prompt, and its final form is not printed again', async () => {
  const { screen, reply, draft } = await sitDown()
  draft('The')
  assert.deepEqual(await screen.seen(), ['The', '›'])
  draft('The answer\nis')
  assert.deepEqual(await screen.seen(), ['The answer', 'is', '›'])
  await screen.type('next')
  draft('The answer\nis forty-two\n')
  assert.deepEqual(await screen.seen(), ['The answer', 'is forty-two', '› next'])
  await reply('The answer\nis forty-two\n\nBye', 'm')
  assert.deepEqual(await screen.seen(), ['The answer', 'is forty-two', '', 'Bye', '› next'])
  await reply('The answer\nis forty-two\n\nBye')
  assert.equal((await screen.seen()).length, 9, 'the next post starts anew')
})

test('a draft that turned out otherwise is followed by the whole final text', async () => {
  const { screen, reply, draft } = await sitDown()
  draft('I think\nthat')
  draft('No')
  assert.deepEqual(await screen.seen(), ['I think', 'that', '›'])
  await reply('No, I do not', 'm')
  assert.deepEqual(await screen.seen(), ['I think', 'No, I do not', '›'])
})

test('a line that is sent, and a post that comes, while a draft grows do not spoil it', async () => {
  const { screen, reply, draft, messages } = await sitDown()
  draft('one ')
  await screen.type('/stop\r')
  assert.equal(messages.length, 1)
  draft('one two')
  await reply('⏰ tea')
  await reply('one two three', 'm')
  assert.deepEqual(await screen.seen(), ['one', '› /stop', '⏰ tea', 'two three', '›'])
})

test('a draft of one line that fills the screen shows its end, and is whole when it is done', async () => {
  const { screen, reply, draft } = await sitDown({ columns: 40 })
  const long = Array.from({ length: 400 }, (_, i) => `word${i}`).join(' ')
  for (let end = 1; end <= long.length; end += 97) draft(long.slice(0, end))
  const during = await screen.seen()
  assert.ok(during.length <= 24, `${during.length} rows can be erased`)
  assert.match(during[0] ?? '', /^…/u)
  await reply(long, 'm')
  assert.equal(
    (await screen.seen())
      .slice(0, -1)
      .map((row) => row.padEnd(40))
      .join('')
      .trimEnd(),
    long,
  )
})

test('what would change the terminal is taken out of drafts, replies and notices', async () => {
  const { screen, reply, draft, terminal } = await sitDown()
  const nasty = '\u001B[31mred\u001B[0m\u001B]0;title\u0007 \u009B2J\u0008b\u0000ell\u0007\r\n\u202Eend'
  draft(nasty)
  await reply(nasty, 'm')
  await reply(nasty)
  terminal.print(nasty)
  assert.deepEqual(await screen.seen(), ['red bell', 'end', 'red bell', 'end', 'red bell', 'end', '›'])
  assert.doesNotMatch(screen.raw(), /[\u0000\u0007\u0008\u0080-\u009F\u202E]|\u001B\]|\u001B\[\d*m/u)
})

test('control: printed as it came, the same text does change the terminal', async () => {
  const { screen } = await sitDown()
  screen.output.write('seen\r\u001B[2Khidden')
  assert.deepEqual(await screen.seen(), ['hidden'])
})

test('Ctrl-D and Ctrl-C end the input once', async () => {
  for (const key of ['\u0004', '\u0003']) {
    const { screen, ends, terminal } = await sitDown()
    await screen.type(key)
    assert.equal(ends(), 1)
    await terminal.stop()
    assert.equal(ends(), 1)
  }
})

test('what is said between the end of the input and the stop is still read, and counts as sent', async () => {
  const { screen, reply } = await sitDown()
  await screen.type('\u0004')
  assert.deepEqual(await reply('⏰ tea'), { kind: 'sent' })
  assert.match((await screen.seen()).join('\n'), /⏰ tea$/u)
})

test('a stop is not taken for the end of the input', async () => {
  const { terminal, ends } = await sitDown()
  await terminal.stop()
  assert.equal(ends(), 0)
})

test('where nobody can type, posts are plain lines and drafts are not shown', async () => {
  const { screen, terminal, messages, reply, draft } = await sitDown({ isTTY: false })
  assert.equal(terminal.describe(), 'terminal (output only)')
  await screen.type('hello\n')
  draft('so far')
  await reply('\u001B[1mdone\u001B[0m', 'm')
  terminal.print('a notice')
  await screen.seen()
  assert.equal(screen.raw(), 'done\na notice\n')
  assert.deepEqual(messages, [])
})

test('who asks for a command line gets the reply and its signs, and nothing of it is printed', async () => {
  const { screen, terminal, messages, reply, draft } = await sitDown()
  const signs: string[] = []
  const asking = terminal.ask('/status', new AbortController().signal, ({ text }) => signs.push(text))
  draft('I am', messages[0]?.id)
  await reply('I am fine', messages[0]?.id)
  assert.deepEqual(await asking, { kind: 'reply', reply: { text: 'I am fine', status: 'done' } })
  assert.deepEqual(signs, ['I am'])
  assert.deepEqual(await screen.seen(), ['›'])
})

test('a reply whose asker has left is printed', async () => {
  const { screen, terminal, messages, reply } = await sitDown()
  const left = new AbortController()
  const asking = terminal.ask('hi', left.signal)
  left.abort()
  await assert.rejects(asking, { name: 'AbortError' })
  await reply('hello', messages[0]?.id)
  assert.deepEqual(await screen.seen(), ['hello', '›'])
})

test('a post to an output that is gone ends failed, and the program goes on', async () => {
  const { screen, reply } = await sitDown({ isTTY: false })
  screen.output.destroy(new Error('EPIPE'))
  const delivery = await reply('anyone there?')
  assert.equal(delivery.kind, 'failed')
})
