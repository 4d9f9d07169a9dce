import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { readTranscript } from '../../src/sources/transcript.ts'

const cue = (text: string): string => `00:01.000 --> 00:02.000 align:start\n${text}\n\n`
const read = (...cues: string[]): string | undefined =>
  readTranscript(`WEBVTT\n\n${cues.map(cue).join('')}`)?.text

test('the cues of one speaker after another become one line', () => {
  const { title, text } =
    readTranscript(readFileSync(new URL('../../examples/meeting.vtt', import.meta.url), 'utf8')) ??
    assert.fail()
  assert.equal(title, 'Release planning, 19 November')
  const lines = text.split('\n')
  assert.equal(lines.length, 13)
  assert.equal(
    lines[1],
    'Jonas Weber: The import is fixed. It takes forty seconds now, it took six minutes before. I still have to test it with the large archive.',
  )
})

test('speakers are read from voice tags and from names with a colon', () => {
  assert.equal(read('<v.loud Ann>Hi &amp; <b>ho</b></v>', '<v Ann>again', 'more'), 'Ann: Hi & ho again more')
  assert.equal(read('Ann: one', 'Bob: two', 'Bob: three'), 'Ann: one\nBob: two three')
  assert.equal(read('张伟：你好', '李娜: 再见'), '张伟: 你好\n李娜: 再见')
  assert.equal(read('nobody', 'speaks'), 'nobody speaks')
  assert.equal(read('<v Ann>one <v Bob>two'), 'Ann: one\nBob: two')
  assert.equal(read('it is 10:30 now', '<00:01.500>timed'), 'it is 10:30 now timed')
})

test('SubRip with Windows line ends is read, notes and styles are not', () => {
  const srt =
    '1\r\n00:00:01,000 --> 00:00:02,000\r\n<i>Hello</i>\r\nthere\r\n\r\n2\r\n00:00:03,000 --> 00:00:04,000\r\nBye\r\n'
  assert.equal(readTranscript(srt)?.text, 'Hello there Bye')
  assert.equal(
    readTranscript(`WEBVTT\n\nNOTE secret\nnote\n\nSTYLE\n::cue {}\n\n${cue('said')}`)?.text,
    'said',
  )
})

test('what has no cues is no transcript', () => {
  for (const text of ['', 'WEBVTT', 'words --> words', '1\n\n2'])
    assert.equal(readTranscript(text), undefined)
})
