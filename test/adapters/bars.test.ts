import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Sign } from '../../src/adapter.ts'
import type { Post } from '../../src/message.ts'
import { createFakeTerminal, terminalOn } from './fake-terminal.ts'

const home = { adapter: 'terminal', account: 'local', channel: 'terminal' }
const { signal } = new AbortController()

/** A person at a terminal, and the clock in the test's hand. */
async function sitDown(options: Parameters<typeof createFakeTerminal>[0] & { LANG?: string } = {}) {
  const screen = createFakeTerminal(options)
  const clock = { nowMs: 0 }
  const wakes: (() => void)[] = []
  let isSlept = true
  const sleep = (_: number, ends: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      wakes.push(resolve)
      ends.addEventListener('abort', () => {
        isSlept = false
        reject(new Error('woken'))
      })
    })
  const said: string[] = []
  const terminal = terminalOn(screen, {
    now: () => clock.nowMs,
    sleep,
    env: { LANG: options.LANG ?? 'C.UTF-8' },
  })
  await terminal.start(
    async ({ text }) => {
      said.push(text)
      return 'accepted'
    },
    async () => {},
  )
  const show = (id: string, text: string, share?: number): void =>
    terminal.show?.(id, home, {
      kind: 'progress',
      text,
      ...(share === undefined ? {} : { share }),
    } satisfies Sign)
  return {
    screen,
    terminal,
    said,
    run: (id: number, text: string, share?: number): void => show(`run/${id}`, text, share),
    show,
    post: (text: string, more: Partial<Post> = {}) =>
      terminal.send(
        { key: 'k', address: home, answers: null, reply: { text, status: 'done' }, createdAtMs: 0, ...more },
        signal,
      ),
    pass: async (ms: number): Promise<void> => {
      clock.nowMs += ms
      for (const wake of wakes.splice(0)) wake()
      await screen.type('')
    },
    waits: () => wakes.length,
    isSlept: () => isSlept,
  }
}

test('a run draws one line above the prompt, which changes in place and is gone with its last sign', async () => {
  const { screen, run } = await sitDown()
  await screen.type('half a')
  run(7, 'reading https://a.example/feed', 0.5)
  assert.deepEqual(await screen.seen(), ['▰▰▰▰▰▱▱▱▱▱ 50 % reading https://a.example/feed', '› half a'])
  run(7, 'writing', 0.9)
  assert.deepEqual(await screen.seen(), ['▰▰▰▰▰▰▰▰▰▱ 90 % writing', '› half a'])
  run(7, 'writing', 1)
  assert.deepEqual(await screen.seen(), ['› half a'])
})

test('the post of a run takes its line away, and the line of another run stays', async () => {
  const { screen, run, post } = await sitDown()
  run(7, 'one', 0.5)
  run(8, 'two')
  await post('the digest', { run: 7 })
  assert.deepEqual(await screen.seen(), ['the digest', '… two', '›'])
  await post('something else')
  assert.deepEqual(await screen.seen(), ['the digest', 'something else', '… two', '›'])
})

test('three runs have a line each, and those beyond are counted', async () => {
  const { screen, run } = await sitDown()
  for (const id of [1, 2, 3, 4, 5]) run(id, `run ${id}`)
  assert.deepEqual(await screen.seen(), ['… run 1', '… run 2', '… run 3', '+2', '›'])
  run(2, '', 1)
  run(1, '', 1)
  assert.deepEqual(await screen.seen(), ['… run 3', '… run 4', '… run 5', '›'])
})

test('a low screen shows fewer lines, and one that is too low shows none', async () => {
  const { screen, run } = await sitDown()
  for (const [rows, seen] of [
    [12, ['… 1', '… 2', '+1', '›']],
    [5, ['›']],
  ] as const) {
    screen.output.rows = rows
    for (const id of [1, 2, 3]) run(id, `${id}`)
    assert.deepEqual(await screen.seen(), seen)
    for (const id of [1, 2, 3]) run(id, '', 1)
  }
})

for (const [how, pieces] of [
  ['typed', [...'写了一半的 line', '\r']],
  ['pasted', ['写了一半的 line\r']],
] as const) {
  test(`a line that is ${how} and sent below a bar leaves no trace of the bar in the talk`, async () => {
    const { screen, run, said } = await sitDown({ columns: 20 })
    run(7, 'reading 正在读取网页', 0.5)
    for (const piece of pieces) await screen.type(piece)
    assert.deepEqual(said, ['写了一半的 line'])
    assert.deepEqual(await screen.seen(), ['› 写了一半的 line', '▰▰▰▰▰▱▱▱▱▱ 50 % re…', '›'])
    await screen.type('second line, of several rows\r')
    run(7, '', 1)
    assert.deepEqual(await screen.seen(), ['› 写了一半的 line', '› second line, of se', 'veral rows', '›'])
  })
}

test('control: readline by itself does leave what stands in its prompt', async () => {
  const { screen, run } = await sitDown()
  run(7, 'reading', 0.5)
  for (const hears of screen.input.listeners('keypress').slice(0, 1))
    screen.input.removeListener('keypress', hears as () => void)
  await screen.type('line\r')
  run(7, '', 1)
  assert.deepEqual(await screen.seen(), ['▰▰▰▰▰▱▱▱▱▱ 50 % reading', '› line', '›'])
})

test('a draft grows above the bar, and the message that it answers needs no bar any more', async () => {
  const { screen, run, show, terminal, post } = await sitDown()
  run(7, 'reading', 0.5)
  show('m', 'asking the model')
  assert.deepEqual(await screen.seen(), ['▰▰▰▰▰▱▱▱▱▱ 50 % reading', '… asking the model', '›'])
  terminal.show?.('m', home, { kind: 'draft', text: 'The answer\nis' })
  assert.deepEqual(await screen.seen(), ['The answer', 'is', '▰▰▰▰▰▱▱▱▱▱ 50 % reading', '›'])
  await screen.type('next\r')
  await post('The answer\nis 42', { answers: 'm' })
  run(7, '', 1)
  assert.deepEqual(await screen.seen(), ['The answer', 'is', '› next', ' 42', '›'])
})

test('the reply to a message takes its line away', async () => {
  const { screen, show, post } = await sitDown()
  show('m', 'reading')
  await post('read', { answers: 'm' })
  assert.deepEqual(await screen.seen(), ['read', '›'])
})

test('a run that nothing is heard of for a minute is taken away, and then nothing waits', async () => {
  const { screen, run, pass, waits } = await sitDown()
  run(7, 'one')
  await pass(30_000)
  run(8, 'two')
  await pass(29_999)
  assert.deepEqual(await screen.seen(), ['… one', '… two', '›'])
  await pass(1)
  assert.deepEqual(await screen.seen(), ['… two', '›'])
  await pass(60_000)
  assert.deepEqual(await screen.seen(), ['›'])
  assert.equal(waits(), 0)
  run(9, 'three')
  assert.equal(waits(), 1)
})

for (const [key, name] of [
  ['\u0004', 'Ctrl-D'],
  ['\u0003', 'Ctrl-C'],
] as const) {
  test(`${name} leaves no bar behind, and a late sign draws none`, async () => {
    const { screen, run, terminal } = await sitDown()
    run(7, 'reading', 0.5)
    await screen.type(key)
    assert.doesNotMatch((await screen.seen()).join('\n'), /reading/u)
    run(7, 'reading on', 0.6)
    await terminal.stop()
    run(7, 'reading on and on', 0.7)
    assert.doesNotMatch((await screen.seen()).join('\n'), /reading/u)
  })
}

test('a stop takes the bars away and ends every wait', async () => {
  const { screen, run, terminal, isSlept } = await sitDown()
  run(7, 'reading', 0.5)
  await terminal.stop()
  assert.deepEqual(await screen.seen(), ['›'])
  assert.equal(isSlept(), false)
})

test('where nobody can type, a run draws nothing', async () => {
  const { screen, run } = await sitDown({ isTTY: false })
  run(7, 'reading', 0.5)
  await screen.seen()
  assert.equal(screen.raw(), '')
})

test('a terminal of ASCII gets a bar of ASCII', async () => {
  const { screen, run } = await sitDown({ LANG: 'C' })
  run(7, 'reading', 0.5)
  assert.deepEqual((await screen.seen())[0], '#####----- 50 % reading')
})
