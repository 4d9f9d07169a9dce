import assert from 'node:assert/strict'
import { Server } from 'node:http'
import { test, type TestContext } from 'node:test'
import bolt from '@slack/bolt'
import { createSlackDouble, type SlackDouble } from './slack.ts'

const { App, HTTPReceiver, LogLevel, SocketModeReceiver } = bolt

const button = {
  type: 'button' as const,
  action_id: 'yes',
  text: { type: 'plain_text' as const, text: 'Yes' },
}
const wait = { timeout: 5_000 }

/** Slack's own framework on the double: what its client and its receivers take, Slack would send. */
async function running(t: TestContext, way: 'sockets' | 'http'): Promise<SlackDouble> {
  const slack = await createSlackDouble()
  const options = { slackApiUrl: slack.apiUrl, retryConfig: { retries: 0 } }
  const logLevel = LogLevel.ERROR
  const receiver =
    way === 'http'
      ? new HTTPReceiver({ signingSecret: slack.signingSecret, logLevel })
      : new SocketModeReceiver({
          appToken: slack.appToken,
          logLevel,
          installerOptions: { clientOptions: options },
        })
  const app = new App({
    token: slack.bot.token,
    receiver,
    clientOptions: options,
    deferInitialization: true,
    convoStore: false,
    logLevel,
  })
  await app.init()
  app.message('count', async ({ message, client, context }) => {
    if (message.subtype !== undefined) return
    const stream = client.chatStream({
      channel: message.channel,
      thread_ts: message.ts,
      recipient_user_id: message.user,
      ...(context.teamId === undefined ? {} : { recipient_team_id: context.teamId }),
      buffer_size: 1,
    })
    for (const piece of ['one ', 'two ', 'three']) await stream.append({ markdown_text: piece })
    await stream.stop({ blocks: [{ type: 'actions', elements: [button] }] })
  })
  app.event('app_mention', async ({ event, say }) => {
    await say({ text: `here I am, <@${event.user ?? ''}>`, thread_ts: event.ts })
  })
  app.command('/moltbot', async ({ ack, body, client }) => {
    await ack({ text: `ran ${body.text}` })
    const title = { type: 'plain_text' as const, text: 'Form' }
    await client.views.open({
      trigger_id: body.trigger_id,
      view: { type: 'modal', title, blocks: [{ type: 'divider' }] },
    })
  })
  app.action('yes', async ({ ack, respond }) => {
    await ack()
    await respond({ text: 'thank you', replace_original: true })
  })
  app.message('file', async ({ client, message }) => {
    await client.filesUploadV2({ channel_id: message.channel, filename: 'a.txt', content: 'bytes' })
  })
  const server: unknown = await app.start(0)
  if (server instanceof Server) {
    const address = server.address()
    slack.eventsUrl(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/slack/events`)
  }
  t.after(async () => {
    await app.stop()
    // It does not wait for its socket to close, and its timers live on if we cut it.
    await t.waitFor(() => assert.equal(slack.sockets(), 0), wait)
    await slack[Symbol.asyncDispose]()
  })
  return slack
}

for (const way of ['sockets', 'http'] as const) {
  test(`Bolt over ${way}: a mention is answered in its thread`, async (t) => {
    const slack = await running(t, way)
    const [ann, channel] = [slack.user('Ann'), slack.channel('general')]
    const { ts, outcome } = await slack.say({ channel, user: ann, text: `<@${slack.bot.userId}> hello` })
    assert.equal(outcome, 'acknowledged')
    await t.waitFor(() => assert.equal(slack.messages(channel).length, 2), wait)
    const reply = slack.messages(channel).at(-1)
    assert.deepEqual([reply?.asSeen, reply?.thread_ts], [`here I am, <@${ann}>`, ts])
  })

  test(`Bolt over ${way}: a streamed answer ends with a button, and the button is answered`, async (t) => {
    const slack = await running(t, way)
    const ann = slack.user('Ann')
    const channel = slack.dm(ann)
    await slack.say({ channel, user: ann, text: 'count' })
    const answer = (): string | undefined => slack.messages(channel)[1]?.asSeen
    await t.waitFor(() => assert.equal(answer(), 'one two three\n[Yes]'), wait)
    await slack.click({ channel, ts: slack.messages(channel)[1]?.ts ?? '', user: ann }, 'Yes')
    await t.waitFor(() => assert.equal(answer(), 'thank you'), wait)
  })

  test(`Bolt over ${way}: a command is acknowledged with words and opens a form`, async (t) => {
    const slack = await running(t, way)
    const [ann, channel] = [slack.user('Ann'), slack.channel('general')]
    const { outcome } = await slack.command({ channel, user: ann, text: 'status' })
    assert.equal(outcome, 'acknowledged')
    assert.deepEqual(
      slack.ephemerals(channel, ann).map(({ asSeen }) => asSeen),
      ['ran status'],
    )
    await t.waitFor(() => assert.equal(slack.views().length, 1), wait)
  })

  test(`Bolt over ${way}: a file is uploaded`, async (t) => {
    const slack = await running(t, way)
    const [ann, channel] = [slack.user('Ann'), slack.channel('general')]
    await slack.say({ channel, user: ann, text: 'file' })
    await t.waitFor(() => assert.equal(slack.files().length, 1), wait)
    assert.equal(Buffer.from(slack.files()[0]?.bytes ?? []).toString(), 'bytes')
  })
}
