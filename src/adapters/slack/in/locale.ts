import QuickLRU from 'quick-lru'
import { z } from 'zod'
import type { Language } from '../../../words.ts'
import type { Incoming, SlackApi } from '../contract.ts'

const actor = z.union([
  z.object({ event: z.object({ user: z.string() }) }).transform(({ event }) => event.user),
  z.object({ user: z.object({ id: z.string() }) }).transform(({ user }) => user.id),
])
const answer = z.object({ user: z.object({ locale: z.string() }) })
const mostPeople = 5_000
const mostMs = 1_000

/** Gives the language in which whoever acts uses Slack; English where that is not known. Never rejects. */
export function createLocale(api: Pick<SlackApi, 'call'>): (incoming: Incoming) => Promise<Language> {
  const known = new QuickLRU<string, Language>({ maxSize: mostPeople })
  return async ({ body, account }) => {
    const user = actor.safeParse(body).data
    if (user === undefined) return 'en'
    const found = known.get(`${account} ${user}`)
    if (found !== undefined) return found
    const signal = AbortSignal.timeout(mostMs)
    const asked = await api.call('users.info', { user, include_locale: true }, { account, signal })
    const read = answer.safeParse(asked.kind === 'ok' ? asked.data : undefined)
    const language = read.data?.user.locale.startsWith('zh') === true ? 'zh' : 'en'
    if (read.success) known.set(`${account} ${user}`, language)
    return language
  }
}
