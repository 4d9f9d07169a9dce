import assert from 'node:assert/strict'
import { test } from 'node:test'
import { App } from '@slack/bolt'
import * as fc from 'fast-check'
import { createBolt, type Bolt } from '../../../../src/adapters/slack/wire/bolt.ts'
import type {
  Inbound,
  Incoming,
  Installation,
  Installations,
} from '../../../../src/adapters/slack/contract.ts'
import { FaultError } from '../../../../src/errors.ts'
import { createLog } from '../../../../src/log.ts'

const ours: Installation = { account: 'T1', botToken: 'xoxb-1', botUserId: 'UBOT', botId: 'BBOT' }

type Call = readonly [kind: keyof Inbound, incoming: Incoming]
type House = { readonly bolt: Bolt; readonly calls: Call[]; readonly lines: string[] }

function createHouse(given: { inbound?: Partial<Inbound>; of?: Installations['of'] } = {}): House {
  const calls: Call[] = []
  const lines: string[] = []
  const noted =
    <T>(kind: keyof Inbound, take: ((incoming: Incoming) => Promise<T>) | undefined, otherwise: T) =>
    async (incoming: Incoming): Promise<T> => {
      calls.push([kind, incoming])
      return take === undefined ? otherwise : take(incoming)
    }
  const { event, command, action, view } = given.inbound ?? {}
  const inbound: Inbound = {
    event: noted('event', event, undefined),
    command: noted('command', command, undefined),
    action: noted('action', action, undefined),
    view: noted('view', view, undefined),
  }
  const installations: Installations = {
    of: given.of ?? (async (account) => ({ ...ours, account })),
    accounts: () => ['T1'],
    only: () => 'T1',
  }
  const log = createLog(
    'debug',
    () => [],
    (line) => void lines.push(line),
  )
  return { bolt: createBolt({ installations, inbound, log }), calls, lines }
}

const message = { type: 'message', channel: 'C1', user: 'U1', text: 'hi', ts: '1.2', channel_type: 'channel' }
const authorizations = [
  { team_id: 'T1', enterprise_id: null, user_id: 'UBOT', is_bot: true, is_enterprise_install: false },
]
const eventBody = (event: object, more: object = {}): Record<string, unknown> => ({
  type: 'event_callback',
  team_id: 'T1',
  event_id: 'Ev1',
  authorizations,
  event,
  ...more,
})
const press = {
  type: 'block_actions',
  team: { id: 'T1' },
  enterprise: null,
  user: { id: 'U1', team_id: 'T1' },
}
const clickBody = { ...press, actions: [{ type: 'button', action_id: 'a', block_id: 'b', value: '1' }] }
const viewBody = {
  ...press,
  type: 'view_submission',
  view: { id: 'V1', callback_id: 'task', state: { values: {} } },
}
const commandBody = {
  command: '/moltbot',
  text: 'help',
  team_id: 'T1',
  enterprise_id: 'E1',
  user_id: 'U1',
  channel_id: 'C1',
  is_enterprise_install: 'false',
}

test('every kind of event reaches the inbound once, with its whole body', async () => {
  const { bolt, calls } = createHouse()
  const kinds = ['message', 'app_mention', 'app_home_opened', 'agent_session_stopped', 'reaction_added']
  const more = ['channel_rename', 'member_left_channel', 'file_shared', 'something_new']
  for (const type of [...kinds, ...more]) {
    const body = eventBody({ ...message, type })
    assert.equal(await bolt.dispatch({ body, retryNum: 1, retryReason: 'http_timeout' }), undefined)
    const [kind, incoming] = calls.at(-1) ?? []
    assert.equal(kind, 'event')
    assert.deepEqual(incoming, { body, account: 'T1', installation: ours })
  }
  assert.equal(calls.length, kinds.length + more.length)
})

test('commands, clicks and forms reach the inbound, and their answers go back', async () => {
  const { bolt, calls } = createHouse({
    inbound: {
      command: async () => ({ text: 'done' }),
      view: async () => ({ response_action: 'clear' }),
    },
  })
  assert.deepEqual(await bolt.dispatch({ body: commandBody }), { text: 'done' })
  assert.equal(await bolt.dispatch({ body: clickBody }), undefined)
  assert.deepEqual(await bolt.dispatch({ body: viewBody }), { response_action: 'clear' })
  assert.deepEqual(
    calls.map(([kind, { body, account }]) => [kind, body, account]),
    [
      ['command', commandBody, 'T1'],
      ['action', clickBody, 'T1'],
      ['view', viewBody, 'T1'],
    ],
  )
})

test('a dispatch ends only after the inbound has', async () => {
  const inbox = Promise.withResolvers<void>()
  const { bolt } = createHouse({ inbound: { event: () => inbox.promise } })
  await bolt.load()
  let isOver = false
  const dispatched = bolt.dispatch({ body: eventBody(message) }).then(() => (isOver = true))
  await new Promise((resolve) => setTimeout(resolve, 20))
  assert.equal(isOver, false)
  inbox.resolve()
  await dispatched
})

test('Bolt by itself acknowledges an event before its listener is done', async () => {
  const app = new App({
    receiver: { init: () => {}, start: async () => {}, stop: async () => {} },
    authorize: async () => ({ botUserId: 'UBOT', botId: 'BBOT' }),
  })
  const order: string[] = []
  app.event('message', async () => {
    await new Promise((resolve) => setTimeout(resolve, 5))
    order.push('listener')
  })
  await app.processEvent({ body: eventBody(message), ack: async () => void order.push('ack') })
  assert.deepEqual(order, ['ack', 'listener'])
})

test('what the inbound could not take is not acknowledged', async () => {
  const failing = async (): Promise<never> => {
    throw new FaultError('disk-full', 'no room')
  }
  const { bolt } = createHouse({
    inbound: { event: failing, command: failing, action: failing, view: failing },
  })
  for (const body of [eventBody(message), commandBody, clickBody, viewBody])
    await assert.rejects(bolt.dispatch({ body }), { fault: 'disk-full' })
})

test('what we said ourselves is left out, and what others said is not', async () => {
  const { bolt, calls } = createHouse()
  await bolt.dispatch({ body: eventBody({ ...message, user: 'UBOT', bot_id: 'BBOT' }) })
  await bolt.dispatch({
    body: eventBody({ ...message, subtype: 'bot_message', bot_id: 'BBOT', user: undefined }),
  })
  assert.equal(calls.length, 0)
  await bolt.dispatch({ body: eventBody({ ...message, user: 'UOTHER', bot_id: 'BOTHER' }) })
  await bolt.dispatch({ body: eventBody({ type: 'member_left_channel', user: 'UBOT', channel: 'C1' }) })
  assert.equal(calls.length, 2)
})

test('the account is the installation that the arrival is for', async () => {
  const { bolt, calls } = createHouse()
  const whole = { team_id: 'T9', enterprise_id: 'E1', is_enterprise_install: true }
  const cases: readonly (readonly [object, string])[] = [
    [eventBody(message, { team_id: 'TOTHER' }), 'T1'],
    [eventBody(message, { authorizations: [whole] }), 'E1'],
    [eventBody(message, { authorizations: [{ ...whole, team_id: null }] }), 'E1'],
    [eventBody(message, { authorizations: [], team_id: 'T7' }), 'T7'],
    [eventBody(message, { authorizations: undefined, team_id: 'T7' }), 'T7'],
    [commandBody, 'T1'],
    [{ ...commandBody, is_enterprise_install: 'true' }, 'E1'],
    [clickBody, 'T1'],
    [{ ...clickBody, team: null, enterprise: { id: 'E1' }, is_enterprise_install: true }, 'E1'],
    [{ ...clickBody, team: null }, 'T1'],
    [{ ...viewBody, view: { ...viewBody.view, app_installed_team_id: 'T5' } }, 'T5'],
  ]
  for (const [body, account] of cases) {
    await bolt.dispatch({ body })
    assert.equal(calls.at(-1)?.[1].account, account, JSON.stringify(body))
    assert.equal(calls.at(-1)?.[1].installation.account, account)
  }
})

test('where no token can be had just now it is sent again, and where the app is not installed it is not', async () => {
  for (const [fault, isSentAgain] of [
    ['network', true],
    ['bad-key', true],
    ['missing', false],
  ] as const) {
    const { bolt, calls } = createHouse({
      of: async () => {
        throw new FaultError(fault, 'no token')
      },
    })
    const dispatched = bolt.dispatch({ body: eventBody(message) })
    if (isSentAgain) await assert.rejects(dispatched, { fault })
    else assert.equal(await dispatched, undefined)
    assert.equal(calls.length, 0)
  }
})

test('a workspace in which the app is not installed is told of once, until it is installed there', async () => {
  let isInstalled = false
  const { bolt, lines } = createHouse({
    of: async (account) => {
      if (account === 'T2' && !isInstalled) throw new FaultError('missing', 'not installed')
      return { ...ours, account }
    },
  })
  const said = async (times: number): Promise<number> => {
    lines.length = 0
    const body = eventBody(message, { authorizations: [{ team_id: 'T2' }] })
    for (let i = 0; i < times; i++) await bolt.dispatch({ body: { ...body } })
    return lines.filter((line) => JSON.parse(line).level >= 40).length
  }
  assert.equal(await said(50), 1)
  assert.equal(await said(50), 0)
  isInstalled = true
  assert.equal(await said(1), 0)
  isInstalled = false
  assert.equal(await said(50), 1)
})

test('word that the app was removed arrives although its token is gone', async () => {
  const { bolt, calls } = createHouse({
    of: async () => {
      throw new FaultError('missing', 'not installed')
    },
  })
  for (const type of ['app_uninstalled', 'tokens_revoked']) await bolt.dispatch({ body: eventBody({ type }) })
  assert.deepEqual(
    calls.map(([, { account, installation }]) => [account, installation.botToken]),
    [
      ['T1', ''],
      ['T1', ''],
    ],
  )
})

test('two accounts never get the installation of each other, however their arrivals are mixed', async () => {
  const { bolt, calls } = createHouse({
    of: async (account) => {
      await new Promise((resolve) => setTimeout(resolve, account === 'T1' ? 4 : 1))
      return { ...ours, account, botToken: `xoxb-${account}` }
    },
  })
  const at = (team_id: string): object => eventBody(message, { authorizations: [{ team_id }] })
  await Promise.all(
    Array.from({ length: 40 }, (_, n) => bolt.dispatch({ body: at(n % 2 === 0 ? 'T1' : 'T2') })),
  )
  assert.equal(calls.length, 40)
  for (const [, { account, installation }] of calls) assert.equal(installation.botToken, `xoxb-${account}`)
})

test('whatever comes, the process stands and what cannot be read is acknowledged', async () => {
  const { bolt, calls, lines } = createHouse()
  const odd: unknown[] = [null, undefined, {}, [], '', 'text', 0, true, Buffer.from([0, 255])]
  odd.push({ type: 'app_rate_limited', minute_rate_limited: 1, team_id: 'T1' })
  odd.push({ ssl_check: '1' }, { type: 'url_verification' }, { type: 'block_suggestion', team: { id: 'T1' } })
  for (const event of [null, [], {}, 'x', { type: 7 }, { type: null }]) odd.push(eventBody({}, { event }))
  odd.push({ ...clickBody, actions: [] }, { ...clickBody, actions: [null] }, { ...clickBody, actions: 'x' })
  odd.push({ ...viewBody, view: null }, { ...viewBody, type: 'view_closed' }, { ...commandBody, command: '' })
  odd.push({ ...clickBody, team: null, user: null }, { ...press, type: 'shortcut' })
  for (const body of odd) assert.equal(await bolt.dispatch({ body }), undefined, JSON.stringify(body))
  assert.equal(calls.length, 0)
  // This breaks Bolt itself, and would each time.
  await bolt.dispatch({ body: eventBody({ type: 'pin_added', item: 'text' }) })
  assert.match(lines.at(-1) ?? '', /left aside/u)
  await bolt.dispatch({ body: eventBody({ type: 'message', user: null, channel: null }) })
  await bolt.dispatch({
    body: eventBody({ type: 'message', user: { id: 'U1' }, channel: { id: 'C1' }, subteam: {} }),
  })
})

test('random bodies leave the process standing', async () => {
  const { bolt } = createHouse()
  const part = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constant(message), fc.constant(authorizations))
  const body = fc.record(
    {
      type: fc.constantFrom('event_callback', 'view_submission', 'block_actions', 'x'),
      event: fc.oneof(
        part,
        fc.record({ type: fc.constantFrom('message', 'x'), user: part, channel: part, item: part }),
      ),
      team_id: fc.constant('T1'),
      authorizations: part,
      actions: fc.oneof(part, fc.array(fc.record({ action_id: part }))),
      view: part,
      team: part,
      enterprise: part,
      user: part,
      command: part,
      channel: part,
      is_enterprise_install: part,
      response_urls: part,
    },
    { requiredKeys: [] },
  )
  await fc.assert(
    fc.asyncProperty(body, async (one) => void (await bolt.dispatch({ body: one }))),
    { numRuns: 500 },
  )
})
