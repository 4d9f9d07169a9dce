// The least that a Slack bot can be with Bolt, in a process of its own: it says what it is told. No rows, no model.
//
//   node bench/slack-echo.ts <base URL of the Web API> <token> <signing secret>
import { App, HTTPReceiver } from '@slack/bolt'
import { createServer } from 'node:net'
import { once } from 'node:events'

const [slackApiUrl = '', token = '', signingSecret = ''] = process.argv.slice(2)

async function freePort(): Promise<number> {
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  server.close()
  return typeof address === 'object' && address !== null ? address.port : 0
}

const port = await freePort()
const receiver = new HTTPReceiver({ signingSecret, port })
const app = new App({ token, receiver, clientOptions: { slackApiUrl } })
app.message(async ({ message, say }) => {
  if (message.subtype === undefined) await say(message.text ?? '')
})
await app.start({ port, host: '127.0.0.1' })
console.log(port)
