// The least a bot can do over the same wire, in a process of its own: reads the message, asks the model once through
// the openai SDK, replies. No rows, no history, no commands, no order in a conversation.
//
//   node bench/peer.ts <base URL of the model>
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import OpenAI from 'openai'

const client = new OpenAI({
  baseURL: process.argv[2] ?? null,
  apiKey: 'none',
  maxRetries: 0,
  logLevel: 'off',
})
const app = new Hono()
app.post('/api/messages', async (c) => {
  const { text } = await c.req.json<{ text: string }>()
  const stream = await client.chat.completions.create({
    model: 'bench',
    messages: [{ role: 'user', content: text }],
    stream: true,
    stream_options: { include_usage: true },
  })
  let reply = ''
  for await (const chunk of stream) reply += chunk.choices[0]?.delta.content ?? ''
  return c.json({ replies: [{ text: reply, status: 'done' }] })
})
serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => console.log(port))
