import { createHmac, randomUUID } from 'node:crypto'
import { Agent, request } from 'node:http'
import type { Attempt, Parcel, Retry, Route } from './delivery.ts'
import type { Data } from './wire.ts'

/** Events, commands and clicks over HTTP, signed (https://docs.slack.dev/authentication/verifying-requests-from-slack). */
export type Signed = {
  /** Where they go; the URL is asked to prove itself before the first of them. */
  readonly to: (url: string | undefined) => void
  readonly isOn: () => boolean
  readonly route: Route
  readonly close: () => void
}

type Answer = {
  readonly status: number
  readonly body: string
  readonly headers: Readonly<Record<string, unknown>>
}

export function createSigned(options: {
  readonly secret: string
  readonly verificationToken: string
  readonly ackMs: number
  readonly now: () => number
}): Signed {
  const agent = new Agent({ keepAlive: true })
  let target: string | undefined
  let proven: Promise<boolean> | undefined
  const post = (
    body: string,
    contentType: string,
    headers: Readonly<Record<string, string>>,
  ): Promise<Answer> => {
    const timestamp = String(Math.floor(options.now() / 1_000))
    const signature = createHmac('sha256', options.secret).update(`v0:${timestamp}:${body}`).digest('hex')
    return exchange(agent, target ?? '', body, options.ackMs, {
      ...headers,
      'content-type': contentType,
      'user-agent': 'Slackbot 1.0 (+https://api.slack.com/robots)',
      'x-slack-request-timestamp': timestamp,
      'x-slack-signature': `v0=${signature}`,
    })
  }
  /** https://docs.slack.dev/reference/events/url_verification */
  const prove = async (): Promise<boolean> => {
    const challenge = randomUUID()
    const body = { token: options.verificationToken, challenge, type: 'url_verification' }
    const answer = await post(JSON.stringify(body), 'application/json', {}).catch(() => undefined)
    return answer?.status === 200 && answer.body.includes(challenge)
  }
  return {
    to: (url) => {
      target = url
      proven = undefined
    },
    isOn: () => target !== undefined,
    route: async (parcel, retry) => {
      proven ??= prove()
      if (!(await proven)) {
        proven = undefined
        return { kind: 'refused', reason: 'connection_failed' }
      }
      const { body, contentType } = written(parcel)
      try {
        return outcomeOf(await post(body, contentType, retryHeaders(retry)))
      } catch (error) {
        const isLate = error instanceof Error && error.message === 'late'
        return { kind: 'refused', reason: isLate ? 'http_timeout' : 'connection_failed' }
      }
    },
    close: () => agent.destroy(),
  }
}

function written({ type, payload }: Parcel): { readonly body: string; readonly contentType: string } {
  if (type === 'events_api') return { body: JSON.stringify(payload), contentType: 'application/json' }
  const fields = type === 'interactive' ? { payload: JSON.stringify(payload) } : texts(payload)
  return { body: new URLSearchParams(fields).toString(), contentType: 'application/x-www-form-urlencoded' }
}

function texts(payload: Data): Record<string, string> {
  return Object.fromEntries(Object.entries(payload).map(([key, value]) => [key, String(value)]))
}

function retryHeaders(retry: Retry | undefined): Readonly<Record<string, string>> {
  return retry === undefined
    ? {}
    : { 'x-slack-retry-num': String(retry.num), 'x-slack-retry-reason': retry.reason }
}

function outcomeOf({ status, body, headers }: Answer): Attempt {
  if (status >= 200 && status < 300) return { kind: 'acknowledged', response: responseOf(body) }
  return { kind: 'refused', reason: 'http_error', isFinal: headers['x-slack-no-retry'] === '1' }
}

function responseOf(body: string): unknown {
  if (body === '') return undefined
  try {
    return JSON.parse(body)
  } catch {
    return { text: body }
  }
}

/** One exchange over HTTP; rejects with `late` after so long. */
function exchange(
  agent: Agent,
  url: string,
  body: string,
  timeoutMs: number,
  headers: Readonly<Record<string, string>>,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      { method: 'POST', agent, headers: { ...headers, 'content-length': Buffer.byteLength(body) } },
      (response) => {
        const pieces: Buffer[] = []
        response.on('data', (piece: Buffer) => pieces.push(piece))
        response.on('error', reject)
        response.on('end', () => {
          clearTimeout(timer)
          resolve({
            status: response.statusCode ?? 0,
            body: Buffer.concat(pieces).toString(),
            headers: response.headers,
          })
        })
      },
    )
    const timer = setTimeout(() => sent.destroy(new Error('late')), timeoutMs)
    sent.on('error', (error) => {
      clearTimeout(timer)
      reject(error)
    })
    sent.end(body)
  })
}
