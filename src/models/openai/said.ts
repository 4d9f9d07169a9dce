import { z } from 'zod'

/** The fields of an event of a response that text is in. */
type TextEvent = {
  readonly type: string
  readonly delta?: string | null | undefined
  readonly text?: string | null | undefined
  readonly refusal?: string | null | undefined
  readonly item?: unknown
  readonly response?: { readonly output?: readonly unknown[] | null | undefined } | null | undefined
}

/**
 * What is said in the events of one response. The vendor tells each text up to four times: in bits, and whole at the
 * end of the part, of the item and of the response. It counts the first time only, whichever that is.
 */
export function createSaid(): {
  /** The text that is new with this event; empty if none is. */
  readonly hear: (event: TextEvent) => string
  /** True if any of it was a refusal. */
  readonly isRefusal: () => boolean
} {
  let inPart = false
  let inItem = false
  let inAll = false
  let refused = false
  const say = (text: string | null | undefined): string => {
    if (!text) return ''
    inPart = inItem = inAll = true
    return text
  }
  const sayItems = (items: readonly unknown[]): string => {
    const contents = items.flatMap((item) => Message.safeParse(item).data?.content ?? [])
    refused ||= contents.some((content) => content?.refusal)
    return say(contents.map((content) => content?.text ?? content?.refusal ?? '').join(''))
  }
  const hear = (event: TextEvent): string => {
    switch (event.type) {
      case 'response.refusal.delta':
        refused = true
        return say(event.delta)
      case 'response.output_text.delta':
        return say(event.delta)
      case 'response.refusal.done':
      case 'response.output_text.done': {
        refused ||= event.type === 'response.refusal.done'
        const text = inPart ? '' : say(event.text ?? event.refusal)
        inPart = false
        return text
      }
      case 'response.output_item.done': {
        const text = inItem ? '' : sayItems([event.item])
        inPart = inItem = false
        return text
      }
      case 'response.completed':
      case 'response.incomplete':
        return inAll ? '' : sayItems(event.response?.output ?? [])
      default:
        return ''
    }
  }
  return { hear, isRefusal: () => refused }
}

const Message = z.object({
  type: z.literal('message'),
  content: z.array(
    z.object({ text: z.string().nullish(), refusal: z.string().nullish() }).nullable().catch(null),
  ),
})
