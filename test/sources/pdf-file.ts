/** A PDF with a page for each of these contents, written by hand; `trailer` is added to its trailer. */
export function pdfOf(contents: readonly (string | Uint8Array)[], trailer = ''): Uint8Array {
  const kids = contents.map((_, i) => `${4 + 2 * i} 0 R`).join(' ')
  const objects = [
    '<</Type/Catalog/Pages 2 0 R>>',
    `<</Type/Pages/Kids[${kids}]/Count ${contents.length}>>`,
    '<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>',
    ...contents.flatMap((content, i) => {
      const filter = typeof content === 'string' ? '' : '/Filter/FlateDecode'
      return [
        `<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Contents ${5 + 2 * i} 0 R/Resources<</Font<</F 3 0 R>>>>>>`,
        `<</Length ${content.length}${filter}>>\nstream\n${Buffer.from(content).toString('latin1')}\nendstream`,
      ]
    }),
  ]
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
