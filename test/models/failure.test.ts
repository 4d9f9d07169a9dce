import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { errors } from 'undici'
import { ModelError, type Fault } from '../../src/errors.ts'
import { readFailure, toldFailure } from '../../src/models/failure.ts'

const vendor = { name: 'gpt', apiKey: 'sk-secret', now: () => 0 }

/** An error with more fields than an Error has. */
const failed = (fields: object, cause?: unknown): Error =>
  Object.assign(new Error('told', cause === undefined ? {} : { cause }), fields)

const cases: readonly (readonly [string, unknown, Fault])[] = [
  [
    'a body that fetch found broken',
    new TypeError('terminated', { cause: new errors.SocketError('gone') }),
    'network',
  ],
  ['a fetch that failed', new TypeError('fetch failed'), 'network'],
  ['a socket that the other side closed', new errors.SocketError('other side closed'), 'network'],
  ['a reset', failed({ code: 'ECONNRESET', errno: -104, syscall: 'read' }), 'network'],
  ['an error of the system that is in no table', failed({ code: 'EPROTO', syscall: 'write' }), 'network'],
  ['a connection that takes too long', new errors.ConnectTimeoutError('slow'), 'timeout'],
  ['headers that take too long', new errors.HeadersTimeoutError('slow'), 'timeout'],
  ['a body that takes too long', new errors.BodyTimeoutError('slow'), 'timeout'],
  ['an agent that was closed', new errors.ClientDestroyedError('gone'), 'network'],
  ['a body shorter than announced', new errors.ResponseContentLengthMismatchError('short'), 'network'],
  ['what is no HTTP', new errors.HTTPParserError('odd'), 'bad-answer'],
  ['what is not compressed as announced', failed({ code: 'Z_BUF_ERROR' }), 'bad-answer'],
  ['an abort of the time limit in the SDK', new DOMException('aborted', 'AbortError'), 'timeout'],
  ['a time limit', new DOMException('timed out', 'TimeoutError'), 'timeout'],
  [
    'an AggregateError of a name with two addresses',
    new AggregateError([failed({ code: 'ECONNREFUSED' })]),
    'internal',
  ],
  [
    'the same with its code',
    failed({ name: 'APIConnectionError' }, failed({ code: 'ECONNREFUSED' })),
    'network',
  ],
  ['no credit', failed({ status: 402 }), 'no-credit'],
  ['a request too large', failed({ status: 413 }), 'too-long'],
  ['an overloaded vendor', failed({ status: 529 }), 'overloaded'],
  ['a status of the vendor that nobody knows', failed({ status: 599 }), 'overloaded'],
  ['a redirect', failed({ status: 307 }), 'unsupported'],
  ['an error in a stream, with a type', failed({ name: 'APIError', type: 'overloaded_error' }), 'overloaded'],
  ['an error in a stream, with a number', failed({ name: 'APIError', code: 429 }), 'rate-limit'],
  ['an error in a stream, with a number as text', failed({ name: 'APIError', code: '503' }), 'overloaded'],
  ['an error in a stream that says nothing', failed({ name: 'APIError' }), 'bad-answer'],
  [
    'a code beside a status that says less',
    failed({ status: 429, error: { code: 'insufficient_quota' } }),
    'no-credit',
  ],
  ['a defect', new RangeError('oops'), 'internal'],
  ['what is no error', 'oops', 'internal'],
]

suite('failures', () => {
  for (const [what, thrown, fault] of cases)
    test(`${what} is ${fault}`, () => {
      assert.equal(readFailure(thrown, vendor).fault, fault)
    })

  test('a ModelError stays what it is', () => {
    const error = new ModelError('refused', 'no')
    assert.equal(readFailure(error, vendor), error)
  })

  test('the wait is read from the headers, in milliseconds where they are finer', () => {
    const headers = new Headers({ 'retry-after': '2', 'retry-after-ms': '1500' })
    assert.equal(readFailure(failed({ status: 429, headers }), vendor).retryAfterMs, 1_500)
  })

  test('a failure that an answer tells of itself goes by its code, and does not quote the key', () => {
    assert.equal(toldFailure({ code: 'server_error' }, vendor).fault, 'overloaded')
    assert.match(toldFailure({ code: 'server_error' }, vendor).message, /\(server_error\)/u)
    const { fault, message } = toldFailure({ code: 'sk-secret' }, vendor)
    assert.equal(fault, 'bad-answer')
    assert.match(message, /\(\*\*\*\)/u)
  })

  test('the message has status, code and request; without a status it has the words of the system', () => {
    const requestID = 'req_123'
    const refused = failed({ status: 422, error: { code: 'too_odd' }, code: 'too_odd', requestID })
    assert.match(readFailure(refused, vendor).message, /\(422, too_odd, request req_123\)$/u)
    const words = [
      ['ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:9'],
      ['ERR_TLS_CERT_ALTNAME_INVALID', 'the host is not in the certificate'],
      ['SELF_SIGNED_CERT_IN_CHAIN', 'self-signed certificate in certificate chain'],
    ] as const
    for (const [code, text] of words) {
      const system = Object.assign(new Error(text), { code })
      const { message, cause } = readFailure(failed({ error: undefined }, system), vendor)
      assert.ok(message.endsWith(`(${text})`), message)
      assert.ok(cause instanceof Error && 'code' in cause && cause.code === code)
    }
  })

  test('a vendor that names its error like one of the system is not quoted', () => {
    const told = failed({ name: 'APIError', code: 'ECONNRESET', error: { message: 'told' } })
    assert.match(readFailure(told, vendor).message, /\(ECONNRESET\)$/u)
  })

  test('the cause keeps where it was thrown, and nothing of what was said', () => {
    const thrown = new RangeError('she said\n    at home')
    const { cause } = readFailure(thrown, vendor)
    assert.ok(cause instanceof Error && cause.name === 'RangeError')
    assert.match(cause.stack ?? '', /failure\.test\.ts/u)
    assert.doesNotMatch(cause.stack ?? '', /she said|at home/u)
    assert.match(thrown.stack ?? '', /at home/u)
  })
})
