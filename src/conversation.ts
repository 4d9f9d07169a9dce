import type { Sign } from './adapter.ts'
import { adding, say, together, type Answer } from './answer.ts'
import { ownFiles, promptText, threadText, unreadText, type Attached } from './attachments.ts'
import { askerOf, type CommandTable, type Context, type Read } from './command.ts'
import { BudgetError, faultOf, messageOf, ModelError } from './errors.ts'
import type { Log } from './log.ts'
import { memoryKey, recall, remember } from './memory.ts'
import type { Attachment, Message } from './message.ts'
import {
  complete,
  replacement,
  type Asker,
  type Image,
  type Completion,
  type Model,
  type PastCall,
  type Turn,
} from './model.ts'
import { mayActAs } from './people.ts'
import { buildPrompt, createToday, type Prompt } from './prompt.ts'
import type { Reads, Write } from './store/writes.ts'
import type { Words } from './words.ts'

/** A message on its way through, with all that is known about it. */
export type Exchange = {
  readonly message: Message
  readonly conversation: string
  readonly context: Context
  readonly words: Words
  readonly show: (sign: Sign) => void
}

/** Talking with a model. */
export type Conversations = {
  /** Has the conversation's model answer, and what it proposes obeyed. Throws only for an abort. */
  readonly converse: (exchange: Exchange) => Promise<Answer>
  /** The prompt that `text` would make in the conversation now. */
  readonly promptFor: (asker: Asker, text: string, nowMs: number) => Prompt
  /** The writes by which the conversation remembers what a person said, and in words of ours what came of it. */
  readonly note: (exchange: Exchange, said: string) => readonly Write[]
}

type Parts = {
  readonly table: CommandTable
  readonly read: Reads['conversations']
  /** The model of a route; null is the default route. */
  readonly modelFor: (route: string | null) => Model
  /** Reads the files that came with a message, for a model of this route. Throws only for an abort. */
  readonly attach: (
    message: Message,
    files: readonly Attachment[],
    route: string | null,
    signal: AbortSignal,
  ) => Promise<Attached>
  /** The gist of a text in so many sentences, made without any model. */
  readonly shorten: (text: string, sentences: number) => string
  /** Carries out an order, or asks first; `isSpoken` is true where the person's own words say just this. */
  readonly obey: (order: Read, exchange: Exchange, isSpoken: boolean) => Promise<Answer>
  readonly limits: () => { readonly historyTokens: number; readonly answerTokens: number }
  readonly zone: () => string
  readonly log: Log
}

/** A model that proposes more than this in one answer is not heard further. */
const mostCalls = 8
const mostNameChars = 64
const mostArgsChars = 1_000

export function createConversations(parts: Parts): Conversations {
  const { table, read, obey, log } = parts
  const today = createToday()
  const memory = { read, shorten: parts.shorten, historyTokens: () => parts.limits().historyTokens }

  const converse = async (exchange: Exchange): Promise<Answer> => {
    const { message, conversation, context } = exchange
    const { files = [] } = message
    if (files.length === 0) return answerWhole(exchange, nothing)
    const { route } = read.get(conversation)
    const attached = await parts.attach(message, files, route, context.signal)
    return adding(await answerWhole(exchange, attached), unreadText(attached, context.language))
  }

  const answerWhole = async (exchange: Exchange, attached: Attached): Promise<Answer> => {
    const { message, conversation, context, words, show } = exchange
    const model = parts.modelFor(read.get(conversation).route)
    const { thread, images, texts } = attached
    // The last turn holds the person's words alone.
    const problems = attached.problems.filter(({ isThread }) => isThread !== true)
    const unheard = { texts: [], problems: attached.problems.filter(({ isThread }) => isThread === true) }
    const text = promptText(message.text, { texts, problems }, context.language)
    const before =
      thread === undefined
        ? promptText('', unheard, context.language) || undefined
        : threadText(thread, context.language)
    const { request } = promptFor(askerOf(context), text, context.nowMs, images, before)
    let soFar = ''
    let completion: Completion
    try {
      completion = await complete(model, request, context.signal, (text) => {
        soFar = text
        show({ kind: 'draft', text })
      })
    } catch (error) {
      if (context.signal.aborted) throw error
      const about = { fault: faultOf(error), err: error, model: model.name, message: message.id }
      log.warn(about, 'the model did not answer')
      const isOwner = mayActAs(context.person.role, 'owner')
      const failure = failureOf(error, { model: model.name, soFar, isOwner }, words)
      return say(`${failure} ${words.inLog(message.id)}`, 'failed')
    }
    const answered = await answerWith(completion, exchange)
    if (answered === undefined) {
      const none = { complete: words.modelSilent, refused: words.modelRefused, length: words.modelSpent }
      return say(none[completion.stop](model.name), 'failed')
    }
    const turns: readonly Turn[] = [
      { role: 'user', text: rememberedText(message) },
      {
        role: 'assistant',
        text: answered.said,
        ...(answered.calls.length === 0 ? {} : { calls: answered.calls }),
      },
    ]
    const writes = [...answered.writes, ...remember(keyOf(context), turns, context.nowMs, memory)]
    const { reply, posts } = told(answered, completion, words)
    const isModels = answered.said !== '' && reply.status === 'done'
    return { reply: isModels ? { ...reply, from: 'model' } : reply, posts, writes }
  }

  /**
   * What a model said and proposed, as one answer; undefined if it did neither. `said` and `calls` are what may be
   * remembered of it: its own words, its proposals and our questions, never what a command found, so that no text
   * from outside becomes a turn.
   */
  const answerWith = async (
    { text, calls, stop }: Completion,
    exchange: Exchange,
  ): Promise<(Answer & { readonly said: string; readonly calls: readonly PastCall[] }) | undefined> => {
    const { words, message } = exchange
    // What a model reads by rule may stand in a file, and then it is nobody's own word.
    const areWordsTheirs = ownFiles(message.files ?? []).length === 0
    const answers: Answer[] = []
    const past: PastCall[] = []
    const own = stop === 'length' ? `${text.trim()}\n${words.cutShort}` : text.trim()
    if (text.trim() !== '') answers.push(say(own))
    // What was cut off in the middle of a proposal is none.
    const whole = stop === 'length' ? [] : calls
    for (const { id, name, args, spoken } of whole.slice(0, mostCalls)) {
      const isSpoken = spoken === true && areWordsTheirs
      if (answers.some(({ reply }) => reply.status === 'asked')) {
        answers.push(say(words.oneAtATime))
        break
      }
      const order = isSpoken
        ? table.readCall(name, args)
        : table.readProposal(name.slice(0, mostNameChars), args)
      // It may know a command by hearsay that it was not told of.
      const isHidden = order.kind === 'unknown' && table.find(order.name) !== undefined
      const done = isHidden ? say(words.typeIt(order.name), 'misused') : await obey(order, exchange, isSpoken)
      // What a model looks up because of what it read, nobody asked for: their own things are for their eyes alone.
      const isRead = !isSpoken && (message.files ?? []).length > 0 && done.reply.status !== 'asked'
      answers.push(isRead ? { ...done, reply: { ...done.reply, aside: true } } : done)
      if (order.kind !== 'unknown') past.push({ id, name, args: bounded(args), result: resultOf(done) })
    }
    if (whole.length > mostCalls) answers.push(say(words.moreCalls(whole.length - mostCalls)))
    const said = text.trim() === '' ? '' : own
    return answers.length === 0 ? undefined : { ...together(answers), said, calls: past }
  }

  const promptFor = (
    asker: Asker,
    text: string,
    nowMs: number,
    images?: readonly Image[],
    before?: string,
  ): Prompt => {
    const { answerTokens } = parts.limits()
    const { tools } = table
    return buildPrompt({
      asker,
      today: today(nowMs, parts.zone()),
      zone: parts.zone(),
      tools,
      ...recall(memoryKey(asker.address, asker.person), memory),
      ...(before === undefined ? {} : { before }),
      text,
      ...(images === undefined ? {} : { images }),
      answerTokens,
    })
  }

  const note: Conversations['note'] = ({ message, context }, said) =>
    remember(
      keyOf(context),
      [
        { role: 'user', text: message.text },
        { role: 'assistant', text: said },
      ],
      context.nowMs,
      memory,
    )

  return { converse, promptFor, note }
}

function keyOf({ address, person }: Context): string {
  return memoryKey(address, person.key)
}

const nothing: Attached = { texts: [], images: [], problems: [] }

/** What is remembered of a message: of its files no more than their names, and of what others said in its thread nothing. */
function rememberedText(message: Message): string {
  const names = ownFiles(message.files ?? []).map(
    ({ name }) => `[${name.replaceAll(/\s+/gu, ' ').slice(0, mostNameChars)}]`,
  )
  return [message.text, ...names].filter((part) => part !== '').join('\n')
}

/** The words for a model that failed, after what it had said until then. The owner gets the detail that helps to mend it. */
function failureOf(
  error: unknown,
  { model, soFar, isOwner }: { model: string; soFar: string; isOwner: boolean },
  words: Words,
): string {
  if (error instanceof BudgetError) return words.usage.refused(error)
  const fault = faultOf(error)
  if (soFar.trim() !== '') return `${soFar.trim()}\n${words.brokenOff(words.faults[fault])}`
  if (fault === 'missing') return words.routeGone(model)
  const retryMs = error instanceof ModelError ? error.retryAfterMs : undefined
  return words.modelFailed(model, words.faults[fault], retryMs, isOwner ? messageOf(error) : undefined)
}

/** The answer with a word on who gave it, where that is not the model that the person would expect. */
function told(answer: Answer, { trail }: Completion, words: Words): Answer {
  const replaced = replacement(trail)
  if (replaced === undefined) return answer
  const { by, insteadOf, fault } = replaced
  const { reply, posts } = answer
  const note = words.answeredInstead(by, insteadOf, words.faults[fault])
  // What it proposed may have asked a model, too, and say the same.
  if (reply.text.endsWith(note)) return answer
  const text = `${reply.text}\n${note}`
  return { reply: { ...reply, text }, posts, writes: [] }
}

/** What a model is told later of its proposal: our question with it, and no more than a word of what came of it. */
function resultOf({ reply }: Answer): string {
  return reply.status === 'asked' ? reply.text : reply.status
}

/** The arguments as they are remembered; what is longer than a person would write is left out. */
function bounded(args: unknown): unknown {
  return JSON.stringify(args ?? {}).length <= mostArgsChars ? args : {}
}
