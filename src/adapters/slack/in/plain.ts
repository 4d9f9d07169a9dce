import type { Directory } from './directory.ts'
import { mentionedIn, plainText } from './text-in.ts'

/** So many people of one text are asked for by name; the others keep their ids. */
const mostNames = 20

/** Makes Slack's form of a text what people read, with the names of those whom it mentions. Never rejects. */
export type Plain = (
  text: string,
  at: { readonly account: string; readonly botUserId: string },
) => Promise<string>

export function createPlain(directory: Pick<Directory, 'user' | 'channelName'>): Plain {
  return async (text, { account, botUserId }) => {
    const named = mentionedIn(text)
      .filter((id) => id !== botUserId)
      .slice(0, mostNames)
      .map(async (id) => [id, (await directory.user(account, id)).name] as const)
    const names = new Map(await Promise.all(named))
    const channel = (id: string): string | undefined => directory.channelName(account, id)
    return plainText(text, { botUserId, user: (id) => names.get(id), channel })
  }
}
