import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { WebSocket } from 'ws'
import { createGate } from '../../proof/slack-gate.ts'
import { createSlackDouble } from '../doubles/slack/slack.ts'

test('a socket goes through the gate, and is broken off at the point at which it strikes', async () => {
  await using slack = await createSlackDouble()
  await using gate = await createGate(new URL(slack.apiUrl).origin, () => '')
  const open = async (): Promise<string> => {
    const headers = { authorization: `Bearer ${slack.appToken}` }
    const answer = await fetch(`${gate.apiUrl}apps.connections.open`, { method: 'POST', headers })
    const [, url = ''] = /"url":"([^"]+)"/u.exec(await answer.text()) ?? []
    return url
  }
  const url = await open()
  assert.equal(new URL(url).host, new URL(gate.apiUrl).host)
  const socket = new WebSocket(url)
  const [hello] = await once(socket, 'message')
  assert.match(String(hello), /"hello"/u)
  assert.equal(slack.sockets(), 1)
  assert.equal(gate.struck(), undefined)

  let strikes = 0
  gate.arm(1, async () => void strikes++)
  slack.refresh('warning')
  await once(socket, 'close')
  assert.deepEqual([strikes, gate.struck()], [1, 'before what Slack says on a socket'])
  socket.terminate()
})
