import type { FrontMethod } from './web-api.ts'
import { refuse, text, type Args } from './wire.ts'
import type { Workspace } from './workspace.ts'

/** What is shown beside a thread while its answer is being made. */
export type Status = { readonly status: string; readonly session?: string; readonly title?: string }

export type Statuses = {
  readonly methods: Readonly<Record<string, FrontMethod>>
  readonly of: (channel: string, thread: string) => Status
  readonly setSession: (channel: string, thread: string, session: string) => void
  /** The app wrote in this thread, which takes its status away (docs: assistant.threads.setStatus). */
  readonly answered: (channel: string, thread: string) => void
}

const sessions: ReadonlySet<string> = new Set(['active', 'processing', 'suspended', 'closed'])

/** https://docs.slack.dev/ai/agent-sessions and https://docs.slack.dev/reference/methods/assistant.threads.setStatus */
export function createStatuses(workspace: () => Workspace): Statuses {
  const known = new Map<string, Status>()
  const at = (args: Args): string => {
    const [channel, thread] = [text(args, 'channel_id'), text(args, 'thread_ts')]
    if (channel === '' || thread === '') refuse('invalid_arguments')
    if (workspace().place(channel) === undefined) refuse('channel_not_found')
    return `${channel}/${thread}`
  }
  const of = (key: string): Status => known.get(key) ?? { status: '' }
  return {
    methods: {
      'assistant.threads.setStatus': async (args) => {
        const key = at(args)
        if (!('status' in args)) refuse('invalid_arguments')
        known.set(key, { ...of(key), status: text(args, 'status') })
        return {}
      },
      'assistant.threads.setTitle': async (args) => {
        const key = at(args)
        known.set(key, { ...of(key), title: text(args, 'title') })
        return {}
      },
      'assistant.threads.setSuggestedPrompts': async (args) => {
        if (!Array.isArray(args['prompts'])) refuse('invalid_arguments')
        return {}
      },
      'agents.sessions.setStatus': async (args) => {
        const key = at(args)
        const session = text(args, 'status')
        if (!sessions.has(session) || text(args, 'title').length > 200) refuse('invalid_arguments')
        // A title counts only while the session is made.
        const { title = text(args, 'title') } = of(key)
        known.set(key, { ...of(key), session, ...(title === '' ? {} : { title }) })
        return { status: session, title }
      },
      'agents.sessions.rename': async (args) => {
        const key = at(args)
        if (of(key).session === undefined) refuse('session_not_found')
        known.set(key, { ...of(key), title: text(args, 'title') })
        return {}
      },
    },
    of: (channel, thread) => of(`${channel}/${thread}`),
    setSession: (channel, thread, session) => {
      if (!sessions.has(session)) refuse('invalid_arguments')
      const key = `${channel}/${thread}`
      known.set(key, { ...of(key), session })
    },
    answered: (channel, thread) => {
      const key = `${channel}/${thread}`
      const found = known.get(key)
      if (found !== undefined) known.set(key, { ...found, status: '' })
    },
  }
}
