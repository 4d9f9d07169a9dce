import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { TestContext } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { createApi, createCaller } from '../../../../src/adapters/slack/wire/api.ts'
import type { Incoming } from '../../../../src/adapters/slack/contract.ts'
import { createDesk } from '../../../../src/adapters/slack/desk/desk.ts'
import { asTyped } from '../../../../src/adapters/slack/format/slash.ts'
import type { Message } from '../../../../src/message.ts'
import { personKey } from '../../../../src/people.ts'
import type { Language } from '../../../../src/words.ts'
import { openFormWorld, type FormWorld } from '../../../commands/form-world.ts'
import { nowMs } from '../../../commands/task-world.ts'
import { createSlackDouble, type SlackDouble } from '../../../doubles/slack/slack.ts'
import { part, records, type Data } from '../../../doubles/slack/wire.ts'
import { createVirtualClock, type VirtualClock } from '../../../doubles/virtual-clock.ts'

/** What stands in the fields of a form. */
export type Fields = { readonly what: string; readonly when: string; readonly to?: string }

/** The desk in a workspace, with tasks in a real store; what it receives is done at once, as the asker. */
export type DeskWorld = FormWorld & {
  readonly slack: SlackDouble
  readonly clock: VirtualClock
  readonly alice: string
  readonly received: readonly Message[]
  readonly problems: readonly string[]
  readonly key: (user: string) => string
  readonly make: (line: string, user?: string) => Promise<unknown>
  /** All that is read on the home of a person. */
  readonly home: (user?: string) => string
  readonly press: (action: string, value?: string, user?: string) => Promise<unknown>
  /** The form that is open: the newest. */
  readonly form: () => {
    readonly id: string
    readonly hash: string
    readonly view: Data
    readonly words: string
  }
  /** Types into the form, as its hash is at that moment, or was at another. */
  readonly typeIn: (fields: Fields, hash?: string) => Promise<void>
  readonly submit: (fields: Fields, user?: string) => Promise<Data>
  readonly pass: (ms: number) => Promise<void>
  /** What Slack, or the store, does differently now. */
  readonly bend: { language: Language; thinkMs: number; isFull: boolean }
}

export async function openDeskWorld(t: TestContext): Promise<DeskWorld> {
  const slack = await createSlackDouble()
  t.after(() => slack[Symbol.asyncDispose]())
  const clock = createVirtualClock(nowMs)
  const world = await openFormWorld(t, clock.now)
  const stopped = new AbortController()
  t.after(() => stopped.abort())
  const bend: DeskWorld['bend'] = { language: 'en', thinkMs: 0, isFull: false }
  const received: Message[] = []
  const problems: string[] = []
  let calling = 0

  const caller = createCaller({
    apiUrl: slack.apiUrl,
    fetch: async (url, init) => {
      calling += 1
      try {
        return await fetch(url, init)
      } finally {
        calling -= 1
      }
    },
  })
  const desk = createDesk({
    api: createApi(caller, async () => slack.bot.token),
    receive: async (message) => {
      if (bend.isFull) throw new Error('the disk is full')
      received.push(message)
      const person = personKey(message.address, message.author.id)
      const { action, address } = message
      await (action === undefined
        ? world.type(message.text, person, address)
        : world.agree(action, person, address))
      return 'accepted'
    },
    homeOf: world.homeOf,
    formOf: world.formOf,
    asTyped: (text) => asTyped(text, (word) => ['tasks', '任务'].includes(word)),
    languageOf: async () => {
      slack.pass(bend.thinkMs)
      return bend.language
    },
    now: clock.now,
    sleep: clock.sleep,
    signal: stopped.signal,
    log: {
      warn: (_: unknown, said?: string) => void problems.push(said ?? ''),
      error: (_: unknown, said?: string) => void problems.push(said ?? ''),
    },
  })

  const { userId: botUserId, botId, token: botToken } = slack.bot
  const installation = { account: slack.team, botToken, botUserId, botId }
  const incoming = (body: Data): Incoming => ({ body, account: slack.team, installation })
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<unknown> => {
    const raw = await text(request)
    const payload = new URLSearchParams(raw).get('payload')
    const body = JSON.parse(payload ?? raw)
    try {
      if (body.type === 'url_verification') return response.end(body.challenge)
      if (body.type === 'event_callback') await desk.home(incoming(body))
      else if (body.type === 'block_actions') assert.equal(await desk.action(incoming(body)), true)
      else
        response
          .setHeader('content-type', 'application/json')
          .write(JSON.stringify(await desk.view(incoming(body))))
    } catch (error) {
      problems.push(String(error))
      response.statusCode = 500
    }
    return response.end()
  }
  const app = createServer((request, response) => void answer(request, response))
  app.listen(0, '127.0.0.1')
  await once(app, 'listening')
  t.after(() => app.close().closeAllConnections())
  slack.eventsUrl(`http://127.0.0.1:${(app.address() as AddressInfo).port}/`)

  const alice = slack.user('alice')
  const key = (user: string): string => personKey({ adapter: 'slack', account: slack.team }, user)
  const rest = async (): Promise<void> => {
    for (let quiet = 0; quiet < 10; quiet++) {
      await turn()
      if (calling > 0) quiet = 0
    }
  }
  const form: DeskWorld['form'] = () => {
    const open = slack.views().findLast(({ view }) => part({ view }, 'view')['type'] === 'modal')
    const { id, hash } = open ?? assert.fail('no form is open')
    const view = part(open ?? {}, 'view')
    return { id, hash, view, words: wordsIn(view) }
  }
  const home = (user = alice): string => wordsIn(part({ view: slack.home(user) }, 'view'))
  const homeId = (): string =>
    slack.views().find(({ view }) => part({ view }, 'view')['type'] === 'home')?.id ?? assert.fail('no home')
  return {
    ...world,
    slack,
    clock,
    alice,
    received,
    problems,
    key,
    bend,
    make: (line, user = alice) =>
      world.type(`/tasks add ${line}`, key(user), {
        adapter: 'slack',
        account: slack.team,
        channel: slack.dm(user),
      }),
    home,
    press: (action, value, user = alice) => slack.click({ view: homeId(), user }, action, value),
    form,
    typeIn: async (fields, hash = form().hash) => {
      const { id, view } = form()
      const body = {
        type: 'block_actions',
        user: { id: alice, username: 'alice', team_id: slack.team },
        team: { id: slack.team },
        trigger_id: '1.2.3',
        view: { ...view, id, hash, state: { values: stateOf(fields) } },
        actions: [
          {
            type: 'plain_text_input',
            block_id: 'when',
            action_id: 'when',
            action_ts: '1763800000.000100',
            value: fields.when,
          },
        ],
      }
      assert.equal(await desk.action(incoming(body)), true)
    },
    submit: async (fields, user = alice) => {
      const { outcome, response } = await slack.submit(form().id, user, stateOf(fields))
      assert.equal(outcome, 'acknowledged')
      return part({ response }, 'response')
    },
    pass: async (ms) => {
      await clock.pass(ms, rest)
      await rest()
    },
  }
}

function stateOf({ what, when, to }: Fields): Readonly<Record<string, Data>> {
  return {
    what: { what: { type: 'plain_text_input', value: what } },
    when: { when: { type: 'plain_text_input', value: when } },
    to: { to: { type: 'conversations_select', selected_conversation: to ?? null } },
  }
}

/** The words of a view that stand there by themselves, on no button and in no field. */
function wordsIn(view: Data): string {
  const texts = records(view['blocks']).flatMap((block) =>
    block['type'] === 'context' ? records(block['elements']) : records([block['text']]),
  )
  return texts.map(({ text }) => text).join('\n')
}
