import { addressKey, type Address, type Closing, type Message, type Post } from '../../../message.ts'
import { goneBlock, isGone, pressedBlock, withoutButtons, type Block, type Button } from './buttons.ts'
import { sourceOf, type ReplyUrls, type SlackApi } from '../contract.ts'
import { directChannel, userOf } from './direct.ts'
import { search } from './history.ts'

type Parts = {
  readonly api: SlackApi
  readonly urls: Pick<ReplyUrls, 'of'>
  readonly messageOf: (messageId: string) => Pick<Message, 'text'> | undefined
  readonly now: () => number
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  readonly signal: AbortSignal
}

/** The buttons of what stands in Slack, which go once nothing more comes of them. All of it is best effort. */
export type Questions = {
  /**
   * Takes in a post that arrived, as the message of this ts where there is one that can be edited. A question that it asks keeps
   * its buttons until it ends; of one that it closes they go, and a note says what was answered and by whom. What answers the
   * press of any other button takes that one away, or puts its own in the place.
   */
  readonly posted: (post: Post, ts: string | undefined) => Promise<void>
  /** The person took back the message that a question came of. */
  readonly withdrawn: (message: Pick<Message, 'id' | 'address'>) => Promise<void>
}

/** A message of ours. */
type Spot = { readonly address: Address; readonly ts: string; readonly url?: string | undefined }

/** A question that is open. */
type Standing = Spot & {
  /** Its conversation and its person. */
  readonly key: string
  /** The message that it came of. */
  readonly answers: string | null
  readonly asker: string
  readonly token: string
}

/** How a message's blocks change; undefined where there is nothing to change. */
type Change = (blocks: readonly Block[]) => readonly Block[] | undefined

const mostStanding = 1_000

/** Follows the questions that were asked in this life of the program; of older ones the buttons go with the next press. */
export function createQuestions(parts: Parts): Questions {
  const { api, urls, messageOf, now, sleep, signal } = parts
  /** Each person has one in a conversation. */
  const standing = new Map<string, Standing>()
  /** The edits of each message, one after the other: what is read of it must not be older than the edit before. */
  const edits = new Map<string, Promise<void>>()

  const edit = (spot: Spot, change: Change): Promise<void> => {
    const key = `${spot.address.account}/${spot.ts}`
    const done = (edits.get(key) ?? Promise.resolve())
      .catch(() => undefined)
      .then(() => editNow(spot, change))
      .finally(() => {
        if (edits.get(key) === done) edits.delete(key)
      })
    edits.set(key, done)
    return done
  }

  const editNow = async ({ address, ts, url }: Spot, change: Change): Promise<void> => {
    const { account } = address
    const channel = await directChannel(api, account, address.channel, signal)
    if (typeof channel !== 'string') return
    const span = { oldest: ts, latest: ts, signal }
    const found = await search(api, { ...address, channel }, span, (past) =>
      past.ts === ts ? past : undefined,
    )
    // What one person alone sees is in no history, and is taken away whole.
    if (found.kind === 'none' && url !== undefined) await api.respond(url, { delete_original: true }, signal)
    if (found.kind !== 'found') return
    const { text, blocks = [], metadata } = found.found
    const left = change(blocks)
    if (left === undefined) return
    await api.call('chat.update', { channel, ts, text, blocks: left, metadata }, { account, signal })
  }

  const close = (spot: Spot, { token, by }: Omit<Closing, 'conversation'>, asker: string): Promise<void> =>
    edit(spot, (blocks) => {
      const isAnswered = by === 'yes' || by === 'no'
      const note = (buttons: readonly Button[]): Block => {
        const label = buttons.find(({ value }) => value === `${by} ${token}`)?.text.text ?? ''
        return isAnswered ? pressedBlock(label, by === 'yes', userIn(asker)) : goneBlock(buttons)
      }
      const left = withoutButtons(blocks, [`yes ${token}`, `no ${token}`], note)
      // Who came too late may have been answered sooner than who was not.
      const isLate = left === undefined && isAnswered && blocks.some(isGone)
      return isLate ? blocks.map((block) => (isGone(block) ? note([]) : block)) : left
    })

  const end = async (one: Standing): Promise<void> => {
    if (standing.get(one.key) !== one) return
    standing.delete(one.key)
    await close(one, { token: one.token, by: 'left' }, one.asker)
  }

  /** Takes the buttons of the question that a reply closes; the same may have been asked before, and that one pressed. */
  const closeAll = async (
    { reply: { closes }, asker = '' }: Post,
    pressed: Spot | undefined,
  ): Promise<void> => {
    if (closes === undefined) return
    const one = standing.get(keyOf(closes.conversation, asker))
    const known = one?.token === closes.token ? one : undefined
    if (known !== undefined) standing.delete(known.key)
    const others = closes.by === 'left' || pressed?.ts === known?.ts ? [] : [pressed]
    const spots = [known, ...others].flatMap((spot) => spot ?? [])
    await Promise.all(spots.map((spot) => close(spot, closes, asker)))
  }

  const expire = async (one: Standing, untilMs: number): Promise<void> => {
    await sleep(Math.max(0, untilMs - now()), signal)
    // Its place is kept: what was answered in time may be done only now.
    if (standing.get(one.key) === one) await close(one, { token: one.token, by: 'left' }, one.asker)
  }

  const stand = (one: Standing, untilMs: number): Promise<void> => {
    const before = standing.get(one.key)
    if (before?.ts === one.ts) return Promise.resolve()
    const ending = before === undefined ? Promise.resolve() : end(before)
    standing.set(one.key, one)
    const [oldest = ''] = standing.keys()
    if (standing.size > mostStanding) standing.delete(oldest)
    // Where the program ends before, the next press takes the buttons away.
    expire(one, untilMs).catch(() => undefined)
    return ending
  }

  /** The button that was pressed goes, or becomes the one that the reply has. */
  const swap = async ({ answers, asker = '', reply }: Post, pressed: Spot): Promise<void> => {
    const says = messageOf(answers ?? '')?.text
    if (says === undefined || reply.status !== 'done' || reply.aside === true) return
    const [choice, ...more] = reply.choices ?? []
    const instead = more.length === 0 ? choice : undefined
    const note = ([button]: readonly Button[]): Block =>
      pressedBlock(button?.text.text ?? '', button?.style !== 'danger', userIn(asker))
    await edit({ ...pressed, url: undefined }, (blocks) => withoutButtons(blocks, [says], note, instead))
  }

  return {
    posted: async (post, ts) => {
      const { address, answers, asker = '', reply } = post
      const pressed = pressedAt(post, urls)
      const { by = 'left' } = reply.closes ?? {}
      const work = [closeAll(post, pressed)]
      if (pressed !== undefined && by === 'left') work.push(swap(post, pressed))
      if (reply.asks !== undefined && ts !== undefined) {
        const { token, untilMs } = reply.asks
        const key = keyOf(addressKey(address), asker)
        work.push(stand({ address, ts, key, answers, asker, token }, untilMs))
      }
      await Promise.all(work)
    },
    withdrawn: async ({ id, address: { account } }) => {
      const one = [...standing.values()].find(
        ({ answers, address }) => answers === id && address.account === account,
      )
      if (one !== undefined) await end(one)
    },
  }
}

function keyOf(conversation: string, asker: string): string {
  return `${conversation} ${asker}`
}

/** The message whose button this answers the press of. */
function pressedAt({ answers, address }: Post, urls: Parts['urls']): Spot | undefined {
  const source = sourceOf(answers ?? '')
  if (answers === null || source?.kind !== 'click' || !/^[CDG]/u.test(source.channel)) return undefined
  return { address: { ...address, channel: source.channel }, ts: source.messageTs, url: urls.of(answers) }
}

/** Slack's own id of a person. */
function userIn(asker: string): string | undefined {
  const user = userOf(asker)
  return /^[UW]/u.test(user) ? user : undefined
}
