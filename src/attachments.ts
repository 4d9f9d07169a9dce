import { faultOf, type Fault } from './errors.ts'
import type { Attachment } from './message.ts'
import type { Image } from './model.ts'
import { attachmentWords } from './words-attachments.ts'
import { wordsOf, type Language } from './words.ts'

/** The words of a file; `isCut` if there were more than there was room for. */
export type FileText = { readonly name: string; readonly text: string; readonly isCut?: true }

/** Why a file was not read; `isThread` where that is what was said before. */
export type FileProblem = { readonly name: string; readonly fault: Fault; readonly isThread?: true }

/** What came with a message, in the order of its files. */
export type Attached = {
  /** What was said before in its thread. */
  readonly thread?: string
  readonly texts: readonly FileText[]
  readonly images: readonly Image[]
  readonly problems: readonly FileProblem[]
}

export type AttachmentParts = {
  /** The bytes of a file; throws a FaultError. */
  readonly readFile: (file: Attachment, signal: AbortSignal) => Promise<Uint8Array>
  /** The words of a file that is no picture; throws a FaultError. */
  readonly toText: (
    bytes: Uint8Array,
    mediaType: string,
    name: string,
    signal: AbortSignal,
  ) => Promise<string>
  /** True if the model that is to answer sees pictures. */
  readonly takesImages: boolean
  /** The most characters of all files together. */
  readonly mostChars: number
  readonly signal: AbortSignal
}

/** What the vendors take; source: https://docs.anthropic.com/en/docs/build-with-claude/vision */
const maxImageBytes = 5_000_000
const mostImages = 4

/**
 * Reads the files that came with a message, one after the other. What cannot be read becomes a problem with its fault; only
 * an abort of the signal is thrown. What a file is, is told by its bytes, never by its name.
 */
export async function readAttachments(
  files: readonly Attachment[],
  { readFile, toText, takesImages, mostChars, signal }: AttachmentParts,
): Promise<Attached> {
  const texts: FileText[] = []
  const images: Image[] = []
  const problems: FileProblem[] = []
  let thread = ''
  let room = mostChars
  for (const file of files) {
    const { name, mediaType, isThread } = file
    const fail = (fault: Fault): number =>
      problems.push({ name, fault, ...(isThread === true ? { isThread } : {}) })
    if (!takesImages && mediaType.startsWith('image/')) {
      // It is not fetched to be thrown away.
      fail('unsupported')
      continue
    }
    try {
      const bytes = await readFile(file, signal)
      if (isThread === true) {
        thread = new TextDecoder().decode(bytes)
        continue
      }
      const imageType = imageTypeOf(bytes)
      if (imageType !== undefined) {
        if (!takesImages) fail('unsupported')
        else if (bytes.length > maxImageBytes || images.length === mostImages) fail('too-long')
        else images.push({ mediaType: imageType, base64: Buffer.from(bytes).toString('base64') })
        continue
      }
      if (room === 0) {
        fail('too-long')
        continue
      }
      const text = await toText(bytes, mediaType, name, signal)
      const kept = text.slice(0, room).replace(text.length > room ? /[\uD800-\uDBFF]$/u : '', '')
      texts.push({ name, text: kept, ...(kept.length < text.length ? { isCut: true as const } : {}) })
      room -= kept.length < text.length ? room : kept.length
    } catch (error) {
      signal.throwIfAborted()
      fail(faultOf(error))
    }
  }
  return { texts, images, problems, ...(thread === '' ? {} : { thread }) }
}

/**
 * A message with its files as one text for a model: the person's words first, then each file between two rows of backticks,
 * longer than any within it, so that no file can end itself and speak for the person.
 */
export function promptText(
  message: string,
  { texts, problems }: Pick<Attached, 'texts' | 'problems'>,
  language: Language,
): string {
  const words = attachmentWords[language]
  const files = texts.map(
    ({ name, text, isCut }) =>
      `${words.file(quoted(name))}\n${fenced(text)}${isCut === true ? `\n${words.cut}` : ''}`,
  )
  const failed = problems.map((problem) => problemText(problem, language))
  return [message, ...files, ...failed].filter((part) => part !== '').join('\n\n')
}

/** What was said before in a thread, for a model: fenced as files are. */
export function threadText(thread: string, language: Language): string {
  return `${attachmentWords[language].thread}\n${fenced(thread)}`
}

/**
 * What the person is told of the files of their message, a line for each that was not read, or not whole. That a thread was not
 * read is for the model to say, where it matters: mostly nothing was missed.
 */
export function unreadText({ texts, problems }: Attached, language: Language): string {
  const { shortened } = attachmentWords[language]
  const cut = texts.flatMap(({ name, isCut }) => (isCut === true ? shortened(quoted(name)) : []))
  const own = problems.filter(({ isThread }) => isThread !== true)
  return [...cut, ...own.map((problem) => problemText(problem, language))].join('\n')
}

/** What the person is told of files that came with a command that they typed; nothing where none did. */
export function unusedText(files: readonly Attachment[], language: Language): string {
  const names = ownFiles(files).map(({ name }) => quoted(name))
  return names.length === 0 ? '' : attachmentWords[language].unused(names.join(', '))
}

/** The files that a person sent, without what was said before in the thread. */
export function ownFiles(files: readonly Attachment[]): readonly Attachment[] {
  return files.filter(({ isThread }) => isThread !== true)
}

function problemText({ name, fault, isThread }: FileProblem, language: Language): string {
  const words = attachmentWords[language]
  const reason = fault === 'unsupported' ? words.unsupported : wordsOf(language).faults[fault]
  return isThread === true ? words.threadProblem(reason) : words.problem(quoted(name), reason)
}

function fenced(text: string): string {
  const longest = Math.max(2, ...Array.from(text.matchAll(/`+/gu), ([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}\n${text}\n${fence}`
}

/** The most of a file's name that a model is told. */
const mostNameChars = 80

/** A name that whoever sent the file has chosen: in one line, short, and without what could look like more than a name. */
function quoted(name: string): string {
  const plain = name.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ').replace(/["“”`<>]/gu, "'")
  const cut = Array.from(plain.trim())
  return `“${cut.length > mostNameChars ? `${cut.slice(0, mostNameChars).join('')}…` : cut.join('')}”`
}

/** By the first bytes; source: https://mimesniff.spec.whatwg.org/#matching-an-image-type-pattern */
function imageTypeOf(bytes: Uint8Array): Image['mediaType'] | undefined {
  const head = Buffer.from(bytes.subarray(0, 12)).toString('latin1')
  if (head.startsWith('\x89PNG\r\n\x1A\n')) return 'image/png'
  if (head.startsWith('\xFF\xD8\xFF')) return 'image/jpeg'
  if (/^GIF8[79]a/u.test(head)) return 'image/gif'
  return /^RIFF[^]{4}WEBP/u.test(head) ? 'image/webp' : undefined
}
