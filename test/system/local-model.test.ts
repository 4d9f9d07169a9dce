import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test, type TestContext } from 'node:test'
import type { Model, ModelEvent } from '../../src/model.ts'
import { withDeadlines, type Deadlines } from '../../src/models/deadlines.ts'
import { createOpenai } from '../../src/models/openai/openai.ts'
import { moltbot } from '../cli/moltbot.ts'
import { ask, assertFault, read, textOf } from '../contracts/model.ts'
import { temporaryFolder } from '../doubles/folder.ts'
import { writeRandomModel } from './gguf.ts'
import { startServer, type Heard, type ServerProcess } from './server-process.ts'

/** What config.yaml gives a local model by default. */
const patient: Deadlines = { firstMs: 120_000, gapMs: 120_000, totalMs: 600_000 }

/** Long enough for a model to be interrupted: two seconds of speech on an idle core. */
const longTokens = 1_500

const isInstalled = existsSync(join(import.meta.dirname, 'node_modules/node-llama-cpp/package.json'))
const name = 'a model served by llama.cpp'
if (isInstalled) suite(name, { timeout: 100_000 }, served)
else test(name, { skip: 'node-llama-cpp is not installed: npm ci --prefix test/system' }) // a skipped suite is not counted

function served(): void {
  const folder = mkdtempSync(join(tmpdir(), 'moltbot-test-'))
  const file = join(folder, 'random.gguf')
  let server: ServerProcess
  before(async () => {
    writeRandomModel(file)
    server = await startServer(file)
  })
  after(async () => {
    await server.kill()
    rmSync(folder, { recursive: true })
  })

  /** A server that the test may hurt. */
  const another = async (t: TestContext): Promise<ServerProcess> => {
    const own = await startServer(file)
    t.after(own.kill)
    return own
  }

  test('streams in pieces and ends once, with the tokens that llama.cpp counted', async () => {
    const { events, thrown } = await read(modelAt(server), ask('Tell me a story.', { maxTokens: 50 }))
    assert.equal(thrown, undefined)
    const pieces = events.filter((event) => event.kind === 'text')
    assert.ok(pieces.length > 10, `${pieces.length} pieces`)
    const heard = await lastHeard(server)
    assert.ok(heard.inputTokens > 'Tell me a story.'.length / 4)
    assert.equal(textOf(events), heard.text)
    assert.deepEqual(events.slice(pieces.length), [
      { kind: 'end', stop: 'length', usage: { inputTokens: heard.inputTokens, outputTokens: 50 } },
    ])
  })

  test('an answer that ends by itself is complete, and shorter than its limit', async () => {
    const { events } = await read(modelAt(server, 'brief'), ask('Be brief.', { maxTokens: longTokens }))
    const { inputTokens, outputTokens, stop } = await lastHeard(server)
    assert.equal(stop, 'complete')
    assert.ok(outputTokens < longTokens)
    assert.deepEqual(events.at(-1), { kind: 'end', stop, usage: { inputTokens, outputTokens } })
  })

  test('the limit of tokens is kept, whichever it is', async () => {
    for (const maxTokens of [1, 2, 33]) {
      const { events } = await read(modelAt(server), ask('Go on.', { maxTokens }))
      const end = events.at(-1)
      assert.ok(end?.kind === 'end')
      assert.deepEqual([end.stop, end.usage.outputTokens], ['length', maxTokens])
    }
  })

  test('Chinese and emoji reach the model as they were written', async () => {
    const prompt = '法国的首都是哪里？🗼👩‍👩‍👧 “ok”\n\tπ ≠ 3'
    const { events, thrown } = await read(modelAt(server), ask(prompt, { maxTokens: 20 }))
    assert.equal(thrown, undefined)
    const heard = await lastHeard(server)
    assert.equal(heard.prompt, prompt)
    // Not one of these characters is a word of the vocabulary, so each of their bytes is a token.
    assert.ok(heard.inputTokens > Buffer.byteLength('法国的首都是哪里？🗼👩‍👩‍👧'))
    assert.equal(textOf(events), heard.text)
  })

  test('two answers at a time do not mix', async () => {
    const prompts = ['one', 'two']
    const answers = await Promise.all(
      prompts.map((prompt) => read(modelAt(server), ask(prompt, { maxTokens: 300 }))),
    )
    const told = await server.tellWhenQuiet()
    assert.equal(told.mostAtOnce, 2)
    const texts = answers.map(({ events }) => textOf(events))
    assert.deepEqual(
      texts,
      prompts.map((prompt) => told.heard.find((heard) => heard.prompt === prompt)?.text),
    )
    assert.notEqual(texts[0], texts[1])
  })

  test('an abort in mid-answer ends our stream and stops the server', async (t) => {
    const afterAbort = async (name: string): Promise<Heard> => {
      const controller = new AbortController()
      const stream = begin(modelAt(server, name), longTokens, controller.signal)
      await pull(stream, 3)
      controller.abort()
      assertFault(await stream.next().catch((error: unknown) => error), 'cancelled')
      return await lastHeard(server)
    }
    const { stop, outputTokens } = await afterAbort('random')
    assert.equal(stop, 'aborted')
    assert.ok(outputTokens < longTokens, `${outputTokens} tokens`)
    t.diagnostic(`${outputTokens} of ${longTokens} tokens were made`)

    // A server that does not mind who listens goes on to the end: the tokens above were saved by the abort.
    const deaf = await afterAbort('deaf')
    assert.deepEqual([deaf.stop, deaf.outputTokens], ['length', longTokens])
  })

  test('an abort is at once also where the server stands still in mid-answer', async (t) => {
    const own = await another(t)
    const controller = new AbortController()
    const stream = begin(modelAt(own), longTokens, controller.signal)
    await pull(stream, 3)
    own.freeze()
    const rest = drain(stream)
    await soon() // what was on its way has come, and our reader waits
    controller.abort()
    assertFault(await rest, 'cancelled')
    own.thaw()
    assert.equal((await lastHeard(own)).stop, 'aborted')
  })

  test('a server that stands still in mid-answer is given up after the gap', async (t) => {
    const own = await another(t)
    const stream = begin(modelAt(own, 'random', { ...patient, gapMs: 2_000 }), longTokens)
    await pull(stream, 3)
    own.freeze()
    const thrown = await drain(stream)
    assertFault(thrown, 'timeout')
    assert.match(thrown.message, /said nothing more within 2000 ms/u)
    own.thaw()
    assert.equal((await lastHeard(own)).stop, 'aborted')
  })

  test('a server that dies in mid-answer is a broken connection', async (t) => {
    const own = await another(t)
    const stream = begin(modelAt(own), longTokens)
    await pull(stream, 3)
    await own.kill()
    assertFault(await drain(stream), 'network')
    // Nothing listens there any more.
    assertFault((await read(modelAt(own), ask('hello?'))).thrown, 'network')
  })

  test('a model that has to be loaded first is waited for', async (t) => {
    const own = await another(t)
    assert.equal((await own.tell()).isLoaded, false)
    own.freeze()
    const hurried = await read(modelAt(own, 'random', { ...patient, firstMs: 200 }), ask('quick!'))
    assertFault(hurried.thrown, 'timeout')
    const waiting = read(modelAt(own), ask('no hurry', { maxTokens: 10 }))
    own.thaw()
    const { events, thrown } = await waiting
    assert.equal(thrown, undefined)
    assert.equal(events.at(-1)?.kind, 'end')
    const { isLoaded, heard } = await own.tellWhenQuiet()
    assert.equal(isLoaded, true)
    assert.equal(heard.find(({ prompt }) => prompt === 'no hurry')?.text, textOf(events))
  })

  test('the whole program answers from it, the first time while it loads', async (t) => {
    const own = await another(t)
    const data = temporaryFolder(t)
    const config = join(data, 'config.yaml')
    writeFileSync(
      config,
      `model_provider: { type: local_model, endpoint: '${own.endpoint}', model: random }\nconversation: { answer_tokens: 40 }\n`,
    )
    const prompt = '法国的首都是哪里？🗼'
    const { code, stdout, stderr } = await moltbot(['chat', prompt], { data, config, timeoutMs: 60_000 })
    assert.equal(code, 0, stderr)
    const heard = await lastHeard(own)
    assert.deepEqual([heard.prompt, heard.stop, heard.outputTokens], [prompt, 'length', 40])
    // What cannot be shown on a terminal is left out; the words are there, in their order.
    const words = heard.text.match(/[a-z]{3,}/gu) ?? []
    assert.ok(words.length > 3)
    assert.deepEqual(stdout.match(/[a-z]{3,}/gu)?.slice(0, words.length), words, stdout)
  })
}

function modelAt({ endpoint }: ServerProcess, model = 'random', deadlines = patient): Model {
  return withDeadlines(createOpenai({ name: `local ${model}`, endpoint, model }), deadlines)
}

async function lastHeard(server: ServerProcess): Promise<Heard> {
  const last = (await server.tellWhenQuiet()).heard.at(-1)
  assert.ok(last !== undefined, 'the server was asked')
  return last
}

function begin(
  model: Model,
  maxTokens: number,
  signal = new AbortController().signal,
): AsyncIterator<ModelEvent> {
  return model.stream(ask('Tell me a long story.', { maxTokens }), signal)[Symbol.asyncIterator]()
}

async function pull(stream: AsyncIterator<ModelEvent>, events: number): Promise<void> {
  for (let pulled = 0; pulled < events; pulled++) {
    const { value } = await stream.next()
    assert.equal(value?.kind, 'text')
  }
}

/** Resolves after many turns of the event loop. */
async function soon(): Promise<void> {
  for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate)
}

/** Reads on to the error; fails if there is none. */
async function drain(stream: AsyncIterator<ModelEvent>): Promise<unknown> {
  try {
    for (;;) {
      const { done, value } = await stream.next()
      assert.ok(done !== true && value.kind === 'text', 'the answer ended')
    }
  } catch (thrown) {
    return thrown
  }
}
