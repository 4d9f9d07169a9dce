import type { CommandTable, Context, Invocation, Outcome, Read } from './command.ts'
import { faultOf, messageOf } from './errors.ts'
import type { Log } from './log.ts'
import { addressKey, type Address, type Message, type Reply } from './message.ts'
import { complete, type Completion, type Model } from './model.ts'
import { mayActAs, type People, type Person } from './people.ts'
import { buildPrompt, splitHistory, type Prompt } from './prompt.ts'
import type { Action } from './store/approvals.ts'
import type { Reads, Write } from './store/writes.ts'
import type { Chore } from './task.ts'
import { languageOf, wordsOf, type Language, type Words } from './words.ts'
import type { Sign } from './adapter.ts'

/** What a message is answered with. `writes` are committed together with the reply. */
export type Answer = { readonly reply: Reply; readonly to?: Address; readonly writes: readonly Write[] }

export type Assistant = {
  /** Answers one message. Never throws, but for an abort of `signal`. */
  readonly answer: (message: Message, signal: AbortSignal, show: (sign: Sign) => void) => Promise<Answer>
  /** Runs a command for a task, with the rights that its maker has now. Throws a FaultError where it fails. */
  readonly perform: (chore: Chore, context: Omit<Context, 'progress'>) => Promise<Outcome>
  /** The prompt that `text` would make in the conversation now. */
  readonly promptFor: (conversation: string, text: string, nowMs: number) => Prompt
}

type Parts = {
  readonly table: CommandTable
  readonly people: People
  readonly read: Pick<Reads, 'conversations' | 'approvals'>
  /** The model of a route; null is the default route. */
  readonly modelFor: (route: string | null) => Model
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

/** How long a question waits for its yes, in milliseconds. */
const approvalMs = 10 * 60_000
const yes =
  /^(y|yes|yes please|yep|ok|okay|sure|do it|go ahead|confirm|是|是的|好|好的|对|可以|行|确认|确定|同意|嗯)[.!。！]*$/iu
const no = /^(n|no|nope|cancel|don'?t|no thanks|不|不要|不用|不行|否|取消|算了)[.!。！]*$/iu

export function createAssistant(parts: Parts): Assistant {
  const { table, people, read, now } = parts

  const answer: Assistant['answer'] = async (message, signal, show) => {
    const setting = parts.language()
    const language = setting === 'auto' ? languageOf(message.text) : setting
    const words = wordsOf(language)
    const person = people.of(message)
    const context: Context = {
      person,
      address: message.address,
      language,
      nowMs: now(),
      zone: parts.zone(),
      signal,
      progress: (text) => show({ kind: 'progress', text }),
    }
    try {
      return await answerPerson(message, context, words, show)
    } catch (error) {
      if (signal.aborted) throw error
      const fault = faultOf(error)
      parts.log.error({ fault, err: error, message: message.id }, 'a message could not be answered')
      const text =
        fault === 'internal' ? words.defect(message.id) : words.failed(words.faults[fault], messageOf(error))
      return say({ text, status: 'failed' })
    }
  }

  const answerPerson = async (
    message: Message,
    context: Context,
    words: Words,
    show: (sign: Sign) => void,
  ): Promise<Answer> => {
    const { person } = context
    const { maxMessageChars } = parts.limits()
    if (!mayActAs(person.role, 'member')) return say({ text: words.stranger, status: 'refused' })
    if (message.text.trim() === '') return say({ text: words.noText, status: 'misused' })
    if (message.text.length > maxMessageChars)
      return say({ text: words.tooLong(maxMessageChars), status: 'misused' })

    const conversation = addressKey(message.address)
    const approval = read.approvals.open(conversation, person.key, context.nowMs)
    if (approval !== undefined && yes.test(message.text.trim())) {
      const { command, args } = approval.action
      const outcome = await runRead(table.readCall(command, args), context, words)
      return { ...outcome, writes: [['approvals.use', approval.id], ...outcome.writes] }
    }
    const withdraw: Write[] = approval === undefined ? [] : [['approvals.withdraw', conversation, person.key]]
    if (approval !== undefined && no.test(message.text.trim()))
      return say({ text: words.leftUndone, status: 'done' }, withdraw)

    const typed = table.read(message.text, context)
    const { writes, ...rest } =
      typed === undefined
        ? await converse(message, conversation, context, words, show)
        : await obey(typed, conversation, context, words, () => true)
    return { ...rest, writes: [...withdraw, ...writes] }
  }

  /** Carries out an order, or asks first. `isSpoken` tells whether the person's own words say just this. */
  const obey = async (
    order: Read,
    conversation: string,
    context: Context,
    words: Words,
    isSpoken: (args: Invocation['args']) => boolean,
  ): Promise<Answer> => {
    if (order.kind !== 'invocation') return runRead(order, context, words)
    const { name, args, tier, when } = order.invocation
    if (when !== undefined || tier === 'write') {
      const restated = parts.restate(order.invocation, context)
      if (restated.kind === 'problem') return say({ text: restated.words, status: 'misused' })
      return ask(restated.words, restated.action, conversation, context, words)
    }
    if (tier === 'ask' && !isSpoken(args)) {
      return ask(words.proposal(name, args), { command: name, args }, conversation, context, words)
    }
    return runRead(order, context, words)
  }

  const ask = (
    question: string,
    action: Action,
    conversation: string,
    { person, nowMs }: Context,
    words: Words,
  ): Answer =>
    say({ text: `${question}\n${words.sayYes}`, status: 'asked', data: action }, [
      ['approvals.open', conversation, person.key, action, nowMs, nowMs + approvalMs],
    ])

  const runRead = async (order: Read, context: Context, words: Words): Promise<Answer> => {
    switch (order.kind) {
      case 'misused':
        return say({ text: words.misused(order.missing, order.problem, order.usage), status: 'misused' })
      case 'unknown':
        return say({ text: words.unknownCommand(order.name, order.nearest), status: 'misused' })
      case 'invocation': {
        const { role, run } = order.invocation
        if (!mayActAs(context.person.role, role))
          return say({ text: words.notAllowed(role), status: 'refused' })
        const { reply, writes, to } = await run(context)
        return { reply, writes: writes ?? [], ...(to === undefined ? {} : { to }) }
      }
    }
  }

  const converse = async (
    message: Message,
    conversation: string,
    context: Context,
    words: Words,
    show: (sign: Sign) => void,
  ): Promise<Answer> => {
    const { route } = read.conversations.get(conversation)
    const model = parts.modelFor(route)
    const { request } = promptFor(conversation, message.text, context.nowMs)
    let completion: Completion
    try {
      completion = await complete(model, request, context.signal, (text) => show({ kind: 'draft', text }))
    } catch (error) {
      if (context.signal.aborted) throw error
      const fault = faultOf(error)
      parts.log.warn({ fault, err: error, model: model.name }, 'the model did not answer')
      return say({ text: words.modelFailed(model.name, words.faults[fault]), status: 'failed' })
    }
    const answers: Answer[] = []
    if (completion.text.trim() !== '') answers.push(say({ text: endOf(completion, words), status: 'done' }))
    const isSpoken = spokenIn(message.text)
    for (const call of completion.calls) {
      if (answers.some(({ reply }) => reply.status === 'asked')) {
        answers.push(say({ text: words.oneAtATime, status: 'done' }))
        break
      }
      const order = table.readCall(call.name, call.args)
      answers.push(
        await obey(order, conversation, context, words, call.spoken === true ? () => true : isSpoken),
      )
    }
    if (answers.length === 0)
      return say({
        text: completion.stop === 'refused' ? words.modelRefused(model.name) : words.modelSilent(model.name),
        status: 'failed',
      })
    const answer = together(answers)
    return {
      ...answer,
      writes: [...answer.writes, ...remember(conversation, message.text, answer.reply.text, context.nowMs)],
    }
  }

  /** The writes that keep a turn, and fold older turns into the summary when they have grown too long. */
  const remember = (conversation: string, text: string, reply: string, nowMs: number): Write[] => {
    const { summary } = read.conversations.get(conversation)
    const { older } = splitHistory(read.conversations.turns(conversation), parts.limits().historyTokens)
    const last = older.at(-1)
    const writes: Write[] = [
      [
        'conversations.addTurns',
        conversation,
        [
          { role: 'user', text },
          { role: 'assistant', text: reply },
        ],
        nowMs,
      ],
    ]
    if (last === undefined) return writes
    const gist = parts.shorten([summary, ...older.map((turn) => turn.text)].join('\n'), 6)
    return [['conversations.summarise', conversation, gist.slice(0, 1_500), last.id], ...writes]
  }

  const promptFor = (conversation: string, text: string, nowMs: number): Prompt => {
    const { historyTokens, answerTokens } = parts.limits()
    const { summary } = read.conversations.get(conversation)
    const { recent } = splitHistory(read.conversations.turns(conversation), historyTokens)
    return buildPrompt({
      nowMs,
      zone: parts.zone(),
      tools: table.tools,
      summary,
      turns: recent,
      text,
      answerTokens,
    })
  }

  return {
    answer,
    promptFor,
    perform: async ({ command, args }, context) => {
      const person: Person = { ...context.person, role: people.roleOf(context.person.key) }
      const words = wordsOf(context.language)
      return runRead(table.readCall(command, args), { ...context, person, progress: () => undefined }, words)
    },
  }
}

function say(reply: Reply, writes: readonly Write[] = []): Answer {
  return { reply, writes }
}

function endOf({ text, stop }: Completion, words: Words): string {
  return stop === 'length' ? `${text.trim()}\n${words.cutShort}` : text.trim()
}

/** Several answers to one message as one; the gravest status counts, and the first other place. */
function together(answers: readonly Answer[]): Answer {
  const replies = answers.map(({ reply }) => reply)
  const status = (['asked', 'refused', 'misused', 'failed'] as const).find((one) =>
    replies.some((reply) => reply.status === one),
  )
  const data = replies.find((reply) => reply.data !== undefined)?.data
  const to = answers.find((one) => one.to !== undefined)?.to
  const text = replies.map((reply) => reply.text).join('\n')
  return {
    reply: { text, status: status ?? 'done', ...(data === undefined ? {} : { data }) },
    writes: answers.flatMap((one) => one.writes),
    ...(to === undefined ? {} : { to }),
  }
}

/**
 * Tells whether what a person wrote says all of these arguments, word for word. A call without arguments, or with
 * anything but words and numbers, is never said.
 */
function spokenIn(text: string): (args: Invocation['args']) => boolean {
  return (args) => {
    const values = Object.values(args)
    return (
      values.length > 0 &&
      values.every(
        (value) => (typeof value === 'string' || typeof value === 'number') && standsIn(text, String(value)),
      )
    )
  }
}

/** True if `words` stand in the text as they are, not as a part of a longer Latin word or number. */
function standsIn(text: string, words: string): boolean {
  const isJoined = (left: string | undefined, right: string | undefined): boolean =>
    /^[a-z\d]{2}$/iu.test(`${left ?? ''}${right ?? ''}`)
  for (let at = text.indexOf(words); at !== -1 && words !== ''; at = text.indexOf(words, at + 1)) {
    const end = at + words.length
    if (!isJoined(text[at - 1], words[0]) && !isJoined(words.at(-1), text[end])) return true
  }
  return false
}
