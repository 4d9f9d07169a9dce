import { constants, deflateRawSync } from 'node:zlib'

/** A PDF with a page for each of these contents, written by hand; `trailer` is added to its trailer. */
export function pdfOf(contents: readonly (string | Uint8Array)[], trailer = ''): Uint8Array {
  const kids = contents.map((_, i) => `${4 + 2 * i} 0 R`).join(' ')
  const objects = [
    '<</Type/Catalog/Pages 2 0 R>>',
    `<</Type/Pages/Kids[${kids}]/Count ${contents.length}>>`,
    '<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>',
    ...contents.flatMap((content, i) => [
      `<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Contents ${5 + 2 * i} 0 R/Resources<</Font<</F 3 0 R>>>>>>`,
      stream(content),
    ]),
  ]
  return pdfWith(objects, trailer)
}

/** A stream with these bytes, which stand for more where they are no text; `more` is added to its dictionary. */
export function stream(content: string | Uint8Array, more = ''): string {
  const filter = typeof content === 'string' ? '' : '/Filter/FlateDecode'
  const bytes = Buffer.from(content).toString('latin1')
  return `<</Length ${content.length}${filter}${more}>>\nstream\n${bytes}\nendstream`
}

/** A PDF of these objects, the first of which is its catalogue. */
export function pdfWith(objects: readonly string[], trailer = ''): Uint8Array {
  let body = '%PDF-1.4\n'
  const table = objects.map((object, i) => {
    const line = `${String(body.length).padStart(10, '0')} 00000 n \n`
    body += `${i + 1} 0 obj\n${object}\nendobj\n`
    return line
  })
  const size = objects.length + 1
  const end = `trailer\n<</Size ${size}/Root 1 0 R${trailer}>>\nstartxref\n${body.length}\n%%EOF`
  return Buffer.from(`${body}xref\n0 ${size}\n0000000000 65535 f \n${table.join('')}${end}`, 'latin1')
}

/** The content of a page that shows these lines. */
export function page(...lines: readonly string[]): string {
  return `BT /F 12 Tf 10 200 Td ${lines.map((line) => `(${line}) Tj 0 -14 Td`).join(' ')} ET`
}

/** What a zlib stream of so many MiB of zeros is, without their ever being there. */
export function zeros(mib: number): Uint8Array {
  const piece = deflateRawSync(Buffer.alloc(2 ** 20), { finishFlush: constants.Z_FULL_FLUSH })
  const [head, last, sum] = [Buffer.from([0x78, 0x9c]), Buffer.from([3, 0]), Buffer.alloc(4)]
  // Adler-32 (RFC 1950) of zeros: its upper half counts them, its lower one stays 1.
  sum.writeUInt32BE((((mib * 2 ** 20) % 65_521) * 2 ** 16 + 1) >>> 0)
  return Buffer.concat([head, ...Array.from({ length: mib }, () => piece), last, sum])
}
