import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createLiveConfig, type Loaded } from '../../src/config/live.ts'
import { temporaryFolder } from '../doubles/folder.ts'
import { read } from './reading.ts'

const env = { BOT: 'xoxb-1', APP: 'xapp-1', OTHER: 'xoxb-2' }
const slack = (bot: string, mention: string): string =>
  `slack: { bot_token: "\${${bot}}", app_token: "\${APP}", mention: ${mention} }\n`

test('the rules of Slack change with the file, its tokens only at the next start, and that is said', async (t) => {
  const file = join(temporaryFolder(t), 'config.yaml')
  const text = slack('BOT', 'thread')
  writeFileSync(file, text)
  const load = (content: string): Loaded => read(content, { env })
  const live = createLiveConfig(load(text), { file, text, load })
  const logged: unknown[] = []
  const note = (...said: unknown[]): void => void logged.push(said.at(-1))
  let changed = Promise.withResolvers<void>()
  const log = { debug: note, info: note, warn: note, error: note }
  t.after(live.follow(log, () => changed.resolve()))

  writeFileSync(file, slack('BOT', 'never'))
  await changed.promise
  changed = Promise.withResolvers()
  assert.equal(live.now().slack?.mention, 'never')
  writeFileSync(file, slack('OTHER', 'never'))
  await changed.promise
  assert.deepEqual(logged, [
    'config.yaml is in use',
    'config.yaml is in use; data, http, log.level and the tokens of Slack stay until the next start',
  ])
  assert.deepEqual(live.secrets(), ['xoxb-1', 'xapp-1', 'xoxb-2'])
})
