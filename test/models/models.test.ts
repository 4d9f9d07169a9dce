import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleepFor } from 'node:timers/promises'
import { suite, test, type TestContext } from 'node:test'
import type { Config } from '../../src/config.ts'
import { createLog } from '../../src/log.ts'
import { createMetrics } from '../../src/metrics.ts'
import { ModelError, StoreError } from '../../src/errors.ts'
import { replacement, type Model, type ModelRequest } from '../../src/model.ts'
import { createModels, type Models } from '../../src/models/models.ts'
import type { CapNotice } from '../../src/notices.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { read as readConfig } from '../config/reading.ts'
import { ask, assertFault, asker, modelContract, pixel, read, textOf } from '../contracts/model.ts'
import { temporaryFolder } from '../doubles/folder.ts'
import { startVendor, steps, type Step, type VendorDouble } from '../doubles/vendor.ts'

const env = { KEY: 'first-key', OTHER_KEY: 'other-key' }

type Room = {
  readonly models: Models
  readonly store: Store
  readonly vendor: VendorDouble
  readonly logged: string[]
  readonly notices: CapNotice[]
  readonly keys: string[]
  /** What the clock says, and how long was slept for. */
  readonly time: { nowMs: number; readonly sleptMs: number[] }
  /** Takes a config.yaml in which VENDOR stands for the double's origin. */
  readonly use: (yaml: string) => void
  /** Asks a route; resolves with the text or the fault. */
  readonly say: (route?: string | null, more?: Partial<ModelRequest>) => Promise<string>
}

/** A gpt with everything that can be set; `more` goes under it, in the same map. */
const gpt = (more = ''): string =>
  `gpt: { type: open_api, endpoint: VENDOR/v1, api_key: "\${KEY}", model: gpt-6${more === '' ? '' : `, ${more}`} }`

/** The whole room with real rows and a vendor on loopback; time goes on by sleeping alone. */
async function openRoom(t: TestContext, script: readonly Step[] = [], path?: string): Promise<Room> {
  // Before the folder's own, which takes it away.
  const closing: (() => Promise<void>)[] = []
  t.after(async () => {
    for (const close of closing) await close()
  })
  const room = await makeRoom(path ?? temporaryFolder(t), await startVendor(script))
  closing.push(room.close)
  return room
}

async function makeRoom(
  path: string,
  vendor: VendorDouble,
): Promise<Room & { readonly close: () => Promise<void> }> {
  const store = await openStore(path)
  const time = { nowMs: Date.UTC(2026, 10, 22, 12), sleptMs: [] as number[] }
  const logged: string[] = []
  const notices: CapNotice[] = []
  const keys: string[] = []
  let config: Config = readConfig('').config
  const builtin: Model = {
    name: 'builtin',
    stream: async function* () {
      yield { kind: 'text', text: 'built in' }
      yield { kind: 'end', stop: 'complete', usage: { inputTokens: 0, outputTokens: 0 } }
    },
  }
  const models = createModels({
    builtin,
    store,
    settings: () => config,
    zone: () => 'UTC',
    now: () => time.nowMs,
    sleep: async (ms, signal) => {
      signal.throwIfAborted()
      time.sleptMs.push(ms)
      time.nowMs += ms
    },
    random: () => 0.5,
    viaProxy: false,
    metrics: createMetrics(assert.ifError),
    log: createLog(
      'debug',
      () => [],
      (line) => logged.push(line),
    ),
    onCap: (notice) => notices.push(notice),
    onKey: (model, _key, fault) => keys.push(`${model} ${fault}`),
  })
  let asked = 0
  return {
    close: async () => {
      await models.close()
      await vendor.close()
      await store.close()
    },
    models,
    store,
    vendor,
    logged,
    notices,
    keys,
    time,
    use: (yaml) => {
      config = readConfig(yaml.replaceAll('VENDOR', vendor.origin), { env }).config
      models.use(config)
    },
    say: async (route = null, more = {}) => {
      const { events, thrown } = await read(models.modelFor(route), ask(`question ${++asked}`, more))
      return thrown === undefined ? textOf(events) : (thrown as { fault: string }).fault
    },
  }
}

modelContract('a route with all that stands before it', async (scene) => {
  const path = mkdtempSync(join(tmpdir(), 'moltbot-'))
  const room = await makeRoom(path, await startVendor([], { always: steps[scene] }))
  room.use(`models:\n  ${gpt('price: { input: 1, output: 2 }')}\nbudget: { day: { total_usd: 5 } }`)
  return {
    model: room.models.modelFor(null),
    asked: () => room.vendor.requests.length,
    close: async () => {
      await room.close()
      rmSync(path, { recursive: true })
    },
  }
})

const answer = 'Paris is the capital of France.'
const tools = [{ name: 'look', description: 'Looks.', parameters: { type: 'object', properties: {} } }]

suite('every setting of a model takes effect without a restart', () => {
  /** The last request that the vendor saw, after a change of the config. */
  const changed = async (
    t: TestContext,
    before: string,
    after: string,
    more: Partial<ModelRequest> = {},
  ): Promise<
    [VendorDouble['requests'][number] | undefined, VendorDouble['requests'][number] | undefined]
  > => {
    const { use, say, vendor } = await openRoom(t)
    use(`models:\n  ${before}`)
    await say(null, more)
    const first = vendor.requests.at(-1)
    use(`models:\n  ${after}`)
    await say(null, more)
    return [first, vendor.requests.at(-1)]
  }

  test('type, model and api_key', async (t) => {
    const [first, second] = await changed(
      t,
      gpt(),
      'gpt: { type: anthropic, endpoint: VENDOR, api_key: "${OTHER_KEY}", model: claude-9 }',
    )
    assert.deepEqual(
      [first?.path, first?.body['model'], first?.headers.authorization],
      ['/v1/chat/completions', 'gpt-6', 'Bearer first-key'],
    )
    assert.deepEqual(
      [second?.path, second?.body['model'], second?.headers.authorization],
      ['/v1/messages', 'claude-9', 'Bearer other-key'],
    )
  })

  test('endpoint', async (t) => {
    const { use, say, vendor } = await openRoom(t)
    const other = await startVendor([{ kind: 'answer', pieces: ['Oslo.'] }])
    t.after(other.close)
    use(`models:\n  ${gpt()}`)
    assert.equal(await say(), answer)
    use(`models:\n  ${gpt()}`.replace('VENDOR', other.origin))
    assert.equal(await say(), 'Oslo.')
    assert.deepEqual([vendor.requests.length, other.requests.length], [1, 1])
  })

  test('max_output_tokens, temperature and top_p', async (t) => {
    const [first, second] = await changed(
      t,
      gpt('max_output_tokens: 100, temperature: 0.5, top_p: 0.25'),
      gpt('max_output_tokens: 50, temperature: 1'),
    )
    const of = (seen: typeof first) => ['max_tokens', 'temperature', 'top_p'].map((name) => seen?.body[name])
    assert.deepEqual(of(first), [100, 0.5, 0.25])
    assert.deepEqual(of(second), [50, 1, undefined])
  })

  test('tools, images, structured and context_tokens', async (t) => {
    const { use, say, vendor } = await openRoom(t)
    const shape = { name: 'city', schema: { type: 'object', properties: {} } }
    const picture = { turns: [{ role: 'user', text: 'what is it?', images: [pixel] }] } as const
    use(`models:\n  ${gpt()}`)
    await say(null, { tools })
    assert.ok(Array.isArray(vendor.requests.at(-1)?.body['tools']))
    assert.equal(await say(null, picture), answer)
    assert.equal(await say(null, { shape }), answer)
    assert.equal(await say(null, { maxTokens: 4_000 }), answer)

    use(`models:\n  ${gpt('tools: false, images: false, structured: false, context_tokens: 2000')}`)
    await say(null, { tools })
    assert.equal(vendor.requests.at(-1)?.body['tools'], undefined, 'it is asked without them')
    assert.equal(await say(null, picture), 'unsupported')
    assert.equal(await say(null, { shape }), 'unsupported')
    assert.equal(await say(null, { maxTokens: 4_000 }), 'too-long')
  })

  test('an answer from before a change of what the model can do is not given again', async (t) => {
    const { use, models, vendor } = await openRoom(t)
    const same = ask('the same', { tools })
    for (const can of [
      'tools: false',
      'tools: true',
      'images: false',
      'temperature: 0.5',
      'max_output_tokens: 9',
    ]) {
      use(`models:\n  ${gpt(can)}`)
      await read(models.modelFor(null), same)
      await read(models.modelFor(null), same)
    }
    assert.equal(vendor.requests.length, 5)
  })

  test('first_timeout_seconds and total_timeout_seconds', async (t) => {
    const { use, say } = await openRoom(t, [
      { kind: 'stall', after: 'nothing' },
      { kind: 'stall', after: 'nothing' },
      { kind: 'stall', after: 'first' },
    ])
    use(`models:\n  ${gpt('first_timeout_seconds: 0.1')}`)
    assert.equal(await say(), 'timeout')
    use(`models:\n  ${gpt('first_timeout_seconds: 60, total_timeout_seconds: 0.2')}`)
    assert.equal(await say(), 'timeout')
  })

  test('price', async (t) => {
    const { use, say, models, store } = await openRoom(t)
    const costs: unknown[] = []
    for (const price of ['price: { input: 1, output: 2 }', 'price: { input: 100, output: 200 }', '']) {
      use(`models:\n  ${gpt(price)}`)
      await say()
      await store.write('seen.probe', 0)
      costs.push(store.read.calls.lastOf('terminal/local/terminal')?.costUsd)
    }
    // 9 tokens in and 4 out, as the double counts.
    assert.deepEqual(costs, [0.000017, 0.0017, null])
    const [view] = await models.models()
    assert.equal(view?.price, undefined)
  })

  test('the models of a route, its choice, its weights and its hedging', async (t) => {
    const { use, say, models, vendor } = await openRoom(t)
    const two = `models:\n  ${gpt()}\n  big: { type: anthropic, endpoint: VENDOR, api_key: "\${KEY}", model: claude-9 }\n`
    const paths: unknown[] = []
    for (const route of ['[gpt, big]', '[big, gpt]', '{ models: [gpt, big], weights: [1, 9] }']) {
      use(`${two}routes:\n  default: ${route}`)
      await say()
      paths.push(vendor.requests.at(-1)?.path)
    }
    assert.deepEqual(paths, ['/v1/chat/completions', '/v1/messages', '/v1/messages'])
    use(`${two}routes:\n  default: { models: [gpt, big], choose: auto, hedge: true }`)
    const { models: names, choose, hedge } = models.list()[0] ?? {}
    assert.deepEqual([names, choose, hedge], [['gpt', 'big'], 'auto', true])
    assert.deepEqual((await models.scores('default')).map(({ name }) => name).toSorted(), ['big', 'gpt'])
    use(two)
    assert.deepEqual(await models.scores('default'), [])
  })

  test('cache: enabled, scope, ttl_seconds, max_entries and max_mib', async (t) => {
    const { use, models, vendor, time } = await openRoom(t)
    const asked = async (person = 'terminal/local/1'): Promise<boolean> => {
      const before = vendor.requests.length
      await read(models.modelFor(null), ask('the same', { asker: { ...asker, person } }))
      return vendor.requests.length > before
    }
    const set = (cache: string): void => use(`models:\n  ${gpt()}\ncache: { ${cache} }`)
    set('enabled: false')
    assert.deepEqual([await asked(), await asked()], [true, true])
    set('ttl_seconds: 60')
    assert.deepEqual([await asked(), await asked(), await asked('bob')], [true, false, true])
    set('ttl_seconds: 600, scope: everyone')
    assert.deepEqual([await asked(), await asked('bob'), await asked('eve')], [true, false, false])
    time.nowMs += 61_000
    assert.equal(await asked(), false)
    set('ttl_seconds: 60, scope: everyone')
    assert.equal(await asked(), true)
    set('scope: channel, max_mib: 0.01')
    assert.deepEqual([await asked(), await asked('bob')], [true, false])
    set('max_entries: 1')
    assert.deepEqual([await asked('a'), await asked('b'), await asked('a')], [true, true, true])
  })

  test('a model of unknown price is barred by a cap that concerns everyone, not by one for tasks', async (t) => {
    const { use, say, models } = await openRoom(t)
    const isBarred = async (): Promise<unknown> => (await models.models())[0]?.isBarred
    use(`models:\n  ${gpt()}\nbudget: { day: { task_usd: 1 } }`)
    assert.deepEqual([await isBarred(), await say()], [false, answer])
    use(`models:\n  ${gpt()}\nbudget: { day: { person_usd: 1 } }`)
    assert.deepEqual([await isBarred(), await say()], [true, 'over-budget'])
  })

  test('caps of the budget', async (t) => {
    const { use, say, notices } = await openRoom(t)
    const set = (budget: string): void =>
      use(`models:\n  ${gpt('price: { input: 1000, output: 1000 }')}\nbudget: ${budget}`)
    set('{}')
    assert.equal(await say(), answer)
    set('{ day: { total_usd: 0.1 } }')
    assert.equal(await say(), 'over-budget')
    set('{ day: { total_usd: 100, person_usd: 0.1 } }')
    assert.equal(await say(), 'over-budget')
    set('{ month: { total_usd: 100 }, day: { task_usd: 0.1 } }')
    assert.equal(await say(), answer)
    assert.equal(await say(null, { asker: { ...asker, task: 7 } }), 'over-budget')
    assert.deepEqual(
      notices.map(({ cap, percent }) => [cap.period, cap.of, percent]),
      [
        ['day', 'total', 100],
        ['day', 'person', 100],
        ['day', 'task', 100],
      ],
    )
  })

  test('a cap that is used up leaves the free models of a route, and the trail says in place of whom', async (t) => {
    const { use, models, vendor } = await openRoom(t)
    const home = 'home: { type: local_model, endpoint: VENDOR/v1, model: own }'
    const set = (route: string, budget: string): void =>
      use(
        `models:\n  ${gpt('price: { input: 1000, output: 1000 }')}\n  unk: { type: open_api, endpoint: VENDOR/v1, api_key: "\${KEY}", model: x }\n  ${home}\n` +
          `routes:\n  default: ${route}\nbudget: ${budget}\ncache: { enabled: false }`,
      )
    const asked = async (more: Partial<ModelRequest> = {}): Promise<unknown[]> => {
      const { events, thrown } = await read(models.modelFor(null), ask('hi', more))
      const end = events.at(-1)
      const trail = end?.kind === 'end' ? end.trail : thrown instanceof ModelError ? thrown.trail : undefined
      return [
        ...(trail?.tries ?? []).map(({ model, outcome }) => `${model} ${outcome}`),
        replacement(trail)?.fault ?? (thrown instanceof ModelError ? thrown.fault : 'answered'),
      ]
    }
    const capped = '{ day: { total_usd: 0.1 } }'
    set('[gpt, home]', capped)
    assert.deepEqual(await asked(), ['gpt resting', 'home answered', 'over-budget'])
    assert.deepEqual(await asked({ tools }), ['gpt resting', 'home answered', 'over-budget'])
    set('[home, gpt]', capped)
    assert.deepEqual(await asked(), ['home answered', 'answered'])
    set('[unk, gpt]', '{ day: { total_usd: 100 } }')
    assert.deepEqual(await asked(), ['unk resting', 'gpt answered', 'over-budget'])
    // A cap on tasks is none of a chat.
    set('[unk, gpt]', '{ day: { task_usd: 100 } }')
    assert.deepEqual(await asked(), ['unk answered', 'answered'])
    assert.deepEqual((await asked({ asker: { ...asker, task: 7 } })).at(-1), 'over-budget')
    set('{ models: [gpt, home], weights: [9, 1] }', capped)
    assert.deepEqual((await asked()).slice(-2), ['home answered', 'answered'])
    set('[gpt, home]', capped)
    const picture = { turns: [{ role: 'user', text: 'what is it?', images: [pixel] }] } as const
    const before = vendor.requests.length
    use(
      `models:\n  ${gpt('price: { input: 1000, output: 1000 }')}\n  ${home.replace(' }', ', images: false }')}\nroutes:\n  default: [gpt, home]\nbudget: ${capped}`,
    )
    assert.deepEqual((await asked(picture)).at(-1), 'over-budget')
    assert.equal(vendor.requests.length, before)
  })

  test('log.prompts', async (t) => {
    const { use, say, logged } = await openRoom(t)
    use(`models:\n  ${gpt()}`)
    await say(null, { system: 'You are Ann.' })
    assert.doesNotMatch(logged.join(''), /You are Ann|question|Paris/u)
    use(`models:\n  ${gpt()}\nlog: { prompts: true }`)
    await say(null, { system: 'You are Ann.' })
    assert.match(logged.join(''), /You are Ann.*question 2.*Paris/u)
  })
})

suite('a change of the config', () => {
  test('a call that is under way finishes on the old routes', async (t) => {
    const { use, models, vendor } = await openRoom(t, [{ kind: 'answer', bitBytes: 5 }])
    use(`models:\n  ${gpt()}`)
    const events = models.modelFor(null).stream(ask('hi'), new AbortController().signal)
    const iterator = events[Symbol.asyncIterator]()
    const first = await iterator.next()
    use('models:\n  builtin: { type: builtin }')
    const rest = [first.value]
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next())
      rest.push(next.value)
    assert.equal(textOf(rest), answer)
    const { events: then } = await read(models.modelFor(null), ask('hi'))
    assert.equal(textOf(then), 'built in')
    assert.equal(vendor.requests.length, 1)
  })

  test('breakers, measurements and answers of a model that did not change stay, those of a changed one do not', async (t) => {
    const { use, say, models, vendor, keys } = await openRoom(t, [{ kind: 'status', status: 401 }])
    const big = 'big: { type: anthropic, endpoint: VENDOR, api_key: "${OTHER_KEY}", model: claude-9 }'
    const routes = 'routes:\n  default: [gpt, big]\n  big: [big]'
    use(`models:\n  ${gpt()}\n  ${big}\n${routes}`)
    assert.equal(await say(), answer)
    assert.deepEqual(keys, ['gpt bad-key'])
    const kept = ask('kept')
    await read(models.modelFor('big'), kept)
    const count = vendor.requests.length

    // The other model changes: gpt stays dead, and the answer of big is asked for anew.
    use(`models:\n  ${gpt()}\n  ${big.replace('claude-9', 'claude-10')}\n${routes}`)
    await say()
    assert.equal(vendor.requests.at(-1)?.path, '/v1/messages')
    assert.equal(vendor.requests.length, count + 1)
    await read(models.modelFor('big'), kept)
    assert.equal(vendor.requests.length, count + 2)

    // Only gpt changes: it is asked again, and the answer of big is still there.
    use(
      `models:\n  ${gpt().replace('KEY', 'OTHER_KEY')}\n  ${big.replace('claude-9', 'claude-10')}\n${routes}`,
    )
    await read(models.modelFor('big'), kept)
    assert.equal(vendor.requests.length, count + 2)
    await say()
    assert.equal(vendor.requests.at(-1)?.path, '/v1/chat/completions')
    const calls = (await models.models()).map(({ name, calls: n }) => [name, n])
    assert.deepEqual(calls, [
      ['gpt', 1],
      ['big', 2],
      ['builtin', 0],
    ])
  })

  test('a route or model that is gone is told as missing, and nothing is asked in its place', async (t) => {
    const { use, models, vendor } = await openRoom(t)
    use(`models:\n  ${gpt()}\nroutes:\n  premium: [gpt]`)
    for (const name of ['premium', 'gpt'])
      assert.equal((await read(models.modelFor(name), ask(name))).thrown, undefined, name)
    use('models:\n  builtin: { type: builtin }')
    for (const name of ['premium', 'gpt', 'toString'])
      assertFault((await read(models.modelFor(name), ask(name))).thrown, 'missing')
    assert.equal(vendor.requests.length, 2)
  })
})

suite('records', () => {
  test('each call is one row, also a hit, a failure and a refusal; none holds what was said', async (t) => {
    const { use, say, models, store } = await openRoom(t, [
      { kind: 'status', status: 529 },
      { kind: 'answer' },
      { kind: 'status', status: 400 },
    ])
    const model = gpt('price: { input: 1, output: 2 }')
    use(
      `models:\n  ${model}\n  big: { type: anthropic, endpoint: VENDOR, api_key: "\${KEY}", model: claude-9 }`,
    )
    const rows: unknown[] = []
    const note = async (): Promise<void> => {
      await sleepFor(5)
      await store.write('seen.probe', 0)
      const row = store.read.calls.lastOf('terminal/local/terminal')
      const { id, route, model: by, choice, fault, attempts, costUsd, isHit, task } = row ?? {}
      rows.push([id, route, by, choice, fault, attempts, costUsd, isHit, task])
      assert.doesNotMatch(JSON.stringify(row), /secret|Paris/u)
    }
    const secret = ask('a secret')
    await read(models.modelFor(null), secret)
    await note()
    await say('gpt', { asker: { ...asker, task: 3 } })
    await note()
    use(`models:\n  ${model}`)
    const same = ask('the same secret')
    await read(models.modelFor(null), same)
    await read(models.modelFor(null), same)
    await note()
    use(`models:\n  ${model}\nbudget: { day: { total_usd: 0.0001 } }`)
    await say()
    await note()
    assert.deepEqual(rows, [
      [1, 'default', 'big', 'first', null, 2, null, false, null],
      [2, 'gpt', null, 'first', 'bad-request', 1, 0, false, 3],
      [4, 'default', null, null, null, 0, 0, true, null],
      [5, 'default', null, null, 'over-budget', 0, 0, false, null],
    ])
  })

  test('the end of a call that could not be written is written with the next, so that rows and caps agree', async (t) => {
    const { use, say, models, store } = await openRoom(t)
    const yaml = `models:\n  ${gpt('price: { input: 100, output: 1000 }')}`
    use(yaml)
    const full = t.mock.method(store, 'write', () => Promise.reject(new StoreError('disk-full', 'full')))
    assert.equal(await say(), answer)
    await new Promise(setImmediate)
    full.mock.restore()
    use(`${yaml}\nbudget: { day: { total_usd: 5 } }`)
    assert.equal(await say(), answer)
    await store.write('seen.probe', 0)
    const { calls, costUsd } = store.read.calls.total({ from: '2026-11-22', to: '2026-11-22' })
    assert.deepEqual([calls, costUsd], [2, models.ledger.standing(asker)[0]?.spentUsd])
  })

  test('how the models did is known after a restart', async (t) => {
    const first = await openRoom(t)
    first.use(`models:\n  ${gpt()}`)
    for (let i = 0; i < 7; i++) await first.say()
    await first.store.close()
    const second = await openRoom(t, [], first.store.folder.path)
    second.use(`models:\n  ${gpt()}`)
    assert.deepEqual(
      (await second.models.models()).map(({ name, calls }) => [name, calls]),
      [
        ['gpt', 7],
        ['builtin', 0],
      ],
    )
  })

  test('what was spent, and what a crash left open, counts after a restart', async (t) => {
    const ended = new AbortController()
    t.after(() => ended.abort())
    const first = await openRoom(t, [{ kind: 'stall', after: 'first' }])
    const { path } = first.store.folder
    const yaml = `models:\n  ${gpt('price: { input: 100, output: 1000 }')}\nbudget: { day: { total_usd: 0.8 } }`
    first.use(yaml)
    // The process ends in mid-answer: the reservation of about $0.5 is on the disk, and nothing settles it.
    const iterator = first.models.modelFor(null).stream(ask('hi'), ended.signal)[Symbol.asyncIterator]()
    await iterator.next()
    await first.store.close()

    const second = await openRoom(t, [], path)
    assert.equal(second.store.read.calls.hasOpen(), true)
    second.use(yaml)
    // Also before it could be written that the call has ended.
    assert.equal(await second.say(), 'over-budget')
    await second.store.write('calls.settleLeft')
    assert.equal(await second.say(), 'over-budget')
    second.use(yaml.replace('0.8', '8'))
    assert.equal(await second.say(), answer)
  })
})
