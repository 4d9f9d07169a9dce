import QuickLRU from 'quick-lru'
import { z } from 'zod'
import type { Receive } from '../../../adapter.ts'
import { FaultError, faultOf } from '../../../errors.ts'
import type { FormReader } from '../../../form.ts'
import type { Home, NoHome } from '../../../home.ts'
import type { Log } from '../../../log.ts'
import type { Address } from '../../../message.ts'
import { personKey } from '../../../people.ts'
import { slackHomeWords } from '../../../words-slack-home.ts'
import type { Language } from '../../../words.ts'
import { authorId } from '../in/authors.ts'
import { messageIds, slackAddress, type Incoming, type SlackApi } from '../contract.ts'
import { directChannel } from '../out/direct.ts'
import { loose, team, timestamp, userId } from '../in/events.ts'
import { createForms, type Clicker } from './form.ts'
import { readForm } from './form-view.ts'
import { homeActions, homeView } from './home.ts'
import type { Desk } from '../in/inbound.ts'

type Parts = {
  readonly api: SlackApi
  readonly receive: Receive
  readonly homeOf: (
    person: { readonly key: string; readonly address: Address },
    language: Language,
  ) => Home | NoHome
  readonly formOf: FormReader
  /** Our own words with commands as people type them in Slack. */
  readonly asTyped: (text: string) => string
  readonly languageOf: (incoming: Incoming) => Language | Promise<Language>
  readonly now: () => number
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  /** Aborted when the adapter stops. */
  readonly signal: AbortSignal
  readonly log: Pick<Log, 'warn' | 'error'>
}

/** What was pressed is answered like any message; the home shows what came of it so much later, in milliseconds. */
const answeredMs = 1_000
const mostDirects = 5_000

const name = loose(z.string().min(1))
const user = z.object({ id: userId, team_id: team, name, username: name })
const openedSchema = z.object({
  event: z.object({ user: userId, channel: loose(z.string().startsWith('D')) }),
})
const sentSchema = z.object({ user, view: z.unknown() })
const pressSchema = z.object({
  user,
  trigger_id: z.string(),
  view: z.looseObject({ id: z.string(), type: z.string() }),
  actions: z
    .tuple([z.object({ action_id: z.string(), action_ts: timestamp, value: z.unknown() })])
    .rest(z.unknown()),
})
const taskId = z.coerce.number().int().positive()

/** A person's home in Slack with its buttons, and the form in which a task is made or changed. */
export function createDesk(parts: Parts): Desk {
  const { api, receive, homeOf, signal, log, now } = parts
  const directs = new QuickLRU<string, Address>({ maxSize: mostDirects })
  const forms = createForms(parts)

  const directOf = async (account: string, user: string): Promise<Address> => {
    const key = `${account}/${user}`
    const known = directs.get(key)
    if (known !== undefined) return known
    const channel = await directChannel(api, account, user, signal)
    if (typeof channel !== 'string') {
      throw new FaultError('network', `Slack did not open the direct messages: ${JSON.stringify(channel)}`)
    }
    const address = slackAddress(account, channel)
    directs.set(key, address)
    return address
  }

  const clickerOf = async (incoming: Incoming, who: z.output<typeof user>): Promise<Clicker> => {
    const { account, body } = incoming
    const author = {
      id: authorId(who.id, who.team_id === undefined ? [] : [who.team_id], account, body),
      name: who.name ?? who.username ?? who.id,
    }
    return {
      account,
      user: who.id,
      author,
      key: personKey({ adapter: 'slack', account }, author.id),
      language: await parts.languageOf(incoming),
      direct: () => directOf(account, who.id),
    }
  }

  const homeFor = async ({ key, language, direct }: Clicker): Promise<Home | NoHome> => {
    const home = homeOf({ key, address: await direct() }, language)
    if (typeof home === 'string') return home
    const tasks = home.tasks.map((task) =>
      task.alarm === undefined ? task : { ...task, alarm: parts.asTyped(task.alarm) },
    )
    return { ...home, tasks }
  }

  const publish = async (who: Clicker, notice?: string): Promise<void> => {
    const { account, user, language } = who
    const view = homeView(await homeFor(who), language, notice)
    const answer = await api.call('views.publish', { user_id: user, view }, { account, signal })
    if (answer.kind !== 'ok' && !signal.aborted) log.warn({ answer }, 'Slack did not take a home')
  }

  const publishSoon = async (who: Clicker): Promise<void> => {
    try {
      await parts.sleep(answeredMs, signal)
      await publish(who)
    } catch (error) {
      if (!signal.aborted) log.error({ fault: faultOf(error), err: error }, 'a home could not be shown')
    }
  }

  const pressed = async (who: Clicker, press: z.output<typeof pressSchema>): Promise<void> => {
    const [{ action_id: action, action_ts: actionTs, value }] = press.actions
    if (typeof (await homeFor(who)) === 'string') return publish(who)
    const id = taskId.safeParse(value).data
    const { says } = slackHomeWords[who.language]
    if (action === homeActions.make || (action === homeActions.edit && id !== undefined)) {
      const notice = await forms.open(who, press.trigger_id, action === homeActions.make ? undefined : id)
      return notice === undefined ? undefined : publish(who, notice)
    }
    const verb = verbs.get(action)
    if (verb === undefined || id === undefined) return
    await receive({
      id: messageIds.click('home', press.view.id, actionTs, who.author.id, `${action}-${id}`),
      address: await who.direct(),
      author: who.author,
      text: says[verb](id),
      sentAtMs: now(),
    })
    void publishSoon(who)
  }

  return {
    home: async (incoming) => {
      const opened = openedSchema.safeParse(incoming.body).data
      if (opened === undefined) return
      const { user: id, channel } = opened.event
      const { account } = incoming
      if (channel !== undefined) directs.set(`${account}/${id}`, slackAddress(account, channel))
      await publish(await clickerOf(incoming, { id }))
    },
    action: async (incoming) => {
      const press = pressSchema.safeParse(incoming.body).data
      if (press === undefined) return false
      const form = readForm(press.view)
      if (form === undefined && press.view.type !== 'home') return false
      const who = await clickerOf(incoming, press.user)
      if (form === undefined) await pressed(who, press)
      else forms.typed(who, form)
      return true
    },
    view: async (incoming) => {
      const sent = sentSchema.safeParse(incoming.body).data
      const form = readForm(sent?.view)
      if (sent === undefined || form === undefined) return undefined
      const who = await clickerOf(incoming, sent.user)
      const result = await forms.sent(who, form, async () => {
        const home = await homeFor(who)
        return typeof home === 'string' ? slackHomeWords[who.language].noHome[home] : undefined
      })
      if (result.response_action === 'clear') void publishSoon(who)
      return result
    },
  }
}

type Verb = keyof (typeof slackHomeWords)['en']['says']
const verbs: ReadonlyMap<string, Verb> = new Map<string, Verb>([
  [homeActions.pause, 'pause'],
  [homeActions.resume, 'resume'],
  [homeActions.run, 'run'],
])
