import { z } from 'zod'
import type { Message, Post, ReplyStatus } from '../../../message.ts'
import { pressedBlock, type Block } from './buttons.ts'
import { sourceOf, type ReplyUrls, type SlackApi } from '../contract.ts'
import { userOf } from './direct.ts'
import { search } from './history.ts'

type Parts = {
  readonly api: SlackApi
  readonly urls: Pick<ReplyUrls, 'of'>
  readonly messageOf: (messageId: string) => Pick<Message, 'text'> | undefined
}

const buttonSchema = z.object({
  value: z.string(),
  style: z.string().optional(),
  text: z.object({ text: z.string() }),
})
const rowSchema = z.object({ type: z.literal('actions'), elements: z.array(z.unknown()) })

/** The press did not do what it says: it can be tried again. */
const unsettled: ReadonlySet<ReplyStatus> = new Set(['failed', 'misused', 'refused'])

/**
 * Takes the buttons away from the message in which one was pressed, once that is answered, and says in their place what was
 * pressed and by whom. What only one person sees is taken away whole. Best effort.
 */
export async function settleQuestion(
  { answers, asker, address, reply }: Post,
  { api, urls, messageOf }: Parts,
  signal: AbortSignal,
): Promise<void> {
  const source = sourceOf(answers ?? '')
  if (answers === null || source?.kind !== 'click' || reply.aside === true || unsettled.has(reply.status))
    return
  const { channel, messageTs: ts } = source
  if (!/^[CDG]/u.test(channel)) return
  const { account } = address
  const span = { oldest: ts, latest: ts, signal }
  const found = await search(api, { ...address, channel }, span, (past) =>
    past.ts === ts ? past : undefined,
  )
  if (found.kind !== 'found') {
    const url = urls.of(answers)
    if (found.kind === 'none' && url !== undefined) await api.respond(url, { delete_original: true }, signal)
    return
  }
  const { text, blocks = [], metadata } = found.found
  const rows = blocks.filter((block) => rowSchema.safeParse(block).success)
  if (rows.length === 0) return
  const pressed = pressedIn(rows, messageOf(answers)?.text)
  const user = asker === undefined || !/^[UW]/u.test(userOf(asker)) ? undefined : userOf(asker)
  const note = pressedBlock(pressed?.label ?? '', pressed?.isGood ?? true, user)
  const left = blocks.flatMap((block) => (block === rows[0] ? [note] : rows.includes(block) ? [] : [block]))
  await api.call('chat.update', { channel, ts, text, blocks: left, metadata }, { account, signal })
}

/** The button that says this. */
function pressedIn(
  rows: readonly Block[],
  says: string | undefined,
): { label: string; isGood: boolean } | undefined {
  const elements = rows.flatMap((row) => rowSchema.safeParse(row).data?.elements ?? [])
  const buttons = elements.flatMap((element) => buttonSchema.safeParse(element).data ?? [])
  const button = buttons.find(({ value }) => value === says)
  return (
    button && {
      label: button.text.text,
      isGood: !/^no\b/u.test(button.value) && button.style !== 'danger',
    }
  )
}
