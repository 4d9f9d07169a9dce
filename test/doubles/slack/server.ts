import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Files } from './files.ts'
import type { Responses } from './responses.ts'
import type { WebApi } from './web-api.ts'
import { readArgs, Refusal } from './wire.ts'

/** Slack's side of the wire: one port for the API, files, answers to commands, and sockets. */
export type Server = {
  readonly origin: () => string
  readonly listen: (port: number) => Promise<number>
  readonly close: () => Promise<void>
}

export function createSlackServer(parts: {
  readonly webApi: WebApi
  readonly files: Files
  readonly responses: Responses
  readonly isToken: (token: string) => boolean
  /** Where a download is sent instead; undefined answers it here. */
  readonly redirectFilesTo: () => string | undefined
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
}): Server {
  let port = 0
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://double')
    const [room = '', name = '', ...rest] = url.pathname.slice(1).split('/')
    const token = (request.headers.authorization ?? '').replace(/^Bearer /u, '')
    const body = await bodyOf(request)
    const args = () => readArgs(request.headers['content-type'] ?? '', url.searchParams, body)
    if (room === 'api') {
      const answered = await parts.webApi.answer(name, token, args)
      if (answered.kind === 'reset') return void request.socket.destroy()
      response.writeHead(answered.status, answered.headers)
      return void response.end(JSON.stringify(answered.body))
    }
    if (room === 'upload') {
      const bytes = await uploadOf(request.headers['content-type'] ?? '', body)
      if (parts.files.uploaded(rest[0] ?? '', bytes)) return void response.end(`OK - ${bytes.byteLength}`)
    }
    if (room === 'files-pri') return download(response, name, token)
    if (room === 'response') return answerTo(response, name, args)
    response.writeHead(404).end()
  }
  const answerTo = (response: ServerResponse, key: string, args: () => ReturnType<typeof readArgs>): void => {
    try {
      parts.responses.answer(key, args())
      response.end('ok')
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      response.writeHead(error.http.status, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ ok: false, error: error.error }))
    }
  }
  /** Without the token Slack answers 200 with the page where one signs in (slackapi/bolt-js#2585). */
  const download = (response: ServerResponse, id: string, token: string): void => {
    const elsewhere = parts.redirectFilesTo()
    if (elsewhere !== undefined) return void response.writeHead(302, { location: elsewhere }).end()
    const found = parts.isToken(token) ? parts.files.bytesOf(id) : undefined
    response.writeHead(200, { 'content-type': found?.mediaType ?? 'text/html; charset=utf-8' })
    response.end(found?.bytes ?? '<!DOCTYPE html><html><head><title>Sign in | Slack</title></head></html>')
  }
  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      response.destroy(error instanceof Error ? error : undefined)
    })
  })
  server.on('upgrade', parts.upgrade)
  return {
    origin: () => `http://127.0.0.1:${port}`,
    listen: async (wanted) => {
      server.listen(wanted || port, '127.0.0.1')
      await once(server, 'listening')
      const address = server.address()
      if (typeof address === 'object' && address !== null) port = address.port
      return port
    },
    close: async () => {
      if (!server.listening) return
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of request) if (piece instanceof Buffer) pieces.push(piece)
  return Buffer.concat(pieces)
}

/** An upload is the bytes themselves, or a form with one file; Slack's own client sends the latter. */
async function uploadOf(contentType: string, body: Buffer): Promise<Uint8Array> {
  if (!contentType.startsWith('multipart/form-data')) return body
  const form = await new Response(new Uint8Array(body), {
    headers: { 'content-type': contentType },
  }).formData()
  const [file] = form.values()
  return file instanceof Blob ? new Uint8Array(await file.arrayBuffer()) : body
}
