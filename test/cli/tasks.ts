import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { test } from 'node:test'
import { temporaryFolder } from '../doubles/folder.ts'
import { moltbot, startMoltbot } from './moltbot.ts'

/** From plain words to a reminder that comes. */
export function chores(): void {
  test('Moltbot starts with five lines, says where it is, and ends with 0 on SIGTERM', async (t) => {
    const data = `${temporaryFolder(t)}/data`
    const running = await startMoltbot(t, { data })
    const lines = running.stdout().trimEnd().split('\n')
    assert.equal(lines.length, 5)
    assert.match(lines[0] ?? '', /^Listens {3}http:\/\/127\.0\.0\.1:[1-9]\d*$/u)
    assert.match(lines[1] ?? '', /^Model {5}builtin$/u)
    assert.match(lines[2] ?? '', /^Platforms terminal, http$/u)
    assert.equal(lines[3], `Data      ${data}`)
    assert.match(lines[4] ?? '', /^Next {6}in another terminal: moltbot chat/u)
    running.signal('SIGTERM')
    assert.equal((await running.ended).code, 0)
  })

  test('plain words make a task after a yes, and it is listed; nobody forgets to say that Moltbot is not running', async (t) => {
    const data = `${temporaryFolder(t)}/data`
    const asked = await moltbot(['chat', 'every weekday at 9 digest examples/feed.xml to terminal'], { data })
    assert.equal(asked.code, 0)
    assert.match(asked.stdout, /Monday to Friday at 09:00 \(UTC\)/u)
    assert.match(asked.stdout, /Shall I\? \(yes \/ no\)\n$/u)
    const set = await moltbot(['chat', 'yes'], { data })
    assert.match(set.stdout, /^Task 1 is set\.[^]*\nShall I run it once now/u)
    assert.match(set.stderr, /^Moltbot is not running: tasks are kept/u)
    const listed = await moltbot(['tasks', 'list', '--json'], { data })
    const [task, ...others] = JSON.parse(listed.stdout).data.tasks
    assert.deepEqual(others, [])
    assert.deepEqual(task.schedule, { cron: '0 9 * * 1-5' })
    assert.deepEqual(task.args, { from: 'examples/feed.xml', to: 'terminal' })
  })

  test('the same in Chinese, with 是; and the list is Chinese where the terminal is', async (t) => {
    const data = `${temporaryFolder(t)}/data`
    await startMoltbot(t, { data })
    const asked = await moltbot(['chat', '每个工作日早上9点把 examples/feed.xml 的摘要发到终端'], { data })
    assert.match(asked.stdout, /每周一至周五 09:00（UTC）/u)
    assert.match(asked.stdout, /要这样做吗？（是 \/ 否）\n$/u)
    const set = await moltbot(['chat', '是'], { data })
    assert.match(set.stdout, /^任务 1 已设定。/u)
    assert.equal(set.stderr, '')
    const [english, chinese] = await Promise.all([
      moltbot(['tasks'], { data }),
      moltbot(['tasks', 'list'], { data, env: { LANG: 'zh_CN.UTF-8' } }),
    ])
    assert.match(english.stdout, /^You have one task:\n#1 digest/u)
    assert.match(chinese.stdout, /^你有 1 个任务：\n#1 摘要 examples/u)
  })

  test('the command line changes a task after a yes, and looks back on its runs', async (t) => {
    const data = `${temporaryFolder(t)}/data`
    await moltbot(['chat', '--yes', 'every weekday at 9 digest examples/feed.xml to terminal'], { data })
    const edited = await moltbot(['tasks', '--yes', 'edit', '1', 'every day at 10, 5 times'], { data })
    assert.match(edited.stdout, /^Task 1 is: [^]*Monday to Friday at 09:00 \(UTC\)\.\nIt becomes: /u)
    assert.match(edited.stdout, /^Task 1 is changed; this is version 2\.$/mu)
    const shown = await moltbot(['tasks', 'show', '1', '--json'], { data })
    const { schedule, options, version } = JSON.parse(shown.stdout).data
    assert.deepEqual([schedule, options.count, version], [{ cron: '0 10 * * *' }, 5, 2])
    const history = await moltbot(['tasks', 'history', 'failed'], { data })
    assert.match(history.stdout, /^There is no run that ended so: failed\.$/mu)
    const unread = await moltbot(['tasks', 'history', 'splendid'], { data })
    assert.equal(unread.code, 2)
  })

  test('a reminder that the command line makes comes due in the Moltbot that runs, and is printed there', async (t) => {
    const data = `${temporaryFolder(t)}/data`
    const running = await startMoltbot(t, { data })
    assert.equal(statSync(`${data}/moltbot.sock`).mode & 0o777, 0o600)
    const set = await moltbot(['chat', '--yes', 'remind me in 3 seconds to drink tea'], { data })
    assert.equal(set.code, 0)
    assert.match(set.stdout, /Shall I\? \(yes \/ no\)\nTask 1 is set\./u)
    await running.until(/^⏰ drink tea$/mu)
    const { stdout } = await moltbot(['tasks', 'history', '1', '--json'], { data })
    assert.equal(JSON.parse(stdout).data.runs.length, 1)
  })

  test('a reminder that came due while nothing ran is printed by the next start, once', async (t) => {
    const data = `${temporaryFolder(t)}/data`
    const set = await moltbot(['chat', '--yes', 'remind me in 3 seconds to stretch'], { data })
    assert.match(set.stderr, /^Moltbot is not running/u)
    const running = await startMoltbot(t, { data })
    await running.until(/^⏰ stretch$/mu)
    running.signal('SIGTERM')
    await running.ended
    const { stdout } = await moltbot(['tasks', 'show', '1', '--json'], { data })
    const { state, runs } = JSON.parse(stdout).data
    assert.equal(state, 'done')
    assert.deepEqual(
      runs.map((run: { state: string }) => run.state),
      ['succeeded'],
    )
  })
}
