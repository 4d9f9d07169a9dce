import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

/**
 * The rules of the house. The hall is src/*.ts: contracts and the life of a message. A room is a folder of src/. A
 * room imports the hall, itself and types of the store; the hall imports no room but types of the store. main.ts
 * builds the house and cli.ts, with the room cli/, is its front door: these see everything.
 */
const seesEverything = (file: string): boolean =>
  ['main.ts', 'cli.ts'].includes(file) || file.startsWith('cli/')

/** The one file, or the one folder, through which each package enters; two where two rooms need it. */
const doors: Readonly<Record<string, string | readonly string[]>> = {
  '@anthropic-ai/sdk': 'models/anthropic.ts',
  '@hono/node-server': 'adapters/',
  '@pydantic/genai-prices': 'models/prices.ts',
  '@slack/bolt': 'adapters/slack/wire/bolt.ts',
  '@slack/oauth': 'adapters/slack/setup/oauth.ts',
  'better-sqlite3': 'store/',
  commander: 'cli.ts',
  croner: 'tasks/schedule.ts',
  cronstrue: 'tasks/restate.ts',
  feedsmith: 'sources/parser.ts',
  hono: 'adapters/',
  'node-cron': 'tasks/tick.ts',
  marked: 'adapters/slack/format/markdown.ts',
  openai: 'models/openai/',
  'p-retry': 'sources/outside.ts',
  pino: 'log.ts',
  'prom-client': 'metrics.ts',
  'quick-lru': ['assistant.ts', 'models/cache.ts', 'adapters/slack/'],
  undici: ['sources/outside.ts', 'connections.ts', 'adapters/slack/wire/socket.ts'],
  unpdf: 'sources/pdf.ts',
  yaml: 'config/yaml.ts',
}

const mostLines = 300

/** SQL, and the calls that take it; `exec` with a literal, because regular expressions have one as well. */
const sql =
  /\.(?:prepare|pragma)\(|\.exec\(\s*['"`]|\b(?:INSERT (?:OR \w+ )?INTO|DELETE FROM|SELECT\s[^;]*\sFROM)\s|\bUPDATE \w+ SET\s/u

type Import = { readonly file: string; readonly target: string; readonly isType: boolean }

const src = join(import.meta.dirname, '../src')

function filesOf(folder: string): { file: string; text: string }[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  return names
    .filter((name) => name.endsWith('.ts'))
    .map((file) => ({ file, text: readFileSync(join(folder, file), 'utf8') }))
}

/** Every import of a file; `target` is a path from src/, or the name of a package. */
function importsOf({ file, text }: { file: string; text: string }): Import[] {
  const found = text.matchAll(
    /(import|export)\s+(type\s+)?(?:[\w*{}\s,]+?\sfrom\s+)?'([^']+)'|(import)\('([^']+)'\)/gu,
  )
  return [...found].flatMap((match) => {
    const specifier = match[3] ?? match[5] ?? ''
    if (specifier.startsWith('node:')) return []
    const target = specifier.startsWith('.') ? join(file, '..', specifier) : packageOf(specifier)
    return [{ file, target, isType: match[2] !== undefined }]
  })
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

function roomOf(file: string): string {
  return file.includes('/') ? file.slice(0, file.indexOf('/')) : ''
}

/** What breaks the rules, one sentence each. */
function breaches(files: { file: string; text: string }[]): string[] {
  const found = files.flatMap(importsOf).flatMap(({ file, target, isType }) => {
    if (!target.endsWith('.ts')) {
      const open = [doors[target] ?? file].flat()
      const isDoor = open.some((door) => file === door || (door.endsWith('/') && file.startsWith(door)))
      if (isType || isDoor) return []
      return [`${file} imports the package ${target}, whose door is ${open.join(' or ')}`]
    }
    const [from, to] = [roomOf(file), roomOf(target)]
    const isAllowed = seesEverything(file) || to === '' || to === from || (to === 'store' && isType)
    if (seesEverything(target) && !seesEverything(file))
      return [`${file} imports ${target}, which stands above it`]
    return isAllowed
      ? []
      : [
          `${file} imports ${target}: ${from === '' ? 'the hall' : `the room ${from}`} may not see the room ${to}`,
        ]
  })
  const asking = files.filter(({ file, text }) => !file.startsWith('store/') && sql.test(text))
  const long = files.filter(({ text }) => text.split('\n').length > mostLines)
  const sqlElsewhere = asking.map(({ file }) => `${file} speaks SQL, which stands in store/ alone`)
  return [...found, ...sqlElsewhere, ...long.map(({ file }) => `${file} has more than ${mostLines} lines`)]
}

test('rooms see the hall and themselves, packages enter by their doors, files stay readable', () => {
  const files = filesOf(src)
  assert.ok(files.length > 40)
  assert.deepEqual(breaches(files), [])
})

test('a breach of each rule is found', () => {
  const planted = [
    { file: 'models/a.ts', text: `import { x } from '../sources/feed.ts'` },
    { file: 'commands/b.ts', text: `import { openStore } from '../store/store.ts'` },
    { file: 'message.ts', text: `import { y } from './models/router.ts'` },
    { file: 'tasks/c.ts', text: `const { default: Sdk } = await import('openai')` },
    { file: 'assistant.ts', text: `import { createMoltbot } from './main.ts'` },
    { file: 'inbox.ts', text: `db.prepare(text)` },
    { file: 'health.ts', text: `db.pragma('user_version')` },
    { file: 'tasks/d.ts', text: `db.exec('VACUUM')` },
    { file: 'cli/e.ts', text: 'const rows = "SELECT id FROM runs"' },
    { file: 'commands/f.ts', text: 'write(`UPDATE runs SET state = 1`)' },
    { file: 'words.ts', text: 'x\n'.repeat(mostLines + 1) },
  ]
  assert.equal(breaches(planted).length, planted.length)
})

test('what is allowed is no breach', () => {
  const fine = [
    { file: 'main.ts', text: `import { openStore } from './store/store.ts'` },
    {
      file: 'models/openai/openai.ts',
      text: `const { default: Sdk } = await import('openai')\nimport type { Model } from '../model.ts'`,
    },
    { file: 'inbox.ts', text: `import type { Store } from './store/store.ts'` },
    { file: 'models/vendor.ts', text: `import type OpenAI from 'openai'` },
    { file: 'store/runs.ts', text: 'db.prepare(`DELETE FROM runs WHERE id = ?`)' },
    { file: 'cli/words.ts', text: `/x/u.exec(line); const text = 'Select one from the list, or update it'` },
  ]
  assert.deepEqual(breaches(fine), [])
})
