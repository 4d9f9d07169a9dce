import { randomUUID } from 'node:crypto'
import { createInterface, type Interface } from 'node:readline'
import type { Adapter, Receive, Sign } from '../adapter.ts'
import { messageOf } from '../errors.ts'
import { addressKey, type Address, type Message, type Reply } from '../message.ts'
import { createAsks, type Asked } from './asks.ts'

/** The terminals of this machine: the one that Moltbot was started on, and every `moltbot` command line. */
export type Terminal = Adapter & {
  /** Says a line on behalf of a command line and resolves with the reply. */
  readonly ask: (text: string, signal: AbortSignal, onSign?: (sign: Sign) => void) => Promise<Asked>
}

type Parts = {
  readonly input: NodeJS.ReadStream
  readonly output: NodeJS.WritableStream & { readonly isTTY?: boolean }
  /** Called when the person closes the input (Ctrl-D). */
  readonly onEnd: () => void
  readonly now: () => number
}

const address: Address = { adapter: 'terminal', account: 'local', channel: 'terminal' }
const prompt = '› '

export function createTerminal({ input, output, onEnd, now }: Parts): Terminal {
  const asks = createAsks()
  const isInteractive = input.isTTY === true && output.isTTY === true
  let line: Interface | undefined
  let receive: Receive = () => Promise.reject(new Error('the terminal is not started'))
  /** The message whose draft stands on the screen, and how much of it. */
  let draft = { messageId: '', shown: '' }

  const messageFrom = (text: string): Message => ({
    id: randomUUID(),
    address,
    author: { id: 'local', name: 'you' },
    text,
    sentAtMs: now(),
  })

  const print = (text: string): void => {
    if (line === undefined) return void output.write(`${text}\n`)
    output.write(`\r\u001B[K${text}\n`)
    line.prompt(true)
  }

  const showReply = (messageId: string | null, { text }: Reply): void => {
    const safe = printable(text)
    if (messageId === null || draft.messageId !== messageId) return print(safe)
    const { shown } = draft
    draft = { messageId: '', shown: '' }
    if (safe.startsWith(shown)) {
      output.write(`${safe.slice(shown.length)}\n`)
      line?.prompt(true)
    } else {
      output.write('\n')
      print(safe)
    }
  }

  const showDraft = (messageId: string, text: string): void => {
    const safe = printable(text)
    if (draft.messageId !== messageId) {
      output.write('\r\u001B[K')
      draft = { messageId, shown: '' }
    }
    if (!safe.startsWith(draft.shown)) return
    output.write(safe.slice(draft.shown.length))
    draft = { messageId, shown: safe }
  }

  const hear = (text: string): void => {
    if (text.trim() === '') return line?.prompt()
    receive(messageFrom(text)).catch((error: unknown) => print(messageOf(error)))
  }

  return {
    name: 'terminal',
    maxChars: Infinity,
    afterCut: 'never',
    start: async (to) => {
      receive = to
      if (!isInteractive) return
      line = createInterface({ input, output, prompt })
      line.on('line', hear)
      line.on('SIGINT', () => line?.close())
      line.on('close', onEnd)
      line.prompt()
    },
    stop: async () => {
      line?.removeListener('close', onEnd)
      line?.close()
      line = undefined
    },
    send: async (post) => {
      if (!asks.offer(post)) showReply(post.answers, post.reply)
      return { kind: 'sent' }
    },
    show: (messageId, _, sign) => {
      asks.show(messageId, addressKey(address), sign)
      if (isInteractive && line !== undefined && sign.kind === 'draft') showDraft(messageId, sign.text)
    },
    resolve: (target) => (target === 'terminal' || target === '终端' ? address : undefined),
    describe: () => (isInteractive ? 'terminal' : 'terminal (output only)'),
    ask: (text, signal, onSign) => asks.ask(messageFrom(text), receive, signal, onSign),
  }
}

/** Takes out what would move the cursor or change the terminal instead of being read. */
function printable(text: string): string {
  return text.replaceAll(/[^\P{Cc}\n\t]/gu, '')
}
