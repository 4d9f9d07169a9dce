import assert from 'node:assert/strict'
import { request } from 'node:http'
import { connect } from 'node:net'
import { suite, test } from 'node:test'
import { get, openHttp, post, until } from './http-house.ts'

const reply = (text: string) => ({ text, status: 'done' })

/** An answer that comes when it is let go. */
function gate() {
  const { promise, resolve } = Promise.withResolvers<string>()
  return { answer: () => promise, open: resolve }
}

suite('POST /api/messages', () => {
  test('answers with the reply, and with an id of its own where the client has none', async (t) => {
    const { url, answered } = await openHttp(t)
    const { status, body } = await post(url, { text: 'hi 你好' })
    assert.equal(status, 200)
    const { id } = body as { id: string }
    assert.match(id, /^[0-9a-f-]{36}$/u)
    assert.deepEqual(body, { id, replies: [reply('re: hi 你好')] })
    assert.deepEqual(answered[0]?.author, { id: 'local', name: 'local' })
  })

  test('an id that comes again is answered once, with the same reply', async (t) => {
    let count = 0
    const { url } = await openHttp(t, { answer: async () => `answer ${++count}` })
    const first = await post(url, { text: 'hi', id: 'my-1' })
    assert.deepEqual(first, { status: 200, body: { id: 'my-1', replies: [reply('answer 1')] } })
    const again = await Promise.all([1, 2, 3].map(() => post(url, { text: 'hi', id: 'my-1' })))
    for (const one of again) assert.deepEqual(one, first)
    assert.equal(count, 1)
  })

  test('an id that comes again while it is being answered gets the same reply', async (t) => {
    const { answer, open } = gate()
    const { url, answered } = await openHttp(t, { answer })
    const asking = [1, 2, 3].map(() => post(url, { text: 'hi', id: 'same' }))
    await until(() => answered.length > 0)
    const late = post(url, { text: 'hi', id: 'same' })
    setTimeout(open, 20, 'one answer')
    for (const one of await Promise.all([...asking, late])) {
      assert.deepEqual(one, { status: 200, body: { id: 'same', replies: [reply('one answer')] } })
    }
    assert.equal(answered.length, 1)
  })

  test('the same id in two conversations is two messages', async (t) => {
    const { url, answered } = await openHttp(t)
    for (const conversation of ['a', 'b', 'a/b', undefined]) {
      const { body } = await post(url, { text: `in ${conversation}`, id: '1', conversation })
      assert.deepEqual(body, { id: '1', replies: [reply(`re: in ${conversation}`)] })
      const { body: fetched } = await get(
        `${url}/api/messages/1${conversation === undefined ? '' : `?conversation=${encodeURIComponent(conversation)}`}`,
      )
      assert.deepEqual(fetched, body)
    }
    assert.equal(answered.length, 4)
  })

  test('without waiting it is taken in, and the reply is fetched by its id', async (t) => {
    const { answer, open } = gate()
    const { url, states } = await openHttp(t, { answer })
    const id = 'a/b ü%'
    const at = `${url}/api/messages/${encodeURIComponent(id)}`
    assert.deepEqual(await post(url, { text: 'hi', id, wait: false }), { status: 202, body: { id } })
    assert.deepEqual(await get(at), { status: 202, body: { id, replies: [] } })
    assert.deepEqual(await post(url, { text: 'hi', id }), { status: 202, body: { id, replies: [] } })
    open('here it is')
    await until(() => states().length === 1)
    const got = await get(at)
    assert.deepEqual(got, { status: 200, body: { id, replies: [reply('here it is')] } })
    assert.deepEqual(await get(at), got, 'it can be fetched as often as wanted')
  })

  test('the reply to a client that hung up is kept, and fetched by its id', async (t) => {
    const { answer, open } = gate()
    const { url, answered, states, logged } = await openHttp(t, { answer })
    const leaving = new AbortController()
    const asking = fetch(`${url}/api/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ text: 'hi', id: 'left' }),
      signal: leaving.signal,
    })
    await until(() => answered.length > 0)
    leaving.abort()
    await assert.rejects(asking)
    await new Promise((resolve) => setTimeout(resolve, 20))
    open('too late')
    await until(() => states()[0] === 'held')
    assert.deepEqual(await post(url, { text: 'hi', id: 'left' }), {
      status: 200,
      body: { id: 'left', replies: [reply('too late')] },
    })
    assert.deepEqual(logged, [])
  })

  test('a client that hangs up while its message is being written down does no harm', async (t) => {
    const { url, http, answered, logged } = await openHttp(t)
    for (let i = 0; i < 20; i++) {
      const socket = connect(http.port() ?? 0, '127.0.0.1')
      const body = JSON.stringify({ text: 'hi', id: `gone-${i}` })
      socket.write(
        `POST /api/messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
        () => socket.destroy(),
      )
    }
    await until(() => answered.length > 0)
    assert.equal((await post(url, { text: 'still there?' })).status, 200)
    assert.deepEqual(logged, [])
  })

  test('64 conversations at once are all answered, each with its own reply', async (t) => {
    const { url } = await openHttp(t)
    const all = Array.from({ length: 64 }, (_, i) => `talk ${i}`)
    const got = await Promise.all(all.map((conversation) => post(url, { text: conversation, conversation })))
    for (const [i, { status, body }] of got.entries()) {
      assert.equal(status, 200)
      assert.deepEqual((body as { replies: unknown }).replies, [reply(`re: talk ${i}`)])
    }
  })
})

suite('GET /api/messages', () => {
  test('hands out what is kept for a conversation, in order, once', async (t) => {
    const house = await openHttp(t)
    for (const text of ['one', 'two']) await house.tell('news', text)
    await house.tell('default', 'other')
    const at = `${house.url}/api/messages?conversation=news`
    assert.deepEqual(await get(at), { status: 200, body: { replies: [reply('one'), reply('two')] } })
    assert.deepEqual(await get(at), { status: 200, body: { replies: [] } })
    assert.deepEqual(await get(`${house.url}/api/messages`), {
      status: 200,
      body: { replies: [reply('other')] },
    })
  })

  test('two readers at once do not both get it', async (t) => {
    const house = await openHttp(t)
    await house.tell('news', 'one')
    const got = await Promise.all([1, 2, 3].map(() => get(`${house.url}/api/messages?conversation=news`)))
    const replies = got.flatMap(({ body }) => (body as { replies: unknown[] }).replies)
    assert.deepEqual(replies, [reply('one')])
  })

  test('what only asks for the headers takes nothing along', async (t) => {
    const house = await openHttp(t)
    await house.tell('news', 'one')
    const at = `${house.url}/api/messages?conversation=news`
    assert.equal((await fetch(at, { method: 'HEAD' })).status, 200)
    assert.deepEqual(await get(at), { status: 200, body: { replies: [reply('one')] } })
  })

  test('a stop waits until what was fetched is written down as such', async (t) => {
    const settling = Promise.withResolvers<void>()
    const house = await openHttp(t, { settling: settling.promise })
    await house.tell('news', 'one')
    await house.tell('news', 'two')
    await get(`${house.url}/api/messages?conversation=news`)
    let isStopped = false
    const stopped = house.http.stop().then(() => (isStopped = true))
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
    assert.equal(isStopped, false)
    settling.resolve()
    await stopped
    assert.deepEqual(house.states(), ['sent', 'sent'])
  })

  test('what broke off before it was written whole is kept', async (t) => {
    const house = await openHttp(t)
    // More than the buffers between the two ends hold, so that the response cannot be finished unread.
    await house.tell('news', 'x'.repeat(12_000_000))
    const socket = connect(house.http.port() ?? 0, '127.0.0.1')
    socket.write('GET /api/messages?conversation=news HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await new Promise((resolve) => socket.once('readable', resolve))
    socket.resetAndDestroy()
    await new Promise((resolve) => setTimeout(resolve, 50))
    assert.deepEqual(house.states(), ['held'])
    const again = await get(`${house.url}/api/messages?conversation=news`)
    assert.equal((again.body as { replies: unknown[] }).replies.length, 1)
  })
})

suite('what a client may get wrong', () => {
  for (const [what, body, error] of [
    ['no JSON', '{"text": ', /the body is not JSON/u],
    ['no body', '', /the body is not JSON/u],
    ['no object', '[1]', /expected object/u],
    ['no text', '{}', /text/u],
    ['a text that is none', '{"text": 1}', /text/u],
    ['an unknown key', '{"text": "hi", "converstion": "a"}', /converstion/u],
    ['an empty id', '{"text": "hi", "id": ""}', /id/u],
    ['an endless id', `{"text": "hi", "id": "${'x'.repeat(201)}"}`, /id/u],
    ['half a character in a name', '{"text": "hi", "conversation": "\\ud800"}', /half a character/u],
    ['a control character in a name', '{"text": "hi", "id": "a\\u0000"}', /control character/u],
  ] as const) {
    test(`${what} is told apart with 400`, async (t) => {
      const { url, answered, logged } = await openHttp(t)
      const got = await post(url, body)
      assert.equal(got.status, 400)
      const told = got.body as { fault: string; error: string }
      assert.equal(told.fault, 'bad-request')
      assert.match(told.error, error)
      assert.deepEqual([answered, logged], [[], []])
    })
  }

  test('half a character in a text goes through to the inbox, which puts it right', async (t) => {
    const { url } = await openHttp(t)
    const { body } = await post(url, '{"text": "a\\ud800b"}')
    assert.deepEqual((body as { replies: unknown }).replies, [reply('re: a\uD800b')])
  })

  test('a content type other than JSON is 415', async (t) => {
    const { url } = await openHttp(t)
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
    ]) {
      assert.equal((await post(url, '{"text":"hi"}', { 'content-type': type })).status, 415, type)
    }
    assert.equal(
      (await post(url, '{"text":"hi"}', { 'content-type': 'Application/JSON; charset=utf-8' })).status,
      200,
    )
  })

  for (const [size, bytes, how] of [
    ['300 KB', 300_000, 'with its length'],
    ['300 KB', 300_000, 'in chunks'],
    ['1 MB', 1_000_000, 'in chunks'],
  ] as const) {
    test(`a body of ${size}, sent ${how}, is 413`, async (t) => {
      const { url, answered } = await openHttp(t)
      const got = await new Promise<{ status: number | undefined; text: string }>((resolve, reject) => {
        const body = JSON.stringify({ text: 'x'.repeat(bytes) })
        const headers: Record<string, string | number> = { 'content-type': 'application/json' }
        if (how === 'with its length') headers['content-length'] = body.length
        const sent = request(`${url}/api/messages`, { method: 'POST', headers }, (response) => {
          let text = ''
          response.setEncoding('utf8')
          response.on('data', (chunk: string) => (text += chunk))
          response.on('end', () => resolve({ status: response.statusCode, text }))
        })
        sent.on('error', reject)
        sent.write(body.slice(0, 1_000))
        sent.end(body.slice(1_000))
      })
      assert.equal(got.status, 413)
      assert.match(got.text, /"fault":"too-long".*262144 bytes/u)
      assert.deepEqual(answered, [])
    })
  }

  test('a path or a method that is not there is a 404 in JSON', async (t) => {
    const { url } = await openHttp(t)
    assert.deepEqual(await get(`${url}/nowhere`), {
      status: 404,
      body: { fault: 'unsupported', error: 'there is no GET /nowhere' },
    })
    const headers = { 'content-type': 'application/json' }
    const deleted = await fetch(`${url}/api/messages`, { method: 'DELETE', headers })
    assert.equal(deleted.status, 404)
  })

  test('a query that names no conversation is 400', async (t) => {
    const { url } = await openHttp(t)
    assert.equal((await get(`${url}/api/messages?conversation=`)).status, 400)
    assert.equal((await get(`${url}/api/messages/x?conversation=${'a'.repeat(201)}`)).status, 400)
  })
})
