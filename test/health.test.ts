import Database from 'better-sqlite3'
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { createHealth } from '../src/health.ts'
import { openStore, type Store } from '../src/store/store.ts'
import { temporaryFolder } from './doubles/folder.ts'
import { createPlatform } from './doubles/platform.ts'

test('a disk that took nothing is tried by whoever asks, and Moltbot is ready again by itself', async (t) => {
  const path = temporaryFolder(t)
  const store = await openStore(path)
  t.after(() => store.close())
  const probes: Promise<unknown>[] = []
  const write: Store['write'] = (name, ...args) => {
    const done = store.write(name, ...args)
    probes.push(done.catch(() => undefined))
    return done
  }
  const adapters = [createPlatform('chat')]
  const parts = {
    version: '1',
    adapters,
    models: () => ['m'],
    remarks: () => ['a remark'],
    now: () => 5,
  }
  const health = createHealth({ ...parts, store: { ...store, write } })
  assert.deepEqual(health.readiness(), { ready: true, troubles: [] })
  assert.deepEqual(health.status().troubles, ['a remark'])
  assert.equal(probes.length, 0, 'a disk that is well is not written to')

  const other = new Database(join(path, 'moltbot.db'))
  other.exec('BEGIN IMMEDIATE')
  await assert.rejects(store.write('seen.probe', 1))
  assert.equal(health.readiness().ready, false)
  assert.match(health.status().troubles[0] ?? '', /moltbot\.db/u)
  other.exec('ROLLBACK')
  other.close()
  health.readiness()
  await Promise.all(probes)
  assert.deepEqual(health.readiness(), { ready: true, troubles: [] })
})

test('what keeps a platform from its work is a trouble', async (t) => {
  const store = await openStore(temporaryFolder(t))
  t.after(() => store.close())
  const chat = { ...createPlatform('chat'), trouble: () => 'the chat is down' }
  const parts = { version: '1', store, models: () => [], remarks: () => [], now: () => 5 }
  const health = createHealth({ ...parts, adapters: [createPlatform('other'), chat] })
  assert.deepEqual(health.readiness(), { ready: false, troubles: ['the chat is down'] })

  const partly = { ...createPlatform('partly'), remark: () => 'a scope is missing' }
  const works = createHealth({ ...parts, adapters: [partly] })
  assert.deepEqual(works.readiness(), { ready: true, troubles: ['a scope is missing'] })
  assert.deepEqual(works.status().troubles, ['a scope is missing'])
})
