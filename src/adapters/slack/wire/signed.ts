import { createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import { FaultError, faultOf } from '../../../errors.ts'
import type { Log } from '../../../log.ts'
import { rateLimitedMinuteMs, type Dispatch, type OnRateLimited } from './arrival.ts'

/** Where Slack sends events, commands and clicks over HTTP. */
export type SignedRoute = {
  readonly path: '/slack/events'
  /** Answers a POST at the path. Never rejects. */
  readonly handle: (request: Request) => Promise<Response>
}

type Parts = {
  readonly signingSecret: string
  readonly dispatch: Dispatch
  readonly onRateLimited: OnRateLimited
  readonly now: () => number
  readonly log: Log
}

/**
 * Slack writes a text of up to 40,000 characters twice (as text, and in blocks), and each character outside of ASCII
 * in six bytes.
 */
const maxBytes = 1024 * 1024
/** What was signed longer ago, or in the future, is refused (docs.slack.dev/authentication/verifying-requests-from-slack). */
const maxSkewMs = 300_000
/** The least time between two lines in the log about signatures that are wrong. */
const refusalLogMs = 60_000

const challengeSchema = z.object({ type: z.literal('url_verification'), challenge: z.string() })

/**
 * Makes the way in over HTTP. What Slack has not signed with the secret within five minutes is refused before it is read.
 * The answer is 200 once the arrival is durable, and 503 where it is not, so that Slack sends it again.
 */
export function createSignedRoute(parts: Parts): SignedRoute {
  const { signingSecret, dispatch, onRateLimited, now, log } = parts
  if (signingSecret === '') throw new FaultError('bad-request', 'the signing secret of Slack is empty')
  let refusalLoggedAtMs = Number.NEGATIVE_INFINITY

  const refuse = (why: string): Response => {
    if (Math.abs(now() - refusalLoggedAtMs) >= refusalLogMs) {
      refusalLoggedAtMs = now()
      log.warn({ fault: 'refused' }, `a request to /slack/events was refused: ${why}`)
    }
    return new Response(null, { status: 401 })
  }

  const take = async (body: unknown, headers: Headers): Promise<Response> => {
    const challenge = challengeSchema.safeParse(body)
    if (challenge.success) return new Response(challenge.data.challenge)
    const minuteMs = rateLimitedMinuteMs(body)
    if (minuteMs !== undefined) {
      onRateLimited(minuteMs)
      return new Response(null)
    }
    const retryNum = Number(headers.get('x-slack-retry-num') ?? Number.NaN)
    const answer = await dispatch({
      body,
      ...(Number.isSafeInteger(retryNum) ? { retryNum } : {}),
      retryReason: headers.get('x-slack-retry-reason') ?? undefined,
    })
    return answer === undefined ? new Response(null) : Response.json(answer)
  }

  return {
    path: '/slack/events',
    handle: async (request) => {
      const raw = await readBytes(request)
      if (raw === undefined) return new Response(null, { status: 413 })
      const wrong = wrongIn(request.headers, raw, signingSecret, now())
      if (wrong !== undefined) return refuse(wrong)
      const read = bodyOf(raw.toString('utf8'), request.headers.get('content-type') ?? '')
      if (read === undefined) return new Response(null, { status: 400 })
      try {
        return await take(read.body, request.headers)
      } catch (error) {
        log.error(
          { fault: faultOf(error), err: error },
          'what Slack sent could not be taken in; it sends it again',
        )
        return new Response(null, { status: 503 })
      }
    },
  }
}

/** The bytes of the body; undefined where they are too many, or do not come. */
async function readBytes(request: Request): Promise<Buffer | undefined> {
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) return undefined
  const parts: Uint8Array[] = []
  let length = 0
  try {
    for await (const part of request.body ?? []) {
      length += part.length
      if (length > maxBytes) return undefined
      parts.push(part)
    }
  } catch {
    return undefined
  }
  return Buffer.concat(parts)
}

/** What is wrong with a signature, or undefined. The signature must be 64 hex digits and no more, the time a whole number. */
function wrongIn(headers: Headers, raw: Buffer, secret: string, nowMs: number): string | undefined {
  const seconds = headers.get('x-slack-request-timestamp') ?? ''
  const signature = headers.get('x-slack-signature') ?? ''
  if (!/^\d{1,12}$/u.test(seconds) || !/^v0=[0-9a-f]{64}$/u.test(signature))
    return 'it has no signature of Slack'
  if (Math.abs(nowMs - Number(seconds) * 1_000) > maxSkewMs)
    return 'it was signed more than five minutes from now; is the clock of this machine right?'
  const right = createHmac('sha256', secret).update(`v0:${seconds}:`).update(raw).digest()
  const isRight = timingSafeEqual(right, Buffer.from(signature.slice(3), 'hex'))
  return isRight ? undefined : 'its signature is wrong; does slack.signing_secret belong to this app?'
}

/** Events are JSON, clicks and forms are JSON in the field `payload`, commands are the fields themselves. */
function bodyOf(text: string, contentType: string): { readonly body: unknown } | undefined {
  const type = contentType.split(';')[0]?.trim().toLowerCase()
  if (type === 'application/json') return jsonOf(text)
  if (type !== 'application/x-www-form-urlencoded') return undefined
  const form = new URLSearchParams(text)
  const payload = form.get('payload')
  return payload === null ? { body: Object.fromEntries(form) } : jsonOf(payload)
}

function jsonOf(text: string): { readonly body: unknown } | undefined {
  try {
    return { body: JSON.parse(text) }
  } catch {
    return undefined
  }
}
