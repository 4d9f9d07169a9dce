import type { Language } from './words.ts'

const english = {
  /** Where a person is spoken to alone. */
  direct: 'our direct messages',
  thread: (place: string) => `a thread of ${place}`,
  /** There is no such place, or nothing can be posted there. */
  unknown: (to: string) => {
    if (isHere(to)) return 'I am not in this channel. Invite me with /invite @Moltbot, then say it again.'
    const how = isChannel(to) ? 'I must be in that channel, too: /invite @Moltbot.' : 'Try: here.'
    return `I know no place called ${to} where you may post. ${how}`
  },
}

/** What places are called that have no name of their own, in one language. */
export type PlacesWords = typeof english

const chinese: PlacesWords = {
  direct: '我们的私信',
  thread: (place) => `${place} 的消息列`,
  unknown: (to) => {
    if (isHere(to)) return '我不在这个频道里。请用 /invite @Moltbot 邀请我，再说一遍。'
    const how = isChannel(to) ? '我也得在那个频道里：请用 /invite @Moltbot 邀请我。' : '可以用：这里。'
    return `我不知道有哪个你可以发布的地方叫 ${to}。${how}`
  },
}

/** The words for places in each language. */
export const placesWords: Readonly<Record<Language, PlacesWords>> = { en: english, zh: chinese }

/** A place as it stands after a Chinese word: a space parts it from what is no Chinese. */
export function afterChinese(place: string): string {
  return /^\p{Script=Han}/u.test(place) ? place : ` ${place}`
}

/** True for the words that mean where they are said. */
export function isHere(to: string): boolean {
  return to === 'here' || to === '这里'
}

/** True for what is written as a channel is, of which Moltbot must be a member. */
function isChannel(to: string): boolean {
  return /^(?:slack:)?#|^slack:[CG]|^<#/u.test(to)
}
