import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SourceError } from '../../src/errors.ts'
import { decode } from '../../src/sources/decode.ts'

const bytes = (...parts: (string | number[])[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part))))
const gbk = [0xc4, 0xe3, 0xba, 0xc3]
const sjis = [0x83, 0x65, 0x83, 0x58, 0x83, 0x67]

test('text is read in the charset that is named for it', () => {
  assert.equal(decode(bytes('你好')), '你好')
  assert.equal(decode(bytes(gbk), 'text/xml; charset=gb2312'), '你好')
  assert.equal(decode(bytes(sjis), 'text/xml; charset="Shift_JIS"'), 'テスト')
  assert.equal(decode(bytes([0xa7, 0x41]), 'text/plain;charset=big5'), '你')
  assert.equal(decode(bytes([0xb0, 0xa1]), 'text/plain;charset=euc-kr'), '가')
  assert.equal(decode(bytes([0xcf, 0xf0]), 'text/plain;charset=windows-1251'), 'Пр')
  assert.equal(
    decode(bytes('<?xml version="1.0" encoding="GBK"?><a>', gbk)),
    '<?xml version="1.0" encoding="GBK"?><a>你好',
  )
  assert.equal(decode(bytes('<html><meta charset=gb18030>', gbk)), '<html><meta charset=gb18030>你好')
})

test('a byte order mark wins over every label and is no part of the text', () => {
  assert.equal(decode(bytes([0xef, 0xbb, 0xbf], '你'), 'text/xml; charset=gbk'), '你')
  assert.equal(decode(bytes([0xff, 0xfe, 0x60, 0x4f])), '你')
  assert.equal(decode(bytes([0xfe, 0xff, 0x4f, 0x60])), '你')
})

test('the content type wins over the declaration, and a label that cannot be true is passed over', () => {
  assert.equal(decode(bytes('<?xml encoding="utf-8"?>', gbk), 'text/xml; charset=gbk').slice(-2), '你好')
  assert.equal(
    decode(bytes('<?xml version="1.0" encoding="GBK"?>', gbk), 'text/xml; charset=utf-8').slice(-2),
    '你好',
  )
  assert.equal(decode(bytes('<?xml version="1.0" encoding="utf-16"?>你')).slice(-1), '你')
})

test('one broken character in many costs that character only', () => {
  const text = decode(bytes('a'.repeat(300), [0xff], 'z'), 'text/plain; charset=utf-8')
  assert.equal(text, `${'a'.repeat(300)}\uFFFDz`)
})

const unreadable = (error: unknown): boolean => error instanceof SourceError && error.fault === 'unreadable'

test('an unknown charset and bytes in no named charset are unreadable, never guessed', () => {
  assert.throws(() => decode(bytes('a'), 'text/xml; charset=x-klingon'), unreadable)
  assert.throws(() => decode(bytes('a'), 'text/xml; charset=utf-7'), unreadable)
  assert.throws(() => decode(bytes(gbk)), unreadable)
  assert.throws(() => decode(bytes(gbk), 'text/xml; charset=utf-8'), unreadable)
})
