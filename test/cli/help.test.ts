import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { moltbot } from './moltbot.ts'

const data = '/nowhere/that/is/touched'
const commands = [
  'start',
  'chat',
  'run',
  'tasks',
  'status',
  'explain',
  'config',
  'slack',
  'doctor',
  'backup',
  'restore',
]

describe('the help of the command line', { concurrency: true }, () => {
  test('names every command and the exit codes, without colours where nobody sees them', async () => {
    const { code, stdout } = await moltbot(['--help'], { data, env: { FORCE_COLOR: '1' } })
    assert.equal(code, 0)
    for (const name of commands) assert.match(stdout, new RegExp(`^ {2}${name}\\b`, 'mu'))
    assert.match(stdout, /Exit codes: 0 done, 1 failed, 2 wrong use, 3 refused\.\n$/u)
    assert.equal(stdout.includes('\u001B'), false)
  })

  test('is Chinese by the locale and by --lang, down to each command', async () => {
    const [byLocale, byOption, ofChat, ofCheck] = await Promise.all([
      moltbot(['--help'], { data, env: { LANG: 'zh_CN.UTF-8' } }),
      moltbot(['--lang', 'zh', '--help'], { data }),
      moltbot(['chat', '--help'], { data, env: { LANG: 'zh_CN.UTF-8' } }),
      moltbot(['config', 'check', '--help'], { data, env: { LANG: 'zh_CN.UTF-8' } }),
    ])
    assert.equal(byLocale.stdout, byOption.stdout)
    assert.match(byLocale.stdout, /^用法：/u)
    assert.match(byLocale.stdout, /退出码：0 完成/u)
    assert.match(ofChat.stdout, /与 Moltbot 对话/u)
    for (const { stdout } of [byLocale, ofChat, ofCheck]) {
      assert.doesNotMatch(stdout, /show |display |Usage|Options|Commands/u)
    }
  })

  test('what it does not understand is said in one line, in the language of the terminal, and ends with 2', async () => {
    const wrong: readonly (readonly [args: readonly string[], english: RegExp, chinese: RegExp])[] = [
      [['digest'], /^There is no “moltbot digest”.*moltbot run digest/u, /^没有“moltbot digest”/u],
      [['status', '--nope'], /^There is no option --nope/u, /^这里没有选项 --nope/u],
      [['run'], /^command is missing/u, /^缺少 command/u],
      [['backup', 'here'], /^That is more than this takes/u, /^给的参数太多/u],
    ]
    await Promise.all(
      wrong.flatMap(([args, english, chinese]) =>
        [english, chinese].map(async (told) => {
          const language = told === english ? [] : ['--lang', 'zh']
          const { code, stdout, stderr } = await moltbot([...language, ...args], { data })
          assert.equal(code, 2)
          assert.match(stderr, told)
          assert.equal(stderr.trimEnd().includes('\n'), false)
          assert.equal(stdout, '')
        }),
      ),
    )
  })
})
