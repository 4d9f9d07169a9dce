import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/** How long a leave is good for, in milliseconds. */
const leaveMs = 3_600_000

/**
 * A word that gives leave to install the app in one more workspace, for one hour. Whoever has the secret can make one: no
 * Moltbot needs to run for it, and what is kept of it later, its id, makes none.
 */
export function newLeave(secret: string, nowMs: number): string {
  const id = `${(nowMs + leaveMs).toString(36)}-${randomBytes(12).toString('base64url')}`
  return `${id}.${sealOf(id, secret).toString('base64url')}`
}

/** The id of a leave; undefined for one that is outdated, or was not made with the secret. */
export function readLeave(word: string, secret: string, nowMs: number): string | undefined {
  const [id = '', seal = '', ...more] = word.split('.')
  const given = Buffer.from(seal, 'base64url')
  const right = sealOf(id, secret)
  if (more.length > 0 || given.length !== right.length || !timingSafeEqual(given, right)) return undefined
  return Number.parseInt(id, 36) > nowMs ? id : undefined
}

/** The secret seals other things, too: what stands before the id keeps them apart. */
function sealOf(id: string, secret: string): Buffer {
  return createHmac('sha256', secret).update(`leave to install ${id}`).digest()
}
