import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { deflateSync } from 'node:zlib'
import { createReadPdf, type ParseOptions } from '../../src/sources/parsing.ts'
import { page, pdfOf, pdfWith, stream, zeros } from './pdf-file.ts'

const never = new AbortController().signal
const tasks = `/proc/self/task/${process.pid}/children`
const skip = existsSync(tasks) ? false : 'only Linux tells the memory of a process'

function mibOf(pid: number | string, what: 'VmHWM' | 'VmRSS' | 'RssAnon'): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return Number(new RegExp(`^${what}:\\s+(\\d+) kB`, 'mu').exec(status)?.[1] ?? 0) / 1_024
  } catch {
    return 0
  }
}

/** Reads a PDF; `moreMib` is what it took at the most, beyond what the program has when it rests. */
async function measured(
  bytes: Uint8Array,
  options: ParseOptions = {},
): Promise<{ end: string; moreMib: number }> {
  const restMib = mibOf('self', 'VmRSS')
  let mostMib = 0
  const look = (): void => {
    // What several processes share, the program itself, is in memory once.
    const apart = readFileSync(tasks, 'utf8')
      .trim()
      .split(' ')
      .map((pid) => mibOf(pid, 'RssAnon'))
    mostMib = Math.max(mostMib, mibOf('self', 'VmRSS') - restMib + apart.reduce((sum, mib) => sum + mib, 0))
  }
  const timer = setInterval(look, 3)
  const end = await createReadPdf(options)(bytes, 'a.pdf', 400_000, never).then(
    (text) => text.trim(),
    ({ fault }: { fault: string }) => fault,
  )
  clearInterval(timer)
  return { end, moreMib: Math.round(mostMib) }
}

const bomb = pdfOf([zeros(1_024)])

/** A chain of so many nodes of the page tree, with one page at its end. */
function nested(nodes: number): Uint8Array {
  const tree = Array.from({ length: nodes }, (_, i) => `<</Type/Pages/Kids[${i + 3} 0 R]/Count 1>>`)
  const leaf = `<</Type/Page/MediaBox[0 0 300 300]/Contents ${nodes + 3} 0 R/Resources<</Font<</F ${nodes + 4} 0 R>>>>>>`
  const font = '<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>'
  return pdfWith(['<</Type/Catalog/Pages 2 0 R>>', ...tree, leaf, stream(page('Deep.')), font])
}

/** Words below a picture of 32,768 × 32,768 points. */
const picture = pdfWith([
  '<</Type/Catalog/Pages 2 0 R>>',
  '<</Type/Pages/Kids[3 0 R]/Count 1>>',
  '<</Type/Page/MediaBox[0 0 300 300]/Contents 4 0 R/Resources<</XObject<</I 5 0 R>>/Font<</F 6 0 R>>>>>>',
  stream(`q 9 0 0 9 0 0 cm /I Do Q ${page('Below.')}`),
  stream(zeros(1_024), '/Subtype/Image/Width 32768/Height 32768/BitsPerComponent 8/ColorSpace/DeviceGray'),
  '<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>',
])

/** One array of eight million numbers. */
const numbers = pdfOf([deflateSync(`[${'1 '.repeat(8_000_000)}] TJ`)])

const hostile: readonly (readonly [name: string, bytes: Uint8Array, end: string])[] = [
  ['a gigabyte in a megabyte', bomb, 'too-long'],
  ['ten thousand nodes within each other', nested(10_000), 'Deep.'],
  ['a huge picture', picture, 'Below.'],
  ['an array of millions', numbers, 'too-long'],
]
for (const [name, bytes, end] of hostile) {
  test(`${name} takes 200 MiB at the most`, { skip }, async () => {
    const taken = await measured(bytes)
    assert.equal(taken.end, end)
    assert.ok(taken.moreMib > 20 && taken.moreMib <= 200, `${taken.moreMib} MiB`)
  })
}

test('the negative control: given more, the same bomb takes more', { skip }, async () => {
  const { end, moreMib } = await measured(bomb, { maxMib: 450 })
  assert.equal(end, 'too-long')
  assert.ok(moreMib > 250, `${moreMib} MiB`)
})

test('a PDF of a hundred full pages is read whole', async () => {
  const lines = Array.from(
    { length: 12 },
    (_, i) => `Line ${i}: ${'there is a good deal to read '.repeat(8)}`,
  )
  const book = pdfOf(Array.from({ length: 100 }, (_, i) => deflateSync(page(`Page ${i}`, ...lines))))
  const text = await createReadPdf()(book, 'book.pdf', 1_000_000, never)
  assert.equal(text.match(/^Page \d+$/gmu)?.length, 100)
  assert.equal(text.match(/^Line 11: /gmu)?.length, 100)
})
