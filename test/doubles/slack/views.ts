import { checkView, limits } from './limits.ts'
import type { FrontMethod } from './web-api.ts'
import { isRecord, records, refuse, text, type Args, type Data } from './wire.ts'
import type { Workspace } from './workspace.ts'

/** Trigger ids: good for one use within three seconds (https://docs.slack.dev/interactivity/handling-user-interaction). */
export type Triggers = { readonly issue: () => string; readonly use: (id: string) => void }

export function createTriggers(now: () => number): Triggers {
  const issued = new Map<string, { readonly atMs: number; isUsed: boolean }>()
  return {
    issue: () => {
      const id = `${issued.size + 1}.98315.${Math.floor(now()).toString(16)}`
      issued.set(id, { atMs: now(), isUsed: false })
      return id
    },
    use: (id) => {
      const trigger = issued.get(id) ?? refuse('invalid_trigger_id')
      if (trigger.isUsed) refuse('exchanged_trigger_id')
      if (now() - trigger.atMs > limits.triggerMs) refuse('expired_trigger_id')
      trigger.isUsed = true
    },
  }
}

export type View = {
  readonly id: string
  readonly hash: string
  readonly root: string
  /** Of whom it is the home; undefined for a form. */
  readonly homeOf?: string
  readonly view: Data
}

/** Homes and forms (https://docs.slack.dev/surfaces/modals). */
export type Views = {
  readonly methods: Readonly<Record<`views.${'publish' | 'open' | 'push' | 'update'}`, FrontMethod>>
  readonly all: () => readonly View[]
  /** What an app answers to a form: errors, another view, or nothing, which closes it. */
  readonly answered: (id: string, response: unknown) => void
}

export function createViews(workspace: () => Workspace, triggers: Triggers): Views {
  const views = new Map<string, View>()
  let made = 0
  const keep = (given: unknown, like: Partial<Pick<View, 'id' | 'root' | 'homeOf'>>): View => {
    checkView(given)
    const view = isRecord(given) ? given : {}
    const id = like.id ?? `V0M${String(++made).padStart(8, '0')}`
    const blocks = records(view['blocks']).map((block, at) => ({ block_id: `b${at}`, ...block }))
    const kept = { root: id, ...like, id, hash: `${Date.now()}.${++made}`, view: { ...view, blocks } }
    views.set(id, kept)
    return kept
  }
  const found = (args: Args): View => {
    const external = text(args, 'external_id')
    const isMeant = ({ id, view }: View): boolean =>
      id === text(args, 'view_id') || (external !== '' && view['external_id'] === external)
    return [...views.values()].find(isMeant) ?? refuse('not_found')
  }
  return {
    methods: {
      'views.publish': async (args) => {
        const user = text(args, 'user_id')
        if (workspace().person(user) === undefined) refuse('invalid_arguments')
        const old = [...views.values()].find(({ homeOf }) => homeOf === user)
        checkHash(args, old)
        return {
          view: asView(keep(args['view'], { ...(old === undefined ? {} : { id: old.id }), homeOf: user })),
        }
      },
      'views.open': async (args) => {
        triggers.use(text(args, 'trigger_id'))
        return { view: asView(keep(args['view'], {})) }
      },
      'views.push': async (args) => {
        triggers.use(text(args, 'trigger_id'))
        const top = [...views.values()].findLast(({ homeOf }) => homeOf === undefined)
        if (top === undefined) return refuse('not_found')
        if ([...views.values()].filter(({ root }) => root === top.root).length >= 3)
          refuse('push_limit_reached')
        return { view: asView(keep(args['view'], { root: top.root })) }
      },
      'views.update': async (args) => {
        const old = found(args)
        checkHash(args, old)
        return { view: asView(keep(args['view'], old)) }
      },
    },
    all: () => [...views.values()],
    answered: (id, response) => {
      const { response_action: action, view } = isRecord(response) ? response : {}
      const old = views.get(id)
      if (old === undefined || action === 'errors') return
      if (action === 'update') void keep(view, old)
      else if (action === 'push') void keep(view, { root: old.root })
      else if (action === 'clear')
        for (const one of views.values()) if (one.root === old.root) views.delete(one.id)
      if (action === undefined) views.delete(id)
    },
  }
}

function checkHash(args: Args, old: View | undefined): void {
  const hash = text(args, 'hash')
  if (hash !== '' && hash !== old?.hash) refuse('hash_conflict')
}

/** A view as the API shows it. */
export function asView({ id, hash, root, view }: View): Data {
  return {
    private_metadata: '',
    callback_id: '',
    state: { values: {} },
    ...view,
    id,
    hash,
    root_view_id: root,
  }
}
