import type { Sign } from './adapter.ts'
import { say, together, type Answer } from './answer.ts'
import type { CommandTable, Context, Read } from './command.ts'
import { faultOf } from './errors.ts'
import type { Log } from './log.ts'
import { recall, remember } from './memory.ts'
import type { Message } from './message.ts'
import { complete, type Completion, type Model } from './model.ts'
import { buildPrompt, type Prompt } from './prompt.ts'
import type { Reads } from './store/writes.ts'
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
  readonly promptFor: (conversation: string, text: string, nowMs: number) => Prompt
}

type Parts = {
  readonly table: CommandTable
  readonly read: Reads['conversations']
  /** The model of a route; null is the default route. */
  readonly modelFor: (route: string | null) => Model
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

export function createConversations(parts: Parts): Conversations {
  const { table, read, obey, log } = parts
  const memory = { read, shorten: parts.shorten, historyTokens: () => parts.limits().historyTokens }

  const converse = async (exchange: Exchange): Promise<Answer> => {
    const { message, conversation, context, words, show } = exchange
    const { route } = read.get(conversation)
    const model = parts.modelFor(route)
    const { request } = promptFor(conversation, message.text, context.nowMs)
    let completion: Completion
    try {
      completion = await complete(model, request, context.signal, (text) => show({ kind: 'draft', text }))
    } catch (error) {
      if (context.signal.aborted) throw error
      const fault = faultOf(error)
      log.warn({ fault, err: error, model: model.name }, 'the model did not answer')
      return say(words.modelFailed(model.name, words.faults[fault]), 'failed')
    }
    const answered = await answerWith(completion, exchange)
    if (answered === undefined) {
      return say(
        completion.stop === 'refused' ? words.modelRefused(model.name) : words.modelSilent(model.name),
        'failed',
      )
    }
    const turns = [
      { role: 'user', text: message.text },
      { role: 'assistant', text: answered.said },
    ] as const
    const { said: _, ...rest } = answered
    return { ...rest, writes: [...rest.writes, ...remember(conversation, turns, context.nowMs, memory)] }
  }

  /**
   * What a model said and proposed, as one answer; undefined if it did neither. `said` is what may be remembered of it:
   * its own words and questions, never what a command found, so that no text from outside comes back to a model.
   */
  const answerWith = async (
    { text, calls, stop }: Completion,
    exchange: Exchange,
  ): Promise<(Answer & { readonly said: string }) | undefined> => {
    const { words } = exchange
    const answers: Answer[] = []
    const said: string[] = []
    const own = stop === 'length' ? `${text.trim()}\n${words.cutShort}` : text.trim()
    if (text.trim() !== '') {
      answers.push(say(own))
      said.push(own)
    }
    for (const { name, args, spoken } of calls.slice(0, mostCalls)) {
      if (answers.some(({ reply }) => reply.status === 'asked')) {
        answers.push(say(words.oneAtATime))
        break
      }
      const order =
        spoken === true ? table.readCall(name, args) : table.readProposal(name.slice(0, mostNameChars), args)
      const done = await obey(order, exchange, spoken === true)
      answers.push(done)
      said.push(done.reply.status === 'asked' ? done.reply.text : `(/${name.slice(0, mostNameChars)})`)
    }
    return answers.length === 0 ? undefined : { ...together(answers), said: said.join('\n') }
  }

  const promptFor = (conversation: string, text: string, nowMs: number): Prompt => {
    const { answerTokens } = parts.limits()
    const { tools } = table
    return buildPrompt({
      nowMs,
      zone: parts.zone(),
      tools,
      ...recall(conversation, memory),
      text,
      answerTokens,
    })
  }

  return { converse, promptFor }
}
