import { setTimeout as sleep } from 'node:timers/promises'
import type { Sign } from '../adapter.ts'
import { askOverSocket, isListening } from '../adapters/http/control.ts'
import { FaultError, faultOf } from '../errors.ts'
import type { Loaded } from '../config/live.ts'
import type { Moltbot, Surroundings } from '../main.ts'
import type { Reply } from '../message.ts'
import { dataFolder } from '../store/folder.ts'

/** A checked config.yaml with the place that it came from. */
export type Configuration = { readonly loaded: Loaded; readonly source: Surroundings['source'] }

/** A line to a Moltbot: the one that runs on the data folder, or one that is built for this command alone. */
export type Session = {
  readonly ask: (text: string, onSign: (sign: Sign) => void) => Promise<Reply>
  /** True if the Moltbot goes on when this command ends. */
  readonly isRunning: boolean
  readonly close: () => Promise<void>
}

/** How long a command that ends may finish what it began, in milliseconds. */
const mostCloseMs = 5_000
/** How long a data folder may be held by another command line, which will let go soon, in milliseconds. */
const patienceMs = 10_000
const pauseMs = 100

/** Opens the line. Throws a StoreError where no Moltbot runs and none can be built. */
export async function openSession(configuration: Configuration): Promise<Session> {
  const { socket } = dataFolder(configuration.loaded.config.data)
  for (let waitedMs = 0; ; waitedMs += pauseMs) {
    if (await isListening(socket)) return running(socket)
    try {
      return ownOf(await build(configuration))
    } catch (error) {
      if (faultOf(error) !== 'in-use' || waitedMs >= patienceMs) throw error
    }
    await sleep(pauseMs)
  }
}

/** The line to the Moltbot that runs on the data folder, if one does. Needs no valid config.yaml. */
export async function findRunning(data: string): Promise<Session | undefined> {
  const { socket } = dataFolder(data)
  return (await isListening(socket)) ? running(socket) : undefined
}

function running(socket: string): Session {
  const ask: Session['ask'] = async (text, onSign) => {
    const reply = await askOverSocket(socket, text, onSign)
    if (reply === undefined)
      throw new FaultError('network', 'the Moltbot that ran here has just stopped; try again')
    return reply
  }
  return { isRunning: true, ask, close: async () => undefined }
}

async function build({ loaded, source }: Configuration): Promise<Moltbot> {
  const { createMoltbot } = await import('../main.ts')
  const moltbot = await createMoltbot({
    loaded,
    source,
    serves: false,
    input: process.stdin,
    // What it tells besides, such as a cap that is reached, must not stand in the answer's way.
    output: process.stderr,
    writeLog: writeGrave,
    onEnd: () => undefined,
  })
  await moltbot.start()
  return moltbot
}

function ownOf(moltbot: Moltbot): Session {
  return {
    isRunning: false,
    ask: async (text, onSign) => {
      const asked = await moltbot.ask(text, new AbortController().signal, onSign)
      return asked.kind === 'reply' ? asked.reply : { text: '', status: 'done' }
    },
    close: () => moltbot.stop(mostCloseMs),
  }
}

/** A command line says what went wrong in its reply; its log would only say it again, except at the log's own request. */
function writeGrave(line: string): void {
  if (process.env['MOLTBOT_LOG'] !== undefined) process.stderr.write(line)
}
