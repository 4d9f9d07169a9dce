import QuickLRU from 'quick-lru'
import type { Sign } from './adapter.ts'
import { adding, runOrder, say, type Answer } from './answer.ts'
import { addressOf, approvalMs, ask, closing, judge, offering, openQuestion } from './approval.ts'
import { unusedText } from './attachments.ts'
import { createConversations, type Exchange } from './conversation.ts'
import type { CommandTable, Context, Invocation, Outcome, Read } from './command.ts'
import { faultOf, messageIn } from './errors.ts'
import type { Log } from './log.ts'
import { memoryKey } from './memory.ts'
import { addressKey, type Address, type Message } from './message.ts'
import type { Asker, Model } from './model.ts'
import { mayActAs, type People } from './people.ts'
import type { Places } from './places.ts'
import type { Prompt } from './prompt.ts'
import type { Action, Approval } from './store/approvals.ts'
import type { Reads, Write } from './store/writes.ts'
import type { Chore } from './task.ts'
import { languageOf, wordsOf, type Language } from './words.ts'

export type Assistant = {
  /**
   * Answers one message. `inboxId` is its row: a yes counts only for a question that was there before the yes came.
   * Never throws, but for an abort of `signal`.
   */
  readonly answer: (
    message: Message,
    inboxId: number,
    signal: AbortSignal,
    show: (sign: Sign) => void,
  ) => Promise<Answer>
  /** Runs a command for a task, with the rights that its maker has now. Throws what the command throws. */
  readonly perform: (chore: Chore, personKey: string, context: Omit<Context, 'person'>) => Promise<Outcome>
  /** The prompt that `text` would make in the conversation now. */
  readonly promptFor: (asker: Asker, text: string, nowMs: number) => Prompt
}

type Parts = {
  readonly table: CommandTable
  readonly people: People
  readonly read: Pick<Reads, 'conversations' | 'approvals'>
  /** The model of a route; null is the default route. */
  readonly modelFor: (route: string | null) => Model
  /** Where a person is spoken to alone, if their platform is on. Default: nowhere. */
  readonly directTo?: (personKey: string) => Address | undefined
  readonly places: Pick<Places, 'nameOf' | 'settled'>
  /** Reads the files that came with a message. */
  readonly attach: Parameters<typeof createConversations>[0]['attach']
  /** The gist of a text in so many sentences, made without any model. */
  readonly shorten: (text: string, sentences: number) => string
  /** Says an order for a task back in plain words, with the exact action that a yes will run. */
  readonly restate: (order: Invocation, context: Context) => Restated
  readonly limits: () => {
    readonly historyTokens: number
    readonly answerTokens: number
    readonly maxMessageChars: number
  }
  readonly zone: () => string
  /** The language to answer in, or `auto` for the one of the message. */
  readonly language: () => Language | 'auto'
  readonly now: () => number
  readonly log: Log
}

/** An order in plain words with the action behind them, or what is wrong with it. */
export type Restated =
  | { readonly kind: 'action'; readonly words: string; readonly action: Action }
  | { readonly kind: 'problem'; readonly words: string }

const mostAnswering = 1_000

export function createAssistant(parts: Parts): Assistant {
  const { table, people, read, now, log } = parts
  /** The message that answers a question, until that is written down: one that is said meanwhile elsewhere comes too late. */
  const answering = new QuickLRU<number, string>({ maxSize: mostAnswering, maxAge: approvalMs })

  const answer: Assistant['answer'] = async (message, inboxId, signal, show) => {
    const setting = parts.language()
    const language = setting === 'auto' ? languageOf(message.text) : setting
    const words = wordsOf(language)
    const context: Context = {
      person: people.of(message),
      address: message.address,
      language,
      nowMs: now(),
      zone: parts.zone(),
      signal,
      progress: (text, share) => show({ kind: 'progress', text, ...(share === undefined ? {} : { share }) }),
    }
    try {
      const conversation = addressKey(message.address)
      return await answerPerson({ message, conversation, context, words, show }, inboxId)
    } catch (error) {
      if (signal.aborted) throw error
      const fault = faultOf(error)
      log.error({ fault, err: error, message: message.id }, 'a message could not be answered')
      const text =
        fault === 'internal'
          ? words.defect(message.id)
          : `${words.failed(words.faults[fault], messageIn(error, language))} ${words.inLog(message.id)}`
      return say(text, 'failed')
    }
  }

  const answerPerson = async (exchange: Exchange, inboxId: number): Promise<Answer> => {
    const { message, conversation, context, words } = exchange
    const { person, nowMs } = context
    const { maxMessageChars } = parts.limits()
    if (person.role === 'blocked') return people.meet(message, words)
    if (message.action !== undefined) return agreed(message.action, exchange)
    if (message.text.trim() === '' && message.files === undefined) return say(words.noText, 'misused')
    if (message.text.length > maxMessageChars) return say(words.tooLong(maxMessageChars), 'misused')

    const typed = table.read(message.text, context)
    const { thread: _, ...place } = message.address
    const verdict = judge(
      {
        text: message.text,
        inboxId,
        conversation,
        person: person.key,
        order: kindOf(typed),
        isTalking: (question) => message.manner === 'overheard' || isTalking(question, context),
      },
      read.approvals.openIn(addressKey(place), nowMs),
    )
    switch (verdict.kind) {
      case 'yes':
        return approve(verdict.approval, exchange)
      case 'no':
        return decline(verdict.approval, exchange)
      case 'leave':
        return leave(verdict.approval, typed, exchange)
      case 'gone': {
        const { reply, ...rest } = say(words.questionGone, 'failed')
        return { ...rest, reply: { ...reply, closes: { conversation, token: verdict.token, by: 'gone' } } }
      }
      case 'others':
        return say(words.questionOfOthers, 'refused')
      case 'several':
        return say(words.severalQuestions(verdict.count), 'misused')
      case 'none':
        return answerFresh(typed, exchange)
    }
  }

  const answerFresh = async (typed: Read | undefined, exchange: Exchange): Promise<Answer> => {
    if (typed === undefined) return converse(exchange)
    const { message, context } = exchange
    return adding(await obey(typed, exchange, true), unusedText(message.files ?? [], context.language))
  }

  /** True if the conversation goes on without the question. What was said aside stands nowhere to come back to: the last word counts. */
  const isTalking = ({ madeAtMs }: Approval, { address, person, nowMs }: Context): boolean => {
    const saidAtMs = read.conversations.newestMs(memoryKey(address, person.key)) ?? -Infinity
    return saidAtMs > (address.aside === true ? madeAtMs : nowMs - approvalMs)
  }

  /** The exchange as if its answer had been given where the question stands. */
  const whereAsked = (approval: Approval, exchange: Exchange): Exchange => {
    const { context } = exchange
    return { ...exchange, context: { ...context, address: addressOf(approval, context.address) } }
  }

  const approve = async (approval: Approval, exchange: Exchange): Promise<Answer> => {
    const { id, action, language } = approval
    const { context, ...rest } = whereAsked(approval, exchange)
    if ((answering.get(id) ?? exchange.message.id) !== exchange.message.id)
      return say(exchange.words.questionGone, 'failed')
    answering.set(id, exchange.message.id)
    // An "ok" to a question in Chinese does not make the task an English one.
    const asked = { ...rest, context: { ...context, language }, words: wordsOf(language) }
    const done = await run(table.readCall(action.command, action.args), asked).catch((error: unknown) => {
      answering.delete(id)
      throw error
    })
    const isAlone = approval.conversation !== exchange.conversation && context.address.aside === true
    // Of what the command found nothing is remembered.
    const said = note(asked, `(/${action.command}: ${done.reply.status})`)
    const writes: readonly Write[] = [['approvals.use', id], ...done.writes, ...said]
    const reply = isAlone ? { ...done.reply, aside: true as const } : done.reply
    return { ...done, reply: closing(reply, approval, 'yes'), writes }
  }

  const decline = (approval: Approval, exchange: Exchange): Answer => {
    const { leftUndone } = exchange.words
    const { reply, posts } = say(leftUndone)
    const said = note(whereAsked(approval, exchange), leftUndone)
    const writes: readonly Write[] = [['approvals.decline', approval.id], ...said]
    return { reply: closing(reply, approval, 'no'), posts, writes }
  }

  const leave = async (approval: Approval, typed: Read | undefined, exchange: Exchange): Promise<Answer> => {
    const { reply, posts, writes } = await answerFresh(typed, exchange)
    // Who says stop may mean the question; they are told that it is off, too.
    const text = kindOf(typed) === 'urgent' ? `${exchange.words.leftUndone}\n${reply.text}` : reply.text
    const withdraw: Write = ['approvals.withdraw', approval.conversation, approval.person]
    return { reply: closing({ ...reply, text }, approval, 'left'), posts, writes: [withdraw, ...writes] }
  }

  /** Runs what a person said yes to in a form, which showed it to them in words. */
  const agreed = async ({ command, args }: Action, exchange: Exchange): Promise<Answer> => {
    const done = await run(table.readCall(command, args), exchange)
    return { ...done, writes: [...done.writes, ...note(exchange, `(/${command}: ${done.reply.status})`)] }
  }

  const kindOf = (order: Read | undefined): 'look' | 'urgent' | 'other' => {
    if (order?.kind !== 'invocation') return 'other'
    if (order.invocation.tier === 'read') return 'look'
    return table.find(order.invocation.name)?.urgent === true ? 'urgent' : 'other'
  }

  /** What looks, or stops, waits for no names. */
  const namesFor = async (order: Read): Promise<void> =>
    kindOf(order) === 'other' ? parts.places.settled() : undefined

  /** Carries out an order, or asks first. `isSpoken` is true where the person's own words say just this. */
  const obey = async (order: Read, exchange: Exchange, isSpoken: boolean): Promise<Answer> => {
    const { conversation, context, words } = exchange
    // Nobody is asked whether they want what they may not do.
    if (order.kind !== 'invocation' || !mayActAs(context.person.role, order.invocation.role))
      return run(order, exchange)
    await namesFor(order)
    const { name, args, tier, when } = order.invocation
    if (when !== undefined || tier === 'write') {
      const restated = parts.restate(order.invocation, context)
      if (restated.kind === 'problem') return say(restated.words, 'misused')
      return { posts: [], ...ask(restated.words, restated.action, conversation, context, words) }
    }
    if (tier === 'read' || isSpoken) return run(order, exchange)
    const action = { command: name, args }
    return { posts: [], ...ask(words.proposal(name, args), action, conversation, context, words) }
  }

  const run = async (order: Read, exchange: Exchange): Promise<Answer> => {
    const { conversation, context, words } = exchange
    const { address: here } = exchange.message
    await namesFor(order)
    const { reply: told, to, also = [], offer, writes: own = [] } = await runOrder(order, context, words)
    const reply = offer === undefined ? told : offering(told, offer, context.nowMs, words)
    const writes =
      offer === undefined ? own : [...own, openQuestion({ ...offer, isOffer: true }, conversation, context)]
    // What is said aside stands nowhere: a post to that very channel is another thing.
    const isHere = (place: Address): boolean =>
      place.aside === true || (here.aside !== true && addressKey(place) === addressKey(here))
    if (to === undefined || isHere(to)) return { reply, posts: also, writes }
    const place = parts.places.nameOf(to, context.person.key, context.language)
    // Whether it arrives there is not known yet, and not for these words to tell.
    const { shows: _, ...rest } = reply
    return { reply: { ...rest, text: words.posted(place) }, posts: [{ to, reply }, ...also], writes }
  }

  const { converse, promptFor, note } = createConversations({ ...parts, read: read.conversations, obey })

  return {
    answer,
    promptFor,
    perform: async ({ command, args }, key, about) => {
      const person = { key, name: '', role: people.roleAt(key, about.address) }
      const words = wordsOf(about.language)
      // What a person may do where has changed, perhaps, since the task was made. They alone hear of it.
      const own = parts.directTo?.(key)
      const refused = (place: Address): Outcome => ({
        reply: {
          text: words.notThere(parts.places.nameOf(place, key, about.language)),
          status: 'refused',
        },
        ...(own === undefined ? {} : { to: own }),
      })
      if (!mayActAs(person.role, 'member')) return refused(about.address)
      // The place that it names was looked up when the task was made: what that name means by now is nobody's wish.
      const placed = 'to' in args ? { ...args, to: 'here' } : args
      const outcome = await runOrder(table.readCall(command, placed), { ...about, person }, words)
      const { to } = outcome
      return to === undefined || mayActAs(people.roleAt(key, to), 'member') ? outcome : refused(to)
    },
  }
}
