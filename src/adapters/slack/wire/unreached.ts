import { neverConnected } from '../../../connections.ts'
import type { SlackAnswer } from '../contract.ts'

/** The codes of Node and undici for a connection that was never made, a proxy's and those of certificates among them. */
const unmade: ReadonlySet<string> = new Set([
  ...neverConnected,
  'UND_ERR_PRX_TLS',
  'UND_ERR_PRX_CONN',
  // A certificate is looked at before the first byte of a request (nodejs.org/api/tls.html, X509 certificate error codes).
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REVOKED',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])

/** What a failed request means: surely not sent, or nobody knows. It says the code alone: texts may hold what was sent. */
export function failureOf(thrown: unknown): Exclude<SlackAnswer, { kind: 'ok' | 'error' }> {
  const code = codeOf(thrown)
  return code !== undefined && unmade.has(code)
    ? { kind: 'unreached', why: `no connection to Slack (${code})` }
    : { kind: 'unclear', why: `the connection to Slack broke${code === undefined ? '' : ` (${code})`}` }
}

/** The code of an error, or of what caused it: fetch wraps the one that says it. */
function codeOf(thrown: unknown, depth = 0): string | undefined {
  if (!(thrown instanceof Error) || depth > 4) return undefined
  if ('code' in thrown && typeof thrown.code === 'string') return thrown.code
  return codeOf(thrown.cause, depth + 1)
}
