import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLog } from '../src/log.ts'

const secret = 'sk-very/secret+value'

function logging(secrets: readonly string[]): { lines: string[]; log: ReturnType<typeof createLog> } {
  const lines: string[] = []
  return {
    lines,
    log: createLog(
      'info',
      () => secrets,
      (line) => lines.push(line),
    ),
  }
}

test('a secret is blotted out wherever it stands, also encoded', () => {
  const { lines, log } = logging([secret])
  const error = new Error(`401 for key ${secret}`, { cause: new Error(secret) })
  log.error({ err: error, deep: { list: [{ header: `Bearer ${secret}` }] } }, `with ${secret}`)
  log.info(
    {
      url: `https://x.example/?key=${encodeURIComponent(secret)}`,
      basic: Buffer.from(secret).toString('base64'),
    },
    'sent',
  )
  assert.equal(lines.length, 2)
  for (const form of [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')]) {
    assert.ok(!lines.join('').includes(form), form)
  }
  assert.match(lines[0] ?? '', /\[secret\]/u)
})

test('control: a value that is not known as a secret is logged', () => {
  const { lines, log } = logging([])
  log.info(`with ${secret}`)
  assert.ok(lines[0]?.includes(secret))
})

test('an event is one line of JSON with its fault, whatever the text holds', () => {
  const { lines, log } = logging([])
  log.warn({ fault: 'network' }, 'two\nlines \u001B[31mred')
  assert.equal(lines.length, 1)
  assert.equal(lines[0]?.trimEnd().includes('\n'), false)
  const { level, fault, msg } = JSON.parse(lines[0] ?? '')
  assert.deepEqual({ level, fault, msg }, { level: 40, fault: 'network', msg: 'two\nlines \u001B[31mred' })
})

test('below its level nothing is logged', () => {
  const { lines, log } = logging([])
  log.debug('quiet')
  assert.deepEqual(lines, [])
})
