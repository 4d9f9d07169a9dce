import { createInterface } from 'node:readline/promises'
import { messageOf } from '../errors.ts'
import type { Reply, ReplyStatus } from '../message.ts'
import { startProgress } from './progress.ts'
import type { Session } from './session.ts'
import type { CliWords } from './words.ts'

type Options = { readonly json?: true; readonly yes?: true }

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
    if (answer === undefined) {
      print(first, options)
      return first.status
    }
    const second = await askVisibly(session, answer)
    print(second, options)
    if (!session.isRunning && second.status === 'done') process.stderr.write(`${words.notRunning}\n`)
    return second.status
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
    prompt: isTerminal ? '› ' : '',
  })
  try {
    lines.prompt()
    for await (const line of lines) {
      if (line.trim() !== '') {
        const said = await askVisibly(session, line).catch((error: unknown) => ({ text: messageOf(error) }))
        process.stdout.write(`${said.text}\n`)
      }
      lines.prompt()
    }
    if (isTerminal) process.stdout.write('\n')
    return 0
  } finally {
    lines.close()
    await session.close()
  }
}

async function askVisibly(session: Session, text: string): Promise<Reply> {
  const progress = startProgress(process.stderr)
  try {
    return await session.ask(text, (sign) => progress.show(sign))
  } finally {
    progress.end()
  }
}

/** The answer to a question: `--yes`, or what the person types; undefined where nobody is there to answer. */
async function answerTo(question: Reply, options: Options): Promise<string | undefined> {
  if (options.yes === true) {
    if (options.json !== true) process.stdout.write(`${question.text}\n`)
    return 'yes'
  }
  if (options.json === true || process.stdin.isTTY !== true) return undefined
  const lines = createInterface({ input: process.stdin, output: process.stdout })
  try {
    return await lines.question(`${question.text} `)
  } finally {
    lines.close()
  }
}

function print(reply: Reply, options: Options): void {
  const text = options.json === true ? JSON.stringify(reply) : reply.text
  if (text !== '') process.stdout.write(`${text}\n`)
}
