import type { Context, Outcome, Read } from './command.ts'
import type { Address, Reply, ReplyStatus } from './message.ts'
import { mayActAs } from './people.ts'
import type { Write } from './store/writes.ts'
import type { Words } from './words.ts'

/** What a message is answered with. All of it, the posts to other places and the writes, is committed together. */
export type Answer = {
  readonly reply: Reply
  readonly posts: readonly { readonly to: Address; readonly reply: Reply }[]
  readonly writes: readonly Write[]
}

/** Runs what was read, if the person's role permits it; says what is wrong with it otherwise. */
export async function runOrder(order: Read, context: Context, words: Words): Promise<Outcome> {
  switch (order.kind) {
    case 'misused':
      return {
        reply: {
          text: words.misused(order.missing, order.problem, order.usage[context.language]),
          status: 'misused',
        },
      }
    case 'unknown':
      return { reply: { text: words.unknownCommand(order.name, order.nearest), status: 'misused' } }
    case 'invocation': {
      const { role } = order.invocation
      if (mayActAs(context.person.role, role)) return order.invocation.run(context)
      return { reply: { text: words.notAllowed(role), status: 'refused' } }
    }
  }
}

/** An answer of words alone. */
export function say(text: string, status: ReplyStatus = 'done'): Answer {
  return { reply: { text, status }, posts: [], writes: [] }
}

/** An answer with more below it; itself where there is no more. */
export function adding(answer: Answer, more: string): Answer {
  const { reply } = answer
  return more === '' ? answer : { ...answer, reply: { ...reply, text: `${reply.text}\n\n${more}` } }
}

/** Several answers to one message as one, with the buttons of all; the gravest status counts. */
export function together(answers: readonly Answer[]): Answer {
  const [only, ...others] = answers
  if (only !== undefined && others.length === 0) return only
  const replies = answers.map(({ reply }) => reply)
  const grave = (['asked', 'refused', 'misused', 'failed'] as const).find((one) =>
    replies.some(({ status }) => status === one),
  )
  // That of a question holds its token.
  const withData = replies.filter((reply) => reply.data !== undefined)
  const { data } = withData.find(({ status }) => status === grave) ?? withData[0] ?? {}
  const choices = replies.flatMap((reply) => reply.choices ?? [])
  const asks = replies.find((reply) => reply.asks !== undefined)?.asks
  return {
    reply: {
      text: replies.map(({ text }) => text).join('\n'),
      status: grave ?? 'done',
      ...(data === undefined ? {} : { data }),
      ...(choices.length === 0 ? {} : { choices }),
      ...(asks === undefined ? {} : { asks }),
      ...(replies.some(({ aside }) => aside) ? { aside: true } : {}),
    },
    posts: answers.flatMap(({ posts }) => posts),
    writes: answers.flatMap(({ writes }) => writes),
  }
}
