import { describe } from 'node:test'
import { digests } from './digest.ts'
import { endings } from './ending.ts'
import { inputs } from './input.ts'
import { models } from './model.ts'
import { running } from './running.ts'
import { chores } from './tasks.ts'
import { terminals } from './terminal.ts'

// In one file, because the longest of them waits for eight seconds, in which the others are done.
describe('Moltbot as a process', { concurrency: 6 }, () => {
  endings()
  models()
  digests()
  chores()
  running()
  inputs()
  terminals()
})
