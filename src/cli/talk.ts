import { createInterface } from 'node:readline/promises'
import { saysYes } from '../approval.ts'
import { messageOf } from '../errors.ts'
import type { Reply, ReplyStatus } from '../message.ts'
import { startProgress } from './progress.ts'
import type { Session } from './session.ts'
import type { CliWords } from './words.ts'

type Options = { readonly json?: true; readonly yes?: true }

/** The exit code of a program that Ctrl-C ended, as shells have it. */
const interrupted = 130

/** Says one line, prints the reply, and asks the person on the terminal where Moltbot asks. Returns how it ended. */
export async function say(
  open: () => Promise<Session>,
  text: string,
  options: Options,
  words: CliWords,
): Promise<ReplyStatus> {
  const session = await open()
  try {
    const first = await askVisibly(session, text)
    const answer = first.status === 'asked' ? await answerTo(first, options) : undefined
    const last = answer === undefined ? first : await askVisibly(session, answer)
    print(last, options)
    if (!session.isRunning && isAboutTasks(last)) process.stderr.write(`${words.notRunning}\n`)
    return last.status
  } finally {
    await session.close()
  }
}

/** Talks until the input ends. Returns the exit code. */
export async function converse(open: () => Promise<Session>, words: CliWords): Promise<number> {
  const session = await open()
  if (!session.isRunning) process.stderr.write(`${words.notRunning}\n`)
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
        const said = await askVisibly(session, line).catch((error: unknown) => ({ text: messageOf(error) }))
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
async function askVisibly(session: Session, text: string): Promise<Reply> {
  const progress = startProgress(process.stderr)
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

/** The answer to a question: `--yes`, or what the person types; undefined where nobody is there to answer. */
async function answerTo(question: Reply, options: Options): Promise<string | undefined> {
  if (options.yes === true) {
    if (options.json !== true) process.stdout.write(`${printable(question.text)}\n`)
    return yesTo(question)
  }
  if (options.json === true || process.stdin.isTTY !== true) return undefined
  const lines = createInterface({ input: process.stdin, output: process.stdout })
  try {
    const typed = await lines.question(`${printable(question.text)} `)
    return saysYes(typed) ? yesTo(question) : typed
  } finally {
    lines.close()
  }
}

/** The yes to this very question; another may have been asked since, by another command line. */
function yesTo({ data }: Reply): string {
  const token = data instanceof Object && 'approval' in data ? String(data.approval) : ''
  return `yes ${token}`.trim()
}

function print(reply: Reply, options: Options): void {
  const text = options.json === true ? JSON.stringify(reply) : printable(reply.text)
  if (text !== '') process.stdout.write(`${text}\n`)
}

/** True if the reply tells of tasks or of Moltbot itself, so that it matters whether one runs. */
function isAboutTasks({ status, data }: Reply): boolean {
  return status === 'done' && data instanceof Object && ('nextDueMs' in data || 'tasks' in data)
}

/** Takes out what would move the cursor or change the terminal instead of being read. */
function printable(text: string): string {
  return text.replaceAll(/[^\P{Cc}\n\t]/gu, '')
}
