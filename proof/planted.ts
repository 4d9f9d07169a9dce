/** Replaces a piece of a file in `src`, which must be there exactly once. */
export type Edit = { readonly file: string; readonly from: string; readonly to: string }

/** A bug that the proof must find: by kills, by a runner that is frozen past its lease, or by what Slack sends. */
export type Planted = {
  readonly name: string
  readonly edits: readonly Edit[]
  readonly shows?: 'at leases' | 'in Slack'
}

/** Keeps the moment between two writes open for longer: chance would take many more kills to hit it as it is. */
const window = `await new Promise((resolve) => setTimeout(resolve, 20))`

/** The bugs. test/proof/controls.test.ts sees to it that each still finds its place. */
export const planted: readonly Planted[] = [
  {
    name: 'an event may have several rows in the inbox',
    edits: [{ file: 'store/migrations.ts', from: 'UNIQUE (adapter, account, event)', to: 'CHECK (true)' }],
  },
  {
    name: 'a message is acknowledged before its row is written',
    edits: [
      {
        file: 'adapters/http/http.ts',
        from: '      await receive(message)\n',
        to: '      receive(message).catch(() => undefined)\n',
      },
    ],
  },
  {
    name: 'a message is done in a transaction before that of its reply',
    edits: [
      {
        file: 'inbox.ts',
        from: `return deliver([...elsewhere, here], [['inbox.done', id], ...writes])`,
        to: `return store.write('inbox.done', id).then(() => deliver([...elsewhere, here], writes))`,
      },
    ],
  },
  {
    name: 'a message is done in a transaction after that of its reply',
    edits: [
      {
        file: 'inbox.ts',
        from: `return deliver([...elsewhere, here], [['inbox.done', id], ...writes])`,
        to: `return deliver([...elsewhere, here], writes).then(() => store.write('inbox.done', id))`,
      },
    ],
  },
  {
    name: 'posts have random keys, and a message is done after its reply',
    edits: [
      { file: 'inbox.ts', from: 'const key = `inbox/${id}`', to: 'const key = `inbox/${Math.random()}`' },
      {
        file: 'inbox.ts',
        from: `return deliver([...elsewhere, here], [['inbox.done', id], ...writes])`,
        to: `return deliver([...elsewhere, here], writes).then(() => store.write('inbox.done', id))`,
      },
    ],
  },
  {
    name: 'what was sent is sent again after a start',
    edits: [
      {
        file: 'store/outbox.ts',
        from: `FROM outbox WHERE state IN ('queued', 'sending') ORDER BY id`,
        to: `FROM outbox WHERE state IN ('queued', 'sending', 'sent') ORDER BY id`,
      },
      { file: 'store/outbox.ts', from: `WHERE id = ? AND state <> 'sent'`, to: 'WHERE id = ?' },
    ],
  },
  {
    name: 'the messages of a conversation do not wait for each other',
    edits: [
      {
        file: 'inbox.ts',
        from: ': lanes.run(addressKey(message.address), job)',
        to: ': job(new AbortController().signal)',
      },
    ],
  },
  {
    name: 'a run that was cut short is not taken up',
    edits: [
      {
        file: 'tasks/queue.ts',
        from: `if (store.read.runs.runningCount() > 0) await reclaim(Infinity)`,
        to: '',
      },
      {
        file: 'tasks/queue.ts',
        from: `if (store.read.runs.runningCount() > held.size) await reclaim(nowMs)`,
        to: '',
      },
    ],
  },
  {
    name: 'a task is moved on in a transaction before that of its run',
    edits: [
      {
        file: 'tasks/advance.ts',
        from: `if (!(await store.write('tasks.advance', { ...task, nextDueMs }, step, nowMs))) return`,
        to: `if (!(await store.write('tasks.advance', { ...task, nextDueMs }, { ...step, runs: [] }, nowMs))) return
    ${window}
    for (const { dueMs } of step.runs) await store.write('runs.add', task.id, dueMs)`,
      },
    ],
  },
  {
    name: 'a due time may have several rows, and a task is moved on in a transaction after that of its run',
    edits: [
      {
        file: 'store/migrations.ts',
        from: `cost_usd REAL,
    UNIQUE (task_id, due_ms)`,
        to: `cost_usd REAL`,
      },
      {
        file: 'tasks/advance.ts',
        from: `if (!(await store.write('tasks.advance', { ...task, nextDueMs }, step, nowMs))) return`,
        to: `for (const { dueMs } of step.runs) await store.write('runs.add', task.id, dueMs)
    ${window}
    if (!(await store.write('tasks.advance', { ...task, nextDueMs }, { ...step, runs: [] }, nowMs))) return`,
      },
    ],
  },
  {
    name: 'a run has ended in a transaction before that of its post',
    edits: [
      {
        file: 'tasks/carrying.ts',
        from: `if (!(await write(held, ending.drafts, writesOf(ending, claim, now())))) return`,
        to: `if (!(await write(held, [], writesOf(ending, claim, now())))) return
    ${window}
    await deliver(ending.drafts, [])`,
      },
    ],
  },
  {
    name: 'a post is marked as sent before it is sent',
    edits: [
      {
        file: 'sending.ts',
        from: `const delivery = await adapter.send(post, signal)`,
        to: `await commit([['outbox.settle', id, { kind: 'sent' }, now()]])
    const delivery = await adapter.send(post, signal)`,
      },
    ],
  },
  {
    name: 'a send that a kill cut short is repeated without asking the platform',
    edits: [
      {
        file: 'sending.ts',
        from: `const isCut = cut && adapter.afterCut !== 'resend'`,
        to: `const isCut = false`,
      },
    ],
  },
  {
    name: 'a send that nobody answered is repeated without asking the platform',
    edits: [{ file: 'sending.ts', from: `way.isCut = true`, to: `way.isCut = false` }],
  },
  {
    name: 'the platform is asked at once, before it shows what it took',
    edits: [{ file: 'sending.ts', from: `await pause(graceMs)`, to: '' }],
  },
  {
    name: 'that a send begins is not written down',
    edits: [
      {
        file: 'sending.ts',
        from: `if (adapter.afterCut !== 'resend') await commit([['outbox.sending', id, startMs]])`,
        to: '',
      },
    ],
  },
  {
    name: 'a run is ended without the token of its claim',
    edits: [
      {
        file: 'store/runs.ts',
        from: `WHERE id = ? AND token = ? AND state = 'running' RETURNING task_id`,
        to: `WHERE id = ? AND ? IS NOT NULL AND state = 'running' RETURNING task_id`,
      },
    ],
    shows: 'at leases',
  },
  {
    name: 'an event of Slack may have several rows in the inbox',
    edits: [{ file: 'store/migrations.ts', from: 'UNIQUE (adapter, account, event)', to: 'CHECK (true)' }],
    shows: 'in Slack',
  },
]

/** The text of a file with one edit made. Throws unless the edit has exactly one place there. */
export function plant(text: string, { file, from, to }: Edit): string {
  const pieces = text.split(from)
  if (pieces.length === 2) return pieces.join(to)
  throw new Error(`${file} has ${pieces.length - 1} places for the bug, not one: ${from}`)
}
