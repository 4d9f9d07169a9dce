import { setTimeout as sleep } from 'node:timers/promises'
import { median, type Case, type Figure } from './figures.ts'
import { measureInstall } from './install.ts'
import { startMoltbot } from './moltbot.ts'
import { pssMiBOf, residentMiBOf } from './process.ts'
import { sendMessages } from './requests.ts'

type Start = {
  readonly readyMs: number
  readonly residentMiB: number
  readonly pssMiB: number | undefined
  readonly residentAfter100MiB: number
}

/** What settles after the last event (a timer, a collection of garbage) gets so long before memory is read. */
const restMs = 500

/** Fresh processes without any config, one after another: how soon they are ready, and what they hold. */
export const startCase: Case = {
  name: 'start',
  summary: 'time to ready, memory, size of the install',
  run: async ({ isShort, say }) => {
    const count = isShort ? 3 : 7
    await measureStart() // fills the compile cache and the disk's
    const starts: Start[] = []
    for (let i = 1; i <= count; i++) {
      const start = await measureStart()
      starts.push(start)
      say(`start ${i} of ${count}: ready after ${Math.round(start.readyMs)} ms`)
    }
    return [...figuresOf(starts), ...measureInstall()]
  },
}

function figuresOf(starts: readonly Start[]): Figure[] {
  const of = `median of ${starts.length} processes`
  const middle = (metric: keyof Start, unit: string, about: string): Figure[] => {
    const values = starts.flatMap((start) => start[metric] ?? [])
    return values.length === 0 ? [] : [{ metric, value: median(values), unit, about: `${about}; ${of}` }]
  }
  return [
    ...middle('readyMs', 'ms', 'spawn to the first 200 from /readyz, asked every 2 ms'),
    ...middle('residentMiB', 'MiB', `VmRSS ${restMs} ms after ready`),
    ...middle('residentAfter100MiB', 'MiB', `VmRSS ${restMs} ms after 100 messages to the built-in model`),
    ...middle('pssMiB', 'MiB', `PSS ${restMs} ms after ready`),
  ]
}

async function measureStart(): Promise<Start> {
  await using moltbot = await startMoltbot('')
  const { pid, port, readyMs } = moltbot
  await sleep(restMs)
  const [residentMiB, pssMiB] = [residentMiBOf(pid), pssMiBOf(pid)]
  await sendMessages({
    port,
    messages: 100,
    atOnce: 1,
    conversations: 10,
    text: 'hi',
    expected: (reply) => reply !== '',
  })
  await sleep(restMs)
  const residentAfter100MiB = residentMiBOf(pid)
  await moltbot.stop()
  return { readyMs, residentMiB, pssMiB, residentAfter100MiB }
}
