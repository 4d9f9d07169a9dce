import { SourceError, faultOf } from '../errors.ts'

/** The SourceError that tells what broke while something was fetched from `host`. */
export function brokenBy(thrown: unknown, host: string): SourceError {
  const chain = causes(thrown)
  const own = chain.find((error) => error instanceof SourceError)
  if (own !== undefined) return own
  const code = chain.map(codeOf).find((found) => found !== '') ?? ''
  const cause = { cause: thrown }
  const detail = code === '' ? '' : ` (${code})`
  if (/^(?:ENOTFOUND|EAI_|ENODATA)/u.test(code)) {
    return new SourceError(
      'network',
      `the host ${host} was not found${detail}; check its spelling and the connection.`,
      cause,
    )
  }
  if (/^(?:CERT_|DEPTH_|UNABLE_TO_|SELF_SIGNED|ERR_TLS_CERT|HOSTNAME_)/u.test(code)) {
    return new SourceError(
      'refused',
      `the certificate of ${host} is not valid${detail}; its owner must renew it.`,
      cause,
    )
  }
  if (/^(?:Z_|ERR_BROTLI|ERR__ERROR|ERR_PADDING|ZSTD_|HPE_|UND_ERR_HEADERS_OVERFLOW)/u.test(code)) {
    return new SourceError(
      'bad-answer',
      `the answer of ${host} is malformed${detail}; try again, or tell its owner.`,
      cause,
    )
  }
  if (/TIMEOUT|ETIMEDOUT/u.test(code)) {
    return new SourceError('timeout', `${host} did not answer in time${detail}; try again later.`, cause)
  }
  return new SourceError('network', `the connection to ${host} failed${detail}; try again later.`, cause)
}

/** The SourceError of a reading that its signal ended: `timeout` if a time limit aborted it, else `cancelled`. */
export function stoppedBy(signal: AbortSignal, what: string): SourceError {
  const fault = faultOf(signal.reason) === 'timeout' ? 'timeout' : 'cancelled'
  return new SourceError(fault, `reading ${what} was stopped before it ended.`, { cause: signal.reason })
}

/** The error with the errors behind it, outermost first. */
function causes(thrown: unknown): Error[] {
  const chain: Error[] = []
  for (let error = thrown; error instanceof Error && chain.length < 10; error = error.cause) {
    chain.push(error)
    // Several addresses were tried; the first failure is as good as any.
    if (error instanceof AggregateError && error.errors[0] instanceof Error) chain.push(error.errors[0])
  }
  return chain
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : ''
}
