import { randomUUID } from 'node:crypto'
import { stripVTControlCharacters } from 'node:util'
import type { Adapter, Receive, Sign } from '../adapter.ts'
import { messageOf } from '../errors.ts'
import { addressKey, type Address, type Message, type Post } from '../message.ts'
import { createAsks, type Asked } from './asks.ts'
import { showsUnicode } from './bar.ts'
import { createBars, type Bars } from './bars.ts'
import { createScreen, writeTo, type Output, type Screen } from './screen.ts'

/** The terminals of this machine: the one that Moltbot was started on, and every `moltbot` command line. */
export type Terminal = Adapter & {
  /** Says a line on behalf of a command line and resolves with the reply. */
  readonly ask: (text: string, signal: AbortSignal, onSign?: (sign: Sign) => void) => Promise<Asked>
  /** Prints a notice above the line that is being typed; on an output that nobody types at, simply prints it. */
  readonly print: (text: string) => void
}

type Parts = {
  readonly input: NodeJS.ReadStream
  readonly output: Output
  /** False where somebody else reads the input. */
  readonly isRead: boolean
  /** Its locale says whether the terminal shows more than ASCII. */
  readonly env: NodeJS.ProcessEnv
  /** Called when the person closes the input (Ctrl-D). */
  readonly onEnd: () => void
  readonly now: () => number
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
}

const address: Address = { adapter: 'terminal', account: 'local', channel: 'terminal' }

export function createTerminal(parts: Parts): Terminal {
  const { input, output, isRead, onEnd, now } = parts
  const asks = createAsks()
  const isInteractive = isRead && input.isTTY === true && output.isTTY === true
  let screen: Screen | undefined
  let bars: Bars | undefined
  let receive: Receive = () => Promise.reject(new Error('the terminal is not started'))
  /** The message whose answer grows on the screen. */
  let growing: string | undefined

  const messageFrom = (text: string): Message => ({
    id: randomUUID(),
    address,
    author: { id: 'local', name: 'you' },
    text,
    sentAtMs: now(),
  })

  const print = (text: string): Promise<void> =>
    screen === undefined ? writeTo(output, `${printable(text)}\n`) : screen.print(printable(text))

  const showReply = (messageId: string | null, text: string): Promise<void> => {
    if (screen === undefined || messageId === null || messageId !== growing) return print(text)
    growing = undefined
    return screen.finish(printable(text))
  }

  /** A bar ends with the post that tells of what it stood for. */
  const endBars = ({ answers, run }: Post): void => {
    if (answers !== null) bars?.end(answers)
    if (run !== undefined) bars?.end(`run/${run}`)
  }

  const showDraft = (messageId: string, text: string): void => {
    growing ??= messageId
    if (growing === messageId) screen?.grow(printable(text))
  }

  // A write that fails says so to whoever wrote; without a listener the event would end the program.
  const ignore = (): void => undefined
  const say = (text: string): void => void print(text).catch(ignore)

  return {
    name: 'terminal',
    maxChars: Infinity,
    afterCut: 'never',
    start: async (to) => {
      receive = to
      output.on('error', ignore)
      if (!isInteractive) return
      const onLine = (text: string): void => {
        receive(messageFrom(text)).catch((error: unknown) => say(messageOf(error)))
      }
      const made = createScreen({ input, output, onLine, onEnd })
      screen = made
      bars = createBars({ ...parts, isUnicode: showsUnicode(parts.env), draw: made.pin })
    },
    stop: async () => {
      bars?.close()
      screen?.close()
      bars = undefined
      screen = undefined
      receive = () => Promise.reject(new Error('the terminal is closed'))
    },
    send: async (post) => {
      if (asks.offer(post)) return { kind: 'sent' }
      endBars(post)
      try {
        await showReply(post.answers, post.reply.text)
        return { kind: 'sent' }
      } catch (error) {
        return { kind: 'failed', fault: 'unsupported', why: `the terminal is gone: ${messageOf(error)}` }
      }
    },
    show: (messageId, _, sign) => {
      const isElsewhere = asks.show(messageId, addressKey(address), sign)
      if (isElsewhere) return
      if (sign.kind === 'progress') return bars?.show(messageId, sign)
      bars?.end(messageId)
      showDraft(messageId, sign.text)
    },
    resolve: (target) => (target === 'terminal' || target === '终端' ? address : undefined),
    nameOf: () => 'terminal',
    describe: () => (isInteractive ? 'terminal' : 'terminal (output only)'),
    ask: (text, signal, onSign) => asks.ask(messageFrom(text), receive, signal, onSign),
    print: say,
  }
}

/** Takes out what would move the cursor, change the terminal or turn text around instead of being read. */
export function printable(text: string): string {
  return stripVTControlCharacters(text).replaceAll(/[^\P{Cc}\n\t]|[\u202A-\u202E\u2066-\u2069]/gu, '')
}
