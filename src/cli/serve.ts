import { messageOf } from '../errors.ts'
import type { Status } from '../health.ts'
import { createMoltbot } from '../main.ts'
import { ownersOn } from '../people.ts'
import { dataFolder } from '../store/folder.ts'
import { glance } from '../store/glance.ts'
import { peopleReads } from '../store/people.ts'
import { moltbotCommand } from './command-text.ts'
import type { Configuration } from './session.ts'
import type { CliWords } from './words.ts'

/** How long a stop waits for what is being answered or sent, in milliseconds. */
const mostStopMs = 8_000
/** One Ctrl-C under `npm start` comes twice, from the terminal and from npm; both are within this, in milliseconds. */
const sameSignalMs = 1_000

/** Runs Moltbot until SIGTERM, SIGINT, or the end of the terminal's input. Resolves when it serves. */
export async function serve({ loaded, source }: Configuration, words: CliWords): Promise<void> {
  const { stdin, stdout, stderr } = process
  const isTerminal = stdin.isTTY === true && stdout.isTTY === true
  let stoppingSinceMs: number | undefined
  const stop = (): void => {
    if (stoppingSinceMs !== undefined) {
      // A second signal does not wait any longer: the rows hold all that counts.
      if (Date.now() - stoppingSinceMs > sameSignalMs) process.exit(1)
      return
    }
    stoppingSinceMs = Date.now()
    if (isTerminal) stdout.write(`\n${words.stopping}\n`)
    moltbot.stop(mostStopMs).then(
      () => process.exit(0),
      (error: unknown) => {
        stderr.write(`${messageOf(error)}\n`)
        process.exit(1)
      },
    )
  }
  const writeLog = (line: string): void => {
    const notice = isTerminal ? plain(line) : undefined
    if (!isTerminal) stderr.write(line)
    else if (notice !== undefined) moltbot.print(notice)
  }
  const moltbot = await createMoltbot({
    loaded,
    source,
    serves: true,
    input: stdin,
    output: stdout,
    writeLog,
    onEnd: stop,
  })
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)

  const { slack, data } = loaded.config
  const tellStart = (): void => {
    const lines = startLines(moltbot.status(), isTerminal, words)
    const first =
      slack === undefined || hasOwner('slack', data) ? [] : [words.slackFirst(allowing(isTerminal))]
    stdout.write(`${[...lines.slice(0, -1), ...first, ...lines.slice(-1)].join('\n')}\n`)
  }
  await moltbot.start(tellStart).catch(async (error: unknown) => {
    await moltbot.stop(0) // what did start would keep the process up without serving anybody
    throw error
  })
}

/** Where it listens, which model answers, which platforms are on, where the data lies, what to do next. */
function startLines(
  { models, platforms, dataFolder }: Status,
  isTerminal: boolean,
  words: CliWords,
): string[] {
  const listens =
    platforms.find((platform) => platform.startsWith('http '))?.slice('http '.length) ?? words.nothing
  const nextOnTerminal = models[0] === 'builtin' ? words.nextBuiltin : words.nextModel
  return [
    words.listens + listens.replace(/^on /u, 'http://'),
    words.model + models.join(' → '),
    words.platforms + platforms.map((platform) => platform.split(' ')[0]).join(', '),
    words.data + dataFolder,
    words.next + (isTerminal ? nextOnTerminal : words.nextServing(moltbotCommand(process.env))),
  ]
}

/** True if somebody was let in as an owner on a platform. */
function hasOwner(platform: string, data: string): boolean {
  return glance(dataFolder(data), (db) => ownersOn(platform, peopleReads(db).all()).length > 0) === true
}

/** How somebody is let in from here. */
function allowing(isTerminal: boolean): string {
  return isTerminal ? '/people allow' : `${moltbotCommand(process.env)} run people allow`
}

/** A log line for a person who sits at the terminal; undefined below a warning, which would only disturb the talk. */
function plain(line: string): string | undefined {
  const { level, msg, fault } = JSON.parse(line)
  return level < 40 ? undefined : `! ${msg}${fault === undefined ? '' : ` [${fault}]`}`
}
