import { once } from 'node:events'
import { statSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Command } from './dockerfile.ts'
import { runProgram, startProgram, type Place, type Program } from './program.ts'
import { differences, filesOf, setWritable } from './stage.ts'

/** What an image says about how it runs. */
export type Image = {
  readonly command: Command
  readonly health: { readonly command: Command; readonly timeoutMs: number }
  readonly stopSignal: NodeJS.Signals
  /** Paths of the image, without the leading slash. */
  readonly volumes: readonly string[]
}

const mostReadyMs = 20_000
const mostStopMs = 10_000
const pollMs = 25

/**
 * Starts the image with all but its volumes and /tmp read-only, waits until it is healthy, runs `inside` in it, stops
 * it by its signal. `say` gets a line for each step. Throws an Error where one does not go as it should. Resolves
 * with the time from the start to the first health check that went well.
 */
export async function tryContainer(
  image: Image,
  place: Place,
  inside: readonly Command[],
  say: (line: string) => void,
): Promise<{ readonly readyMs: number }> {
  const open = ['tmp', ...image.volumes]
  for (const volume of image.volumes) {
    const { uid, mode } = statSync(join(place.root, volume))
    const rights = (mode & 0o777).toString(8)
    if (place.uid !== undefined && uid !== place.uid)
      throw new Error(`VOLUME /${volume} belongs to user ${uid}, not to ${place.uid}`)
    say(`VOLUME /${volume}: mode ${rights}${place.uid === undefined ? '' : `, owner ${uid}`}`)
  }
  setWritable(place.root, false, open)
  const before = filesOf(place.root, open)

  const startedMs = performance.now()
  const program = startProgram(image.command, place)
  try {
    const readyMs = Math.round(await untilHealthy(program, image, place, startedMs))
    say(`healthy after ${readyMs} ms`)
    for (const command of inside) {
      const { code, output } = await runProgram(command, place, mostReadyMs)
      if (code !== 0) throw new Error(`inside, ${wordsOf(command)} ended with ${code}\n${output}`)
      say(`inside, ${wordsOf(command)}: ${output.trim().split('\n')[0] ?? ''}`)
    }
    const stopMs = await stop(program, image.stopSignal)
    say(`${image.stopSignal}: exit 0 after ${stopMs} ms`)
    const changed = differences(before, filesOf(place.root, open))
    if (changed.length > 0)
      throw new Error(
        `written outside ${open.map((path) => `/${path}`).join(' and ')}: ${changed.slice(0, 10).join(', ')}`,
      )
    say(`nothing written outside ${open.map((path) => `/${path}`).join(' and ')}`)
    return { readyMs }
  } finally {
    program.kill()
  }
}

/** A port of this machine's loopback that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return address.port
}

async function untilHealthy(
  program: Program,
  { health }: Image,
  place: Place,
  startedMs: number,
): Promise<number> {
  let end: number | string | undefined
  void program.ended.then((code) => (end = code))
  let last = 'no health check ended'
  while (performance.now() - startedMs < mostReadyMs) {
    const { code, output } = await runProgram(health.command, place, health.timeoutMs)
    if (end !== undefined) throw new Error(`it ended with ${end} before it was healthy\n${program.output()}`)
    if (code === 0) return performance.now() - startedMs
    last = `the last health check ended with ${code} ${output}`
    await sleep(pollMs)
  }
  throw new Error(`not healthy after ${mostReadyMs} ms; ${last}\n${program.output()}`)
}

async function stop(program: Program, signal: NodeJS.Signals): Promise<number> {
  const sentMs = performance.now()
  program.signal(signal)
  const late = new AbortController()
  const end = await Promise.race([program.ended, sleep(mostStopMs, 'late', { signal: late.signal })])
  late.abort()
  if (end === 'late') throw new Error(`still running ${mostStopMs} ms after ${signal}\n${program.output()}`)
  if (end !== 0) throw new Error(`ended with ${end} after ${signal}, not with 0\n${program.output()}`)
  return Math.round(performance.now() - sentMs)
}

function wordsOf(command: Command): string {
  return command.kind === 'exec' ? command.argv.join(' ') : command.text
}
