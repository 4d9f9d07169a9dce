/** Reads the words of a PDF. Loaded by the process that reads alone: the library is large, and a hostile file costs its own time. */
import { getDocumentProxy } from 'unpdf'

/** What a PDF turned out to be; `fault` is `locked` where it opens with a password only. */
export type PdfText = { readonly text: string } | { readonly fault: 'locked' | 'broken' }

/** The words of a PDF, page by page, until there are `mostChars`. Never throws; may take long, and all memory. */
export async function pdfToText(bytes: Uint8Array, mostChars: number): Promise<PdfText> {
  try {
    // Nothing is run that the file holds, and no font of this machine is looked for.
    const options = { isEvalSupported: false, useSystemFonts: false, disableFontFace: true, verbosity: 0 }
    const document = await getDocumentProxy(bytes, options)
    let text = ''
    for (let number = 1; number <= document.numPages && text.length < mostChars; number++) {
      const page = await document.getPage(number)
      const { items } = await page.getTextContent()
      for (const item of items) if ('str' in item) text += item.str + (item.hasEOL ? '\n' : '')
      text += '\n\n'
      page.cleanup()
    }
    return { text: text.slice(0, mostChars) }
  } catch (error) {
    return { fault: error instanceof Error && error.name === 'PasswordException' ? 'locked' : 'broken' }
  }
}
