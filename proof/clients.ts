import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'

const replySchema = z.object({ text: z.string(), status: z.string(), data: z.unknown().optional() })
const bodySchema = z.object({ replies: z.array(replySchema).default([]) })

/** A reply as a client saw it. */
export type SeenReply = z.output<typeof replySchema>

/** One message as its client knows it. */
export type Sent = {
  readonly id: string
  readonly conversation: string
  readonly text: string
  /** True once Moltbot said that it has the message. */
  readonly isAcknowledged: () => boolean
  /** The replies as they came with each answer that held any, in the order of the answers. */
  readonly seen: readonly (readonly SeenReply[])[]
}

/** Clients of one Moltbot. What got no answer is sent again with the same id until it gets one. */
export type Clients = {
  /** All messages, those of one conversation in the order in which they were sent. */
  readonly sent: () => readonly Sent[]
  /**
   * Sends a message and resolves when Moltbot has it. With `wait` it resolves with the reply, over however many lives
   * of Moltbot; undefined if `over` is aborted before. A conversation has one message without an answer at a time.
   */
  readonly say: (conversation: string, text: string, how: How) => Promise<SeenReply | undefined>
  /** Asks once for the reply to a message, and notes what comes. */
  readonly fetchAgain: (sent: Sent) => Promise<void>
  /** Fetches what is kept for a conversation until there is nothing more. */
  readonly fetchHeld: (conversation: string) => Promise<SeenReply[]>
}

/** `twice` sends the same message once more when it has been answered, as an impatient client does. */
type How = { readonly wait: boolean; readonly twice: boolean }

type Note = Sent & { readonly acknowledge: () => void; readonly see: (replies: readonly SeenReply[]) => void }

const retryMs = 30
/** A kill ends every connection, so an answer that takes longer is a defect; it shows as a message without reply. */
const mostAnswerMs = 15_000

/** `over` ends every wait: nothing more will come. */
export function createClients(port: number, over: AbortSignal): Clients {
  const notes = new Map<string, Note>()
  const url = `http://127.0.0.1:${port}/api/messages`

  /** An HTTP exchange; undefined where Moltbot was not there, went away or said that it cannot. */
  const exchange = async (path: string, body?: object): Promise<readonly SeenReply[] | undefined> => {
    const headers = { 'content-type': 'application/json' }
    const signal = AbortSignal.any([over, AbortSignal.timeout(mostAnswerMs)])
    const sending = body === undefined ? {} : { method: 'POST', headers, body: JSON.stringify(body) }
    try {
      const response = await fetch(url + path, { ...sending, signal })
      const text = await response.text()
      if (response.status >= 500) return undefined
      if (response.status >= 400) throw new Refused(`${path} was answered with ${response.status} ${text}`)
      return bodySchema.parse(JSON.parse(text)).replies
    } catch (error) {
      if (error instanceof Refused) throw error
      return undefined
    }
  }

  const until = async (once: () => Promise<boolean>): Promise<void> => {
    while (!over.aborted && !(await once())) await sleep(retryMs)
  }

  const post = (note: Note, wait: boolean): Promise<void> =>
    until(async () => {
      const { id, conversation, text } = note
      const replies = await exchange('', { id, conversation, text, wait })
      if (replies === undefined) return false
      note.acknowledge()
      note.see(replies)
      return true
    })

  const fetchOnce = async (note: Note): Promise<boolean> => {
    const replies = await exchange(`/${note.id}?conversation=${encodeURIComponent(note.conversation)}`)
    note.see(replies ?? [])
    return replies !== undefined && replies.length > 0
  }

  return {
    sent: () => [...notes.values()],
    say: async (conversation, text, { wait, twice }) => {
      const note = createNote(conversation, text)
      notes.set(note.id, note)
      await post(note, wait)
      if (wait && note.seen.length === 0) await until(() => fetchOnce(note))
      if (twice) await post(note, wait)
      return note.seen[0]?.[0]
    },
    fetchAgain: async ({ id }) => {
      const note = notes.get(id)
      if (note !== undefined) await fetchOnce(note)
    },
    fetchHeld: async (conversation) => {
      const all: SeenReply[] = []
      for (;;) {
        const replies = await exchange(`?conversation=${encodeURIComponent(conversation)}`)
        if (replies === undefined) throw new Error(`what is kept for ${conversation} cannot be fetched`)
        if (replies.length === 0) return all
        all.push(...replies)
        // They are marked as fetched a moment after the response.
        await sleep(retryMs)
      }
    },
  }
}

class Refused extends Error {}

function createNote(conversation: string, text: string): Note {
  const seen: (readonly SeenReply[])[] = []
  let isAcknowledged = false
  return {
    id: randomUUID(),
    conversation,
    text,
    seen,
    isAcknowledged: () => isAcknowledged,
    acknowledge: () => (isAcknowledged = true),
    see: (replies) => replies.length > 0 && seen.push(replies),
  }
}
