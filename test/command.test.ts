import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { z } from 'zod'
import { command, createCommandTable, type AnyCommand, type Command } from '../src/command.ts'
import { readWords } from '../src/typed.ts'

const moment = { nowMs: 0, zone: 'UTC' }

function make(
  name: string,
  more: Partial<Command<{ from: string; to?: string | undefined }>> = {},
): AnyCommand {
  return command({
    name,
    aliases: [`${name}2`],
    summary: { en: name, zh: name },
    usage: `${name} <from> [to <place>]`,
    args: z.object({ from: z.string(), to: z.string().optional() }),
    words: ['from', 'to'],
    tier: () => 'read',
    role: 'member',
    schedulable: true,
    urgent: false,
    tool: true,
    run: async () => ({ reply: { text: '', status: 'done' } }),
    ...more,
  })
}

test('typed words become arguments, whatever the way they are written', () => {
  const cases: readonly [string, Record<string, string>][] = [
    ['https://x.example/f', { from: 'https://x.example/f' }],
    ['from https://x.example/f to terminal', { from: 'https://x.example/f', to: 'terminal' }],
    ['https://x.example/f to #news', { from: 'https://x.example/f', to: '#news' }],
    ['--from a --to=b', { from: 'a', to: 'b' }],
    ['--to "two words" a', { from: 'a', to: 'two words' }],
    ['“甲 乙” 终端', { from: '甲 乙', to: '终端' }],
    ['a b c d', { from: 'a', to: 'b c d' }],
    ['"from" x', { from: 'from', to: 'x' }],
    ['--from "say \\"hi\\""', { from: 'say "hi"' }],
    ['to', { from: 'to' }],
    ['', {}],
  ]
  for (const [typed, args] of cases)
    assert.deepEqual(readWords(typed, ['from', 'to'], ['from', 'to']), args, typed)
})

test('reading typed words never throws', () => {
  fc.assert(fc.property(fc.string(), (text) => void readWords(text, ['from', 'to'], ['from', 'to'])))
})

test('a slash of any width, an alias, and a word alone name a command; a sentence does not', () => {
  const table = createCommandTable([
    make('digest'),
    make('stop', { args: z.object({ from: z.string().default('') }), aliases: ['停'] }),
  ])
  const kind = (text: string): string | undefined => table.read(text, moment)?.kind
  assert.equal(kind('/digest x'), 'invocation')
  assert.equal(kind('／digest2 x'), 'invocation')
  assert.equal(kind('/DIGEST x'), 'invocation')
  assert.equal(kind('Stop!'), 'invocation')
  assert.equal(kind('停。'), 'invocation')
  assert.equal(kind('stop it, please'), undefined)
  assert.equal(kind('digest'), 'misused')
  assert.equal(kind('/nothing'), 'unknown')
  assert.equal(kind('a / b'), undefined)
})

test('what is missing and what is wrong are told apart', () => {
  const table = createCommandTable([make('digest')])
  assert.deepEqual(table.readCall('digest', { from: 7 }), {
    kind: 'misused',
    usage: { en: 'digest <from> [to <place>]', zh: 'digest <from> [to <place>]' },
    missing: [],
    problem: 'from: Invalid input: expected string, received number',
  })
  const nothing = table.readCall('digest', null)
  assert.deepEqual(nothing.kind === 'misused' && nothing.missing, ['from'])
  const empty = table.readCall('digest', {})
  assert.deepEqual(empty.kind === 'misused' && empty.missing, ['from'])
})

test('a when is taken out of the arguments only where a task may run the command', () => {
  const table = createCommandTable([make('digest'), make('look', { schedulable: false })])
  const read = table.readCall('digest', { from: 'x', when: 'daily' })
  assert.deepEqual(read.kind === 'invocation' && [read.invocation.args, read.invocation.when], [
    { from: 'x' },
    'daily',
  ])
  const other = table.readCall('look', { from: 'x', when: 'daily' })
  assert.equal(other.kind === 'invocation' && other.invocation.when, undefined)
})

test('two commands cannot share a word', () => {
  assert.throws(
    () => createCommandTable([make('digest'), make('digest2')]),
    /two commands are called digest2/u,
  )
})

test('models are told of a command in few bytes', () => {
  const [tool] = createCommandTable([make('digest'), make('hidden', { tool: false })]).tools
  assert.deepEqual(Object.keys(tool?.parameters['properties'] ?? {}), ['from', 'to', 'when'])
  assert.equal(createCommandTable([make('hidden', { tool: false })]).tools.length, 0)
  assert.ok(JSON.stringify(tool).length < 320)
})
