import { SourceError, faultOf } from '../errors.ts'
import { sourceWords } from '../words-sources.ts'
import { inBoth } from '../words.ts'

/** The SourceError that tells what broke while something was fetched from `host`. */
export function brokenBy(thrown: unknown, host: string): SourceError {
  const chain = causes(thrown)
  const own = chain.find((error) => error instanceof SourceError)
  if (own !== undefined) return own
  const code = chain.map(codeOf).find((found) => found !== '') ?? ''
  const cause = { cause: thrown }
  const say = (word: 'noHost' | 'badCertificate' | 'malformed' | 'silent' | 'cut') =>
    inBoth(sourceWords, (words) => words[word](host, code))
  if (/^(?:ENOTFOUND|EAI_|ENODATA)/u.test(code)) {
    return new SourceError('network', say('noHost'), cause)
  }
  if (/^(?:CERT_|DEPTH_|UNABLE_TO_|SELF_SIGNED|ERR_TLS_CERT|HOSTNAME_)/u.test(code)) {
    return new SourceError('refused', say('badCertificate'), cause)
  }
  if (/^(?:Z_|ERR_BROTLI|ERR__ERROR|ERR_PADDING|ZSTD_|HPE_|UND_ERR_HEADERS_OVERFLOW)/u.test(code)) {
    return new SourceError('bad-answer', say('malformed'), cause)
  }
  if (/TIMEOUT|ETIMEDOUT/u.test(code)) {
    return new SourceError('timeout', say('silent'), cause)
  }
  return new SourceError('network', say('cut'), cause)
}

/** The SourceError of a reading that its signal ended: `timeout` if a time limit aborted it, else `cancelled`. */
export function stoppedBy(signal: AbortSignal, what: string): SourceError {
  const fault = faultOf(signal.reason) === 'timeout' ? 'timeout' : 'cancelled'
  const said = inBoth(sourceWords, (words) => words.stopped(what))
  return new SourceError(fault, said, { cause: signal.reason })
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
