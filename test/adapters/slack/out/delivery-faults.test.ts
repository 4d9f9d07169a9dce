import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deliveryOf } from '../../../../src/adapters/slack/out/delivery-faults.ts'

test('what Slack has is sent, by its ts', () => {
  assert.deepEqual(deliveryOf({ kind: 'ok', data: { ts: '1.2' } }), { kind: 'sent', ref: '1.2' })
  assert.deepEqual(deliveryOf({ kind: 'ok', data: {} }), { kind: 'sent' })
})

test('what nobody answered is unknown, what was never connected has failed', () => {
  assert.deepEqual(deliveryOf({ kind: 'unclear', why: 'cut' }), { kind: 'unknown', why: 'cut' })
  assert.deepEqual(deliveryOf({ kind: 'unreached', why: 'no DNS' }), {
    kind: 'failed',
    fault: 'network',
    why: 'no DNS',
  })
})

const faults = {
  ratelimited: 'rate-limit',
  service_unavailable: 'overloaded',
  team_added_to_org: 'overloaded',
  request_timeout: 'network',
  invalid_auth: 'bad-key',
  account_inactive: 'bad-key',
  token_revoked: 'bad-key',
  token_expired: 'bad-key',
  not_authed: 'bad-key',
  missing_scope: 'refused',
  channel_not_found: 'missing',
  not_in_channel: 'missing',
  is_archived: 'missing',
  restricted_action: 'refused',
  cannot_dm_bot: 'refused',
  user_disabled: 'missing',
  msg_too_long: 'too-long',
  msg_blocks_too_long: 'too-long',
  an_error_of_tomorrow: 'refused',
  constructor: 'refused',
} as const

for (const [error, fault] of Object.entries(faults))
  test(`${error} is ${fault}, and says so`, () => {
    const delivery = deliveryOf({ kind: 'error', error })
    assert.ok(delivery.kind === 'failed')
    assert.equal(delivery.fault, fault)
    assert.match(delivery.says?.zh ?? '', new RegExp(`\\p{Script=Han}.*（Slack 返回 ${error}）$`, 'u'))
    assert.match(delivery.why, new RegExp(`^[a-zA-Z].+ \\(Slack said ${error}\\)$`, 'u'))
  })

test('after fatal_error and internal_error the message may be there all the same', () => {
  assert.equal(deliveryOf({ kind: 'error', error: 'fatal_error' }).kind, 'unknown')
  assert.equal(deliveryOf({ kind: 'error', error: 'internal_error' }).kind, 'unknown')
})

test('a pause is as long as Slack asks for', () => {
  const delivery = deliveryOf({ kind: 'error', error: 'ratelimited', retryAfterMs: 7_000 })
  assert.ok(delivery.kind === 'failed')
  assert.equal(delivery.retryAfterMs, 7_000)
})
