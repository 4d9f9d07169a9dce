import assert from 'node:assert/strict'
import { suite, test, type TestContext } from 'node:test'
import type { Runs } from '../../src/adapters/http/runs.ts'
import { personKey } from '../../src/people.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { usualOptions, type NewTask } from '../../src/task.ts'
import { temporaryFolder } from '../doubles/folder.ts'
import { get, openHttp, post, until, type HttpHouse } from './http-house.ts'

const dueMs = Date.parse('2026-11-23T08:00:00Z')
const mine = 'http/local/local'
const address = { adapter: 'http', account: 'local', channel: 'news' }
const taskOf = (person: string): NewTask => ({
  command: 'digest',
  args: { from: 'examples/feed.xml' },
  schedule: { cron: '0 9 * * *' },
  options: usualOptions,
  zone: 'Europe/Berlin',
  person,
  address,
  language: 'en',
  nextDueMs: null,
  createdAtMs: dueMs,
})

type Stage = HttpHouse & {
  readonly store: Store
  /** Says how a run comes along. */
  readonly progress: Map<number, ReturnType<Runs['progressOf']>>
  /** Orders a run of a task. */
  readonly order: (task: number, atMs?: number) => Promise<number>
  readonly begin: (id: number) => Promise<{ id: number; token: string }>
  readonly end: (id: number, state: 'succeeded' | 'failed' | 'dead') => Promise<void>
  /** Lets those who look again and again look once more; resolves when they wait for the next time. */
  readonly look: () => Promise<void>
  readonly waitsMs: readonly number[]
  /** How many waits were broken off. */
  readonly broken: () => number
}

/** HTTP before the rows of one person, task 1, and of somebody else, task 2. */
async function open(t: TestContext): Promise<Stage> {
  const store = await openStore(temporaryFolder(t))
  await store.write('tasks.add', 1, taskOf(mine))
  await store.write('tasks.add', 2, taskOf('terminal/local/local'))
  const progress: Stage['progress'] = new Map()
  const wakes: (() => void)[] = []
  const waitsMs: number[] = []
  let broken = 0
  const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      waitsMs.push(ms)
      wakes.push(resolve)
      signal.addEventListener('abort', () => reject(new Error(`woken ${++broken}`)), { once: true })
    })
  const runs = { ...store.read.runs, progressOf: (id: number) => progress.get(id) }
  const house = await openHttp(t, { runs, sleep })
  t.after(() => store.close())
  const begin = async (id: number) => {
    const claim = { id, token: `token ${id}` }
    assert.ok(await store.write('runs.claim', claim, dueMs + 2_000, dueMs + 60_000))
    return claim
  }
  return {
    ...house,
    store,
    progress,
    waitsMs,
    broken: () => broken,
    begin,
    order: async (task, atMs = dueMs) => {
      await store.write('runs.add', task, atMs)
      return store.read.runs.history({ task }, 1)[0]?.id ?? 0
    },
    end: async (id, state) => {
      const isWell = state === 'succeeded'
      const end = { state, status: isWell ? 'done' : 'failed', fault: isWell ? null : 'network' } as const
      const claim = { id, token: `token ${id}` }
      await store.write('runs.finish', claim, { ...end, note: null, output: '3 new items' }, dueMs + 5_000)
    },
    look: async () => {
      const before = waitsMs.length
      const woken = wakes.splice(0)
      for (const wake of woken) wake()
      await until(() => waitsMs.length >= before + woken.length)
    },
  }
}

type Listed = { runs: { id: number; state: string }[]; before: number | null }

async function list(url: string, query = ''): Promise<{ ids: number[]; before: number | null }> {
  const { status, body } = await get(`${url}/api/runs${query}`)
  assert.equal(status, 200, JSON.stringify(body))
  const { runs, before } = body as Listed
  return { ids: runs.map(({ id }) => id), before }
}

suite('GET /api/runs/:id', () => {
  test('is all of a run that has ended: times, input, output, cost and delivery', async (t) => {
    const { url, store, order, begin, end } = await open(t)
    const id = await order(1)
    await begin(id)
    const reply = { text: 'x', status: 'done' } as const
    await store.write('outbox.queue', { key: 'k', address, answers: null, reply, createdAtMs: 1, run: id })
    await end(id, 'succeeded')
    assert.deepEqual(await get(`${url}/api/runs/${id}`), {
      status: 200,
      body: {
        id,
        taskId: 1,
        taskVersion: 1,
        command: 'digest',
        args: { from: 'examples/feed.xml' },
        state: 'succeeded',
        due: '2026-11-23T08:00:00.000Z',
        dueMs,
        zone: 'Europe/Berlin',
        isOrdered: true,
        ready: '2026-11-23T08:00:00.000Z',
        readyMs: dueMs,
        startedAt: '2026-11-23T08:00:02.000Z',
        startedAtMs: dueMs + 2_000,
        endedAt: '2026-11-23T08:00:05.000Z',
        endedAtMs: dueMs + 5_000,
        lateMs: 2_000,
        tookMs: 3_000,
        attempt: 1,
        crashes: 0,
        status: 'done',
        fault: null,
        note: null,
        output: '3 new items',
        costUsd: 0,
        delivery: ['queued'],
        progress: null,
      },
    })
  })

  test('tells how a run comes along while it runs, and of no other', async (t) => {
    const { url, order, begin, end, progress } = await open(t)
    const id = await order(1)
    const told = async (): Promise<unknown> => {
      const { body } = await get(`${url}/api/runs/${id}`)
      return (body as { progress: unknown }).progress
    }
    progress.set(id, { text: 'reading', share: 0.5, atMs: dueMs + 3_000 })
    assert.equal(await told(), null, 'it only waits')
    await begin(id)
    assert.deepEqual(await told(), {
      text: 'reading',
      share: 0.5,
      at: '2026-11-23T08:00:03.000Z',
      atMs: dueMs + 3_000,
    })
    progress.set(id, { text: 'writing', atMs: dueMs })
    assert.deepEqual(await told(), {
      text: 'writing',
      share: null,
      at: '2026-11-23T08:00:00.000Z',
      atMs: dueMs,
    })
    await end(id, 'failed')
    assert.equal(await told(), null)
  })

  test('of an unknown run, and of somebody else’s, is the same 404', async (t) => {
    const { url, store, order, begin } = await open(t)
    const others = await order(2)
    await begin(others)
    assert.equal(store.read.runs.get(others)?.id, others, 'it is there')
    for (const path of ['', '/events']) {
      for (const id of [others, 99]) {
        assert.deepEqual(await get(`${url}/api/runs/${id}${path}`), {
          status: 404,
          body: { fault: 'missing', error: `there is no run ${id}` },
        })
      }
    }
    for (const id of ['abc', '0', '-1', '1e3', '9'.repeat(20)]) {
      const { status, body } = await get(`${url}/api/runs/${id}`)
      assert.equal(status, 400, id)
      assert.equal((body as { fault: string }).fault, 'bad-request')
    }
  })

  test('of a task that was removed can still be read', async (t) => {
    const { url, store, order } = await open(t)
    const id = await order(1)
    const removed = { state: 'removed', nextDueMs: null, pausedFor: null } as const
    await store.write('tasks.change', 1, removed, 'the task was removed', dueMs)
    const { body } = await get(`${url}/api/runs/${id}`)
    assert.equal((body as { note: string }).note, 'the task was removed')
    assert.deepEqual((await list(url, '?task=1')).ids, [id])
  })
})

suite('GET /api/runs', () => {
  test('shows the runs of the person who is answered over HTTP', async (t) => {
    const { url, answered, order } = await open(t)
    await post(url, { text: 'hi' })
    assert.equal(answered.map(({ address, author }) => personKey(address, author.id)).join(), mine)
    const id = await order(1)
    assert.deepEqual((await list(url)).ids, [id])
  })

  test('lists the newest first, page by page, and nobody else’s', async (t) => {
    const { url, order } = await open(t)
    const ids: number[] = []
    for (let i = 0; i < 25; i++) ids.unshift(await order(1, dueMs + i))
    await order(2)
    const first = await list(url)
    assert.deepEqual(first, { ids: ids.slice(0, 20), before: ids[19] })
    assert.deepEqual(await list(url, `?before=${first.before}`), { ids: ids.slice(20), before: null })
    assert.deepEqual(await list(url, '?limit=25'), { ids, before: null })
    assert.deepEqual(await list(url, '?limit=1&task=1'), { ids: ids.slice(0, 1), before: ids[0] })
    assert.deepEqual(await list(url, '?task=2'), { ids: [], before: null })
    assert.deepEqual(await list(url, '?task=3'), { ids: [], before: null })
  })

  test('control: asked without regard to the person, the rows of the other are there', async (t) => {
    const { store, order } = await open(t)
    const id = await order(2)
    assert.deepEqual(
      store.read.runs.history({ task: 2 }, 5).map((run) => run.id),
      [id],
    )
  })

  test('states are named again and again, or in a list', async (t) => {
    const { url, order, begin, end } = await open(t)
    const [waits, failed, dead, well] = [
      await order(1),
      await order(1, 1),
      await order(1, 2),
      await order(1, 3),
    ]
    for (const [id, state] of [
      [failed, 'failed'],
      [dead, 'dead'],
      [well, 'succeeded'],
    ] as const) {
      await begin(id)
      await end(id, state)
    }
    assert.deepEqual((await list(url, '?state=failed,dead')).ids, [dead, failed])
    assert.deepEqual((await list(url, '?state=failed&state=queued&task=1')).ids, [failed, waits])
    assert.deepEqual((await list(url, '?state=running')).ids, [])
  })

  for (const [query, error] of [
    ['limit=0', /above 0/u],
    ['limit=101', /<=100/u],
    ['limit=5&limit=6', /once/u],
    ['task=', /above 0/u],
    ['task=x', /above 0/u],
    ['before=-1', /above 0/u],
    ['state=', /"queued"\|"running"/u],
    ['state=done', /"succeeded"/u],
    ['status=failed', /status/u],
  ] as const) {
    test(`the query ${query} is 400 and says why`, async (t) => {
      const { url, logged } = await openHttp(t)
      const { status, body } = await get(`${url}/api/runs?${query}`)
      assert.equal(status, 400)
      const told = body as { fault: string; error: string }
      assert.equal(told.fault, 'bad-request')
      assert.match(told.error, error)
      assert.deepEqual(logged, [])
    })
  }
})

type Event = { event: string; data: { state: string; progress: unknown; text: string }; id?: string }

/** The events of a run: what has come so far, and whether that was all. */
async function listen(url: string, id: number, headers: Record<string, string> = {}) {
  const leaving = new AbortController()
  const response = await fetch(`${url}/api/runs/${id}/events`, { headers, signal: leaving.signal })
  let text = ''
  let isOver = false
  const read = async (): Promise<void> => {
    for await (const chunk of response.body ?? []) text += Buffer.from(chunk).toString()
    isOver = true
  }
  read().catch(() => (isOver = true))
  const eventOf = (block: string): Event => {
    const fields = Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/u)))
    return { ...fields, data: JSON.parse(fields.data) }
  }
  return {
    response,
    text: () => text,
    events: () =>
      text
        .split('\n\n')
        .filter((block) => block.startsWith('event'))
        .map(eventOf),
    isOver: () => isOver,
    leave: () => leaving.abort(),
  }
}

suite('GET /api/runs/:id/events', () => {
  test('is the run at once, each change of it, and at the end its last state', async (t) => {
    const { url, order, begin, end, look, progress, waitsMs } = await open(t)
    const id = await order(1)
    const heard = await listen(url, id)
    assert.equal(heard.response.headers.get('content-type'), 'text/event-stream')
    const brief = (): string[] =>
      heard.events().map(({ event, data }) => `${event} ${event === 'run' ? data.state : data.text}`)
    await until(() => brief().length === 1)
    await look()
    await look()
    assert.deepEqual(brief(), ['run queued'], 'nothing changed')
    await begin(id)
    await look()
    progress.set(id, { text: 'reading', share: 0.5, atMs: dueMs })
    await look()
    progress.set(id, { text: 'writing', share: 0.9, atMs: dueMs + 1 })
    await look()
    await look()
    await until(() => brief().length === 4)
    assert.deepEqual(brief(), ['run queued', 'run running', 'progress reading', 'progress writing'])
    await end(id, 'succeeded')
    void look()
    await until(heard.isOver)
    assert.deepEqual(brief().slice(4), ['run succeeded'])
    const last = heard.events().at(-1)
    assert.equal(last?.id, 'ended')
    assert.deepEqual(last.data, (await get(`${url}/api/runs/${id}`)).body)
    assert.deepEqual([...new Set(waitsMs)], [500])
  })

  test('of a run that has ended is its last state alone; who comes back for more is sent away', async (t) => {
    const { url, order, begin, end, waitsMs } = await open(t)
    const id = await order(1)
    await begin(id)
    await end(id, 'dead')
    const heard = await listen(url, id)
    await until(heard.isOver)
    assert.deepEqual(
      heard.events().map(({ data }) => data.state),
      ['dead'],
    )
    assert.deepEqual(waitsMs, [])
    const again = await listen(url, id, { 'last-event-id': 'ended' })
    assert.equal(again.response.status, 204)
  })

  test('a second attempt between two looks is a change, too', async (t) => {
    const { url, store, order, begin, look } = await open(t)
    const id = await order(1)
    const claim = await begin(id)
    const heard = await listen(url, id)
    await until(() => heard.events().length === 1)
    await store.write('runs.retry', claim, dueMs, 'network', 'nothing answered')
    await begin(id)
    await look()
    await until(() => heard.events().length === 2)
    assert.match(heard.text(), /"attempt":2/u)
  })

  test('in a long silence a line without meaning goes out, every fifteen seconds', async (t) => {
    const { url, order, look } = await open(t)
    const heard = await listen(url, await order(1))
    await until(() => heard.events().length === 1)
    for (let i = 0; i < 29; i++) await look()
    assert.doesNotMatch(heard.text(), /^: /mu)
    await look()
    await until(() => /^: still there\n\n/mu.test(heard.text()))
    for (let i = 0; i < 29; i++) await look()
    assert.equal(heard.text().match(/^: /gmu)?.length, 1)
    assert.equal(heard.events().length, 1)
  })

  test('a client that leaves is not looked for any more', async (t) => {
    const { url, order, waitsMs, broken, look, logged } = await open(t)
    const id = await order(1)
    const [leaves, stays] = [await listen(url, id), await listen(url, id)]
    await until(() => leaves.events().length + stays.events().length === 2 && waitsMs.length === 2)
    leaves.leave()
    await until(() => broken() === 1)
    void look()
    await until(() => waitsMs.length === 3)
    void look()
    await until(() => waitsMs.length === 4)
    assert.equal(stays.isOver(), false)
    assert.deepEqual(logged, [])
  })

  test('a stop ends them at once', async (t) => {
    const { url, http, order, logged } = await open(t)
    const heard = await listen(url, await order(1))
    await until(() => heard.events().length === 1)
    await http.stop()
    await until(heard.isOver)
    assert.deepEqual(logged, [])
  })

  test('who only asks for the headers leaves nothing running', async (t) => {
    const { url, order, waitsMs } = await open(t)
    const id = await order(1)
    const { status, headers } = await fetch(`${url}/api/runs/${id}/events`, { method: 'HEAD' })
    assert.equal(status, 200)
    assert.equal(headers.get('content-type'), 'text/event-stream')
    assert.deepEqual(waitsMs, [])
  })

  test('rows that cannot be read end them, and the log says why', async (t) => {
    const { url, store, order, look, logged } = await open(t)
    const heard = await listen(url, await order(1))
    await until(() => heard.events().length === 1)
    await store.close()
    void look()
    await until(heard.isOver)
    assert.match(logged.join('\n'), /the events of a run broke off/u)
  })
})
