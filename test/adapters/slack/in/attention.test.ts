import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { isForUs, isMentioned } from '../../../../src/adapters/slack/in/attention.ts'
import type { Mention } from '../../../../src/config.ts'

type Heard = Parameters<typeof isForUs>[0]

const aside: Heard = {
  isDirect: false,
  isMention: false,
  text: 'hello all',
  isReply: false,
  wasCalled: () => false,
}
const inOurThread: Heard = { ...aside, isReply: true, wasCalled: () => true }
const modes: readonly Mention[] = ['always', 'thread', 'never']

const table: readonly (readonly [what: string, heard: Heard, forUs: readonly boolean[]])[] = [
  //                                                                                always thread never
  ['a direct message', { ...aside, isDirect: true }, [true, true, true]],
  ['a mention at the beginning', { ...aside, text: '<@UBOT> hi' }, [true, true, true]],
  ['a mention in the middle', { ...aside, text: 'ask <@UBOT|bot> now' }, [true, true, true]],
  ['what Slack calls a mention', { ...aside, isMention: true }, [true, true, true]],
  ['a word in a channel', aside, [false, false, true]],
  ['a mention of somebody else', { ...aside, text: '<@U1> hi' }, [false, false, true]],
  ['a mention that was typed by hand', { ...aside, text: '&lt;@UBOT&gt;' }, [false, false, true]],
  ['a word in a thread of others', { ...aside, isReply: true }, [false, false, true]],
  ['a word in a thread that we were called into', inOurThread, [false, true, true]],
  ['a word to somebody else there', { ...inOurThread, text: ' <@U1> you?' }, [false, false, true]],
  ['a word to a group there', { ...inOurThread, text: '<!subteam^S1|@ops> look' }, [false, false, true]],
  ['a word about somebody there', { ...inOurThread, text: 'what of <@U1>?' }, [false, true, true]],
  ['a word to all there', { ...inOurThread, text: '<!here> look' }, [false, true, true]],
  ['a word to somebody and to us there', { ...inOurThread, text: '<@U1> <@UBOT> you?' }, [true, true, true]],
]

suite('who is meant, by the mode of the channel', () => {
  for (const [what, heard, forUs] of table)
    test(`${what}: ${modes.map((mode, i) => `${mode} ${forUs[i]}`).join(', ')}`, () => {
      assert.deepEqual(
        modes.map((mode) => isForUs(heard, mode, 'UBOT')),
        forUs,
      )
    })
})

test('the rows are asked only where they decide', () => {
  const ask = (): never => assert.fail('asked')
  for (const mode of ['always', 'never'] as const) isForUs({ ...inOurThread, wasCalled: ask }, mode, 'UBOT')
  isForUs({ ...aside, wasCalled: ask }, 'thread', 'UBOT')
  isForUs({ ...inOurThread, text: '<@U1> you?', wasCalled: ask }, 'thread', 'UBOT')
  assert.throws(() => isForUs({ ...inOurThread, wasCalled: ask }, 'thread', 'UBOT'))
})

test('another id that begins like ours is not ours', () => {
  assert.equal(isMentioned({ isMention: false, text: '<@UBOT2>' }, 'UBOT'), false)
})
