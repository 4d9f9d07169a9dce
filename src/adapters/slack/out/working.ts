import { over } from '../../../abort.ts'
import { languageOf } from '../../../words.ts'
import { slackWords } from '../../../words-slack.ts'
import type { ReplyUrls, SlackApi } from '../contract.ts'

/** Says to whoever typed a slash command that it is being worked at, where that takes a while. */
export type Working = {
  /** Begins to wait with a command that was taken in. */
  readonly begin: (messageId: string, text: string) => void
  /** Its answer comes now; resolves once nothing more is said before it. */
  readonly end: (messageId: string) => Promise<void>
}

type Parts = {
  readonly api: Pick<SlackApi, 'respond'>
  readonly urls: Pick<ReplyUrls, 'of'>
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  readonly signal: AbortSignal
}

/** What is answered sooner needs no word before it. */
const afterMs = 2_000

export function createWorking({ api, urls, sleep, signal }: Parts): Working {
  const waits = new Map<string, { readonly end: AbortController; readonly done: Promise<void> }>()

  const say = async (id: string, text: string, until: AbortSignal): Promise<void> => {
    await sleep(afterMs, AbortSignal.any([until, signal]))
    const url = urls.of(id)
    const body = { response_type: 'ephemeral', text: slackWords[languageOf(text)].working }
    if (url !== undefined) await api.respond(url, body, signal)
  }

  return {
    begin: (id, text) => {
      const end = new AbortController()
      const done = say(id, text, end.signal)
        .catch(() => undefined)
        .finally(() => waits.delete(id))
      waits.set(id, { end, done })
    },
    end: async (id) => {
      const wait = waits.get(id)
      wait?.end.abort(over)
      await wait?.done
    },
  }
}
