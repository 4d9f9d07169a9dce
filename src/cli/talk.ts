import { once } from 'node:events'
import { createInterface } from 'node:readline/promises'
import { printable } from '../adapters/terminal.ts'
import { saysYes } from '../approval.ts'
import { messageOf } from '../errors.ts'
import type { Reply, ReplyStatus } from '../message.ts'
import { startProgress } from './progress.ts'
import type { Session } from './session.ts'
import type { CliWords } from './words.ts'

type Options = { readonly json?: true; readonly yes?: true }

/** Where a person sits: what they type, what they read, and where they are told what is being done. */
export type Seat = {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean }
  readonly output: NodeJS.WritableStream
  readonly errors: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number }
  readonly env: NodeJS.ProcessEnv
}

/** The exit code of a program that Ctrl-C ended, as shells have it. */
const interrupted = 130

/** Says one line, prints the reply, and asks the person on the terminal where Moltbot asks. Returns how it ended. */
export async function say(
  open: () => Promise<Session>,
  text: string,
  options: Options,
  words: CliWords,
  seat: Seat = ownSeat(),
): Promise<ReplyStatus> {
  const session = await open()
  try {
    let reply: Reply
    let saying: string | undefined = text
    let mattersWhetherItRuns = false
    do {
      reply = await askVisibly(session, saying, seat)
      mattersWhetherItRuns ||= isAboutTasks(reply)
      saying = await printAndHear(reply, session, options, seat)
    } while (saying !== undefined)
    if (!session.isRunning && mattersWhetherItRuns) seat.errors.write(`${words.notRunning}\n`)
    return reply.status
  } finally {
    await session.close()
  }
}

/** Talks until the input ends. Returns the exit code. */
export async function converse(open: () => Promise<Session>, words: CliWords): Promise<number> {
  const session = await open()
  if (!session.isRunning) process.stderr.write(`${words.notRunning}\n`)
  const seat = ownSeat()
  const isTerminal = process.stdin.isTTY === true
  const lines = createInterface({
    input: process.stdin,
    output: process.stdout,
    prompt: '› ',
  })
  // A prompt is for a person, and the input of a pipe may have ended before its lines are answered.
  const prompt = (): void => (isTerminal ? lines.prompt() : undefined)
  try {
    prompt()
    for await (const line of lines) {
      if (line.trim() !== '') {
        const said = await askVisibly(session, line, seat).catch((error: unknown) => ({
          text: messageOf(error),
        }))
        process.stdout.write(`${printable(said.text)}\n`)
      }
      prompt()
    }
    if (isTerminal) process.stdout.write('\n')
    return 0
  } finally {
    lines.close()
    await session.close()
  }
}

/** Asks, and shows that something is being done. Ctrl-C stops it, there and here; a second one does not wait for that. */
async function askVisibly(session: Session, text: string, { errors, env }: Seat): Promise<Reply> {
  const progress = startProgress({ output: errors, env, every })
  const stop = (): void => {
    session.ask('/stop', () => undefined).catch(() => process.exit(interrupted))
    process.once('SIGINT', () => process.exit(interrupted))
  }
  process.once('SIGINT', stop)
  try {
    return await session.ask(text, (sign) => progress.show(sign))
  } finally {
    process.removeListener('SIGINT', stop)
    progress.end()
  }
}

/**
 * Prints a reply. Returns what is said to it: by `--yes` to a question, by the person to a question or an offer;
 * undefined where nobody is there, or they leave it.
 */
async function printAndHear(
  reply: Reply,
  { isRunning }: Session,
  { json, yes }: Options,
  seat: Seat,
): Promise<string | undefined> {
  const isQuestion = reply.status === 'asked'
  // What a Moltbot that does not run is told to do now would wait for its next start.
  const isOffer = isRunning && !isQuestion && offersMore(reply)
  if (yes === true || json === true || seat.input.isTTY !== true || !(isQuestion || isOffer)) {
    const answer = yes === true && isQuestion ? yesTo(reply) : undefined
    // Programs get one reply, the last.
    if (answer === undefined || json !== true) print(reply, json, seat)
    return answer
  }
  const typed = await typedAfter(printable(reply.text), seat)
  if (saysYes(typed)) return yesTo(reply)
  return typed.trim() === '' ? undefined : typed
}

/** What the person types after the text; nothing where they end the input instead. */
async function typedAfter(text: string, { input, output }: Seat): Promise<string> {
  const lines = createInterface({ input, output })
  const ended = once(lines, 'close').then(() => undefined)
  try {
    const typed = await Promise.race([lines.question(`${text} `).catch(() => undefined), ended])
    if (typed === undefined) output.write('\n')
    return typed ?? ''
  } finally {
    lines.close()
  }
}

function ownSeat(): Seat {
  const { stdin: input, stdout: output, stderr: errors, env } = process
  return { input, output, errors, env }
}

function every(ms: number, run: () => void): () => void {
  const timer = setInterval(run, ms)
  return () => clearInterval(timer)
}

/** The yes to this very question; another may have been asked since, by another command line. */
function yesTo({ data }: Reply): string {
  const token = data instanceof Object && 'approval' in data ? String(data.approval) : ''
  return `yes ${token}`.trim()
}

function offersMore({ data }: Reply): boolean {
  return data instanceof Object && 'offer' in data && data.offer === true
}

function print(reply: Reply, json: true | undefined, { output }: Seat): void {
  const text = json === true ? JSON.stringify(reply) : printable(reply.text)
  if (text !== '') output.write(`${text}\n`)
}

/** True if the reply tells of tasks, of a run that is ordered or of Moltbot itself, so that it matters whether one runs. */
function isAboutTasks({ status, data }: Reply): boolean {
  return (
    status === 'done' && data instanceof Object && ['nextDueMs', 'dueMs', 'tasks'].some((key) => key in data)
  )
}
