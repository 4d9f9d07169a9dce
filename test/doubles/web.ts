import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'

/** A web server on loopback that behaves as the web does at its worst. */
export type Web = {
  /** `http://127.0.0.1:port`, without a slash at the end. */
  readonly url: string
  readonly port: number
  /** How many connections were opened to it. */
  readonly connects: () => number
  /** Bytes of bodies that were handed to sockets. */
  readonly sentBytes: () => number
  /** The requests that came, oldest first, as `METHOD /path`. */
  readonly requests: readonly string[]
  readonly lastHeaders: () => Readonly<Record<string, unknown>>
  readonly close: () => Promise<void>
}

/** What one path answers. A string is a redirect. */
export type Answer =
  string | { status?: number; type?: string; body?: string | Uint8Array; encoding?: string }

export const rss = `<?xml version="1.0"?><rss version="2.0"><channel><title>Loopback News</title><link>http://example.org/</link>
<item><title>First</title><link>/first</link><guid isPermaLink="false">a</guid><pubDate>Mon, 02 Nov 2026 10:00:00 GMT</pubDate><description>One.</description></item>
<item><title>Second</title><link>/second</link><guid isPermaLink="false">b</guid><pubDate>Tue, 03 Nov 2026 10:00:00 GMT</pubDate><description>Two.</description></item>
</channel></rss>`

/** Starts the server on a free port of `host`; `answers` adds paths to those that it knows by itself. */
export async function startWeb(
  answers: Readonly<Record<string, Answer>> = {},
  host = '127.0.0.1',
): Promise<Web> {
  let connects = 0
  let sentBytes = 0
  let lastHeaders: Readonly<Record<string, unknown>> = {}
  const requests: string[] = []
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname
    requests.push(`${request.method} ${path}`)
    lastHeaders = request.headers
    const answer = answers[path]
    const isFirst = requests.filter((one) => one.endsWith(` ${path}`)).length === 1
    if (path === '/reset-once') return behave(isFirst ? '/reset' : '/feed', response, () => 0)
    if (answer !== undefined) return send(response, answer)
    return behave(path, response, (bytes) => (sentBytes += bytes))
  })
  server.on('connection', () => connects++)
  server.listen(0, host)
  await once(server, 'listening')
  const bound = server.address()
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    connects: () => connects,
    sentBytes: () => sentBytes,
    requests,
    lastHeaders: () => lastHeaders,
    close: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

function send(response: ServerResponse, answer: Answer): void {
  if (typeof answer === 'string') {
    response.writeHead(302, { location: answer }).end()
    return
  }
  const headers: Record<string, string> = {
    'content-type': answer.type ?? 'application/rss+xml; charset=utf-8',
  }
  if (answer.encoding !== undefined) headers['content-encoding'] = answer.encoding
  response.writeHead(answer.status ?? 200, headers).end(answer.body ?? '')
}

function behave(path: string, response: ServerResponse, count: (bytes: number) => void): void {
  switch (path) {
    case '/feed':
      return send(response, { body: rss })
    case '/500':
      return send(response, { status: 500, body: 'broken' })
    case '/hang':
      return
    case '/reset':
      response.socket?.resetAndDestroy()
      return
    case '/cut':
      response.writeHead(200, { 'content-length': '1000' })
      response.write(rss.slice(0, 50), () => response.destroy())
      return
    case '/drip': {
      response.writeHead(200, { 'content-type': 'text/xml' })
      const timer = setInterval(() => response.write('x'), 20)
      response.on('close', () => clearInterval(timer))
      return
    }
    case '/bomb': {
      // 50 MB of zeros in 50 kB: members of one megabyte, one after the other.
      const member = gzipSync(Buffer.alloc(1_000_000))
      response.writeHead(200, { 'content-type': 'text/xml', 'content-encoding': 'gzip' })
      for (let i = 0; i < 50; i++) response.write(member)
      response.end()
      return
    }
    case '/huge':
      response.writeHead(200, { 'content-type': 'text/xml' })
      return pour(response, 50, count)
    case '/declared-huge':
      response.writeHead(200, { 'content-type': 'text/xml', 'content-length': '50000000' })
      return pour(response, 50, count)
    case '/round':
      return send(response, '/round')
    case '/bad-gzip':
      return send(response, { body: 'this is no gzip', encoding: 'gzip' })
    default:
      return send(response, { status: 404, body: 'not here' })
  }
}

/** Writes megabytes as fast as the other side takes them. */
function pour(response: ServerResponse, megabytes: number, count: (bytes: number) => void): void {
  const block = Buffer.alloc(65_536, 'x')
  let left = (megabytes * 1_000_000) / block.length
  const more = (): void => {
    for (; left > 0; left--) {
      if (response.destroyed) return
      count(block.length)
      if (!response.write(block)) {
        left--
        response.once('drain', more)
        return
      }
    }
    response.end()
  }
  more()
}
