import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import * as fc from 'fast-check'
import { bestSentences, shorten } from '../../src/models/builtin/summary.ts'
import { samples } from './builtin-texts.ts'

/** Without any white space, so that folded and wrapped text compare. */
function packed(text: string): string {
  return text.replaceAll(/\s+/gu, '')
}

/** True if a chosen sentence stands in the text, but for the mark of a cut and the speaker before it. */
function standsIn(text: string, chosen: string): boolean {
  const all = packed(text)
  const uncut = chosen.endsWith('…') && !all.includes(packed(chosen)) ? chosen.slice(0, -1) : chosen
  if (all.includes(packed(uncut))) return true
  const [, speaker = '', said = ''] = /^([^:：]{1,40})(?:: |：)([\s\S]*)$/u.exec(uncut) ?? []
  return speaker !== '' && all.includes(packed(speaker)) && all.includes(packed(said))
}

/** A megabyte of the same. */
function million(unit: string): string {
  return unit.repeat(Math.ceil(1_000_000 / unit.length)).slice(0, 1_000_000)
}

suite('the gist of a text', () => {
  for (const { name, sentences, text, must, never } of samples) {
    test(`${name}: what matters is in it, what does not is not`, () => {
      const chosen = bestSentences(text, sentences)
      const all = chosen.join('\n')
      assert.ok(chosen.length <= sentences)
      for (const pattern of must) assert.match(all, pattern)
      for (const pattern of never) assert.doesNotMatch(all, pattern)
      for (const one of chosen) assert.ok(standsIn(text, one), one)
    })
  }

  const one: readonly (readonly [text: string, gist: string])[] = [
    ['', ''],
    [' \n\t ', ''],
    ['Ship it.', 'Ship it.'],
    ['明天上午十点开会。', '明天上午十点开会。'],
    ['# A title', 'A title'],
    ['Good morning everyone', ''],
    ['大家好', ''],
    ['各位同事：', ''],
    ['Subscribe to our newsletter', ''],
    ['点击阅读原文', ''],
    ['长按识别二维码关注我们', ''],
    ['Thanks for joining, see you next week!', ''],
    ['好的，收到！', ''],
    ['https://example.com/a.b?c=d', ''],
    ['Comments', ''],
    ['const a = open("x"); if (a) { b() }', ''],
  ]
  for (const [text, gist] of one) {
    test(`of ${JSON.stringify(text)} it is ${JSON.stringify(gist)}`, () =>
      assert.equal(shorten(text, 1), gist))
  }

  test('a greeting with news in it is no mere greeting', () => {
    const text = 'Good morning everyone, the server in Frankfurt will be switched off on Friday.'
    assert.equal(shorten(text, 1), text)
    assert.equal(shorten('大家好，周五服务器将停机。', 1), '大家好，周五服务器将停机。')
  })

  test('words of boilerplate within a report are news', () => {
    const text =
      'A court found that the privacy policy of the shop, which asks to subscribe to its newsletter, is void.'
    assert.equal(shorten(text, 1), text)
  })

  test('the weather is small talk in a meeting and the matter in a forecast', () => {
    const forecast =
      'Heavy rain fell for hours over the whole of Liguria and the north of Tuscany. The rain is easing now. Rain will be over by noon. The mayor of Genoa thanked all 40 firemen who came on 9 August.'
    assert.equal(
      shorten(forecast, 1),
      'Heavy rain fell for hours over the whole of Liguria and the north of Tuscany.',
    )
    const meeting = 'Ann: The weather will be sunny on Friday.\nBob: The contract with the host ends in June.'
    assert.equal(shorten(meeting, 1), 'Bob: The contract with the host ends in June.')
  })
})

suite('without any cue', () => {
  test('the sentence that shares most with the others stands for them', () => {
    const text =
      'Mia: Her brother plays the cello in Ghent.\nTom: The harbour pilots want larger boats.\n' +
      'Eva: Larger boats suit the harbour of Ghent and its pilots.\nMia: Its pilots are few.\nTom: Soup is on the stove again.'
    assert.match(shorten(text, 1), /^Eva: /)
  })
})

suite('sentences', () => {
  test('titles, times, initials, versions and links do not end them', () => {
    const text =
      'Dr. Smith met Mr. Jones at 3 p.m. on Jan. 5 in the U.S. Senate building. They agreed, e.g. on the budget of Acme Inc. for 2027. ' +
      'Version v1.2 of app.js works; see https://a.b/c.html?x=1. "Is it done?" she asked. The fans of J. R. Tolkien waited until 5 p.m. The rest went home.'
    assert.deepEqual(bestSentences(text, 9), [
      'Dr. Smith met Mr. Jones at 3 p.m. on Jan. 5 in the U.S. Senate building.',
      'They agreed, e.g. on the budget of Acme Inc. for 2027.',
      'Version v1.2 of app.js works; see https://a.b/c.html?x=1.',
      '"Is it done?" she asked.',
      'The fans of J. R. Tolkien waited until 5 p.m.',
      'The rest went home.',
    ])
  })

  test('Chinese ones end at their marks, and a quotation stays with its speaker', () => {
    const text = '张三说：“我们决定延期。”李四同意了！“这次降价是被迫的。”该公司负责人表示。版本v1.2不稳定。'
    assert.deepEqual(bestSentences(text, 9), [
      '张三说：“我们决定延期。”',
      '李四同意了！',
      '“这次降价是被迫的。”该公司负责人表示。',
      '版本v1.2不稳定。',
    ])
  })

  test('every turn of a talk keeps its speaker, also in its second sentence', () => {
    const text =
      'Ann: Morning! We decided to move the launch to May.\nBob (10:32): I will tell the customers by Friday.'
    assert.deepEqual(bestSentences(text, 2), [
      'Ann: We decided to move the launch to May.',
      'Bob: I will tell the customers by Friday.',
    ])
    const pasted = '张伟 2026-11-20 10:35\n昨晚数据库磁盘满了\n我今天会加上告警'
    assert.deepEqual(bestSentences(pasted, 2), ['张伟：昨晚数据库磁盘满了', '张伟：我今天会加上告警'])
  })

  test('a colon alone makes no speaker', () => {
    const text =
      'The team agreed on one thing: the launch moves to May. Bob will tell the customers by Friday.'
    assert.equal(shorten(text, 2), text)
    const labelled = 'Decision: the launch moves to May. Bob will tell the customers by Friday.'
    assert.equal(shorten(labelled, 2), labelled)
  })

  test('the lines above and below a mail are none', () => {
    const mail =
      'From: Ann Lee\nTo: all of the team\nDate: Friday, 5 March\nSubject: Re: Launch\n\nWe decided to move the launch to May.\n\n--\nAnn Lee is the head of launches.'
    assert.deepEqual(bestSentences(mail, 9), ['We decided to move the launch to May.'])
  })

  test('wrapped lines are one sentence, and lines of a chat are not', () => {
    const wrapped =
      'The landlord confirmed that we can move into the new office at\n14 Mill Street on 1 February.'
    assert.deepEqual(bestSentences(wrapped, 2), [wrapped.replace('\n', ' ')])
    const chat = 'the launch moves to May\nBob will tell the customers'
    assert.deepEqual(bestSentences(chat, 2), chat.split('\n'))
  })

  test('entries of a list lose their marks, and headings only stand in for nothing', () => {
    const text = '## Decisions\n\n- [x] move to the new host in May\n2. renew the certificates until Friday'
    assert.deepEqual(bestSentences(text, 5), [
      'move to the new host in May',
      'renew the certificates until Friday',
    ])
  })

  test('what says the same is said once', () => {
    const text =
      'The server will be down on Sunday from 2 to 4 am. Save your work before. Note that the server will be down on Sunday from 2 to 4 am.'
    assert.deepEqual(bestSentences(text, 3), [
      'The server will be down on Sunday from 2 to 4 am.',
      'Save your work before.',
    ])
    const other = text.replace('Note that the server', 'Note that the coffee machine in the kitchen')
    assert.equal(bestSentences(other, 3).length, 3)
  })

  test('one that is too long ends after a clause with …', () => {
    const long = `The committee, after ${'hours of debate, '.repeat(30)}decided nothing.`
    const [cut = ''] = bestSentences(long, 1)
    assert.ok(cut.length <= 280 && cut.length > 200, cut)
    assert.match(cut, /hours of debate…$/u)
    const chinese = `委员会${'经过长时间的讨论，'.repeat(60)}作出决定。`
    assert.match(shorten(chinese, 1), /讨论…$/u)
    assert.ok(shorten('word'.repeat(500), 1).length <= 280)
    assert.ok(shorten('👩🏽‍🚀a'.repeat(200), 1).isWellFormed())
  })

  test('in one line they are parted by what their language uses', () => {
    assert.equal(
      shorten('今天下午三点开会\n会议决定取消周五的发布', 2),
      '今天下午三点开会；会议决定取消周五的发布',
    )
    assert.equal(
      shorten('We move in May.\nBob tells the customers.', 2),
      'We move in May. Bob tells the customers.',
    )
  })
})

suite('of any text', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.string({ unit: 'grapheme', maxLength: 40 }),
    fc.constantFrom(
      '\n',
      '\n\n',
      '```',
      '# ',
      '- ',
      'Ann: ',
      '王芳：',
      '> ',
      '--\n',
      '. ',
      '。',
      '…',
      '” ',
      'e.g. ',
      'U.S. ',
      '\uD83D',
      '\u200D',
      '10:32',
    ),
    fc.constantFrom(...samples.flatMap(({ text }) => text.split('\n'))),
  )
  const text = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(''))

  test('the gist has no more sentences than asked, each from the text, in one line, the same each time', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: -1, max: 8 }), (whole, sentences) => {
        const chosen = bestSentences(whole, sentences)
        assert.ok(chosen.length <= Math.max(0, sentences))
        assert.deepEqual(bestSentences(whole, sentences), chosen)
        for (const one of chosen) {
          assert.ok(one !== '' && !one.includes('\n'))
          assert.ok(standsIn(whole, one), JSON.stringify(one))
        }
      }),
      { numRuns: 400 },
    )
  })

  test('the gist keeps the order of the text', () => {
    const numbered = fc.shuffledSubarray(
      ['rent', 'bees', 'ports', 'wages', 'tax', 'snow', 'ships', 'banks', 'roads'].map(
        (noun) => `We talk of ${noun} at length.`,
      ),
      { minLength: 3 },
    )
    fc.assert(
      fc.property(numbered, fc.integer({ min: 1, max: 9 }), (order, sentences) => {
        const places = bestSentences(order.join(' '), sentences).map((one) => order.indexOf(one))
        assert.deepEqual(
          places,
          places.toSorted((a, b) => a - b),
        )
        assert.equal(places.length, Math.min(sentences, order.length))
      }),
      { numRuns: 60 },
    )
  })

  test('more than 400 sentences may be asked for; the rest comes by its place', () => {
    const many = Array.from({ length: 600 }, (_, i) => `Report ${i} is about w${i * 7} and x${i * 13}.`)
    assert.deepEqual(bestSentences(many.join(' '), 600), many)
  })

  test('of a very long one the beginning and the end are read', () => {
    const filler = 'Nothing of note was said in this part of the long talk. '
    const long = `We decided to buy the ship. ${filler.repeat(20_000)}The deadline for the loan is Friday, 5 March.`
    assert.deepEqual(bestSentences(long, 2), [
      'We decided to buy the ship.',
      'The deadline for the loan is Friday, 5 March.',
    ])
  })

  const distinct = Array.from(
    { length: 20_000 },
    (_, i) => `Item ${i} of w${i % 977} must grow because x${i % 31} is at risk.`,
  )
  const longTexts: readonly (readonly [string, string])[] = [
    ['20,000 different sentences', distinct.join(' ')],
    ['20,000 lines of a talk', distinct.map((one, i) => `Speaker ${i % 9}: ${one}`).join('\n')],
    ['Chinese without end', million('我们决定推迟，')],
    ['samples again and again', million(samples.map((sample) => sample.text).join('\n\n'))],
    ...[
      'a',
      'a\n',
      'A. ',
      '。',
      '```a\n',
      '> ',
      '[[(',
      'a.b-',
      'https://a.b/c?',
      'thanks ',
      '大家',
      '（1）',
    ].map((unit): readonly [string, string] => [JSON.stringify(unit), million(unit)]),
  ]
  test('a megabyte takes no long time, whatever it is made of', () => {
    shorten(samples.map((sample) => sample.text).join('\n\n'), 3)
    for (const [name, long] of longTexts) {
      const before = process.cpuUsage()
      shorten(long, 3)
      const { user, system } = process.cpuUsage(before)
      assert.ok((user + system) / 1_000 < 3_000, `${name}: ${(user + system) / 1_000} ms`)
    }
  })
})
