import type { Language } from './words.ts'

const english = {
  /** Where a person is spoken to alone. */
  direct: 'our direct messages',
  thread: (place: string) => `a thread of ${place}`,
}

/** What places are called that have no name of their own, in one language. */
export type PlacesWords = typeof english

const chinese: PlacesWords = {
  direct: '我们的私信',
  thread: (place) => `${place} 的消息列`,
}

/** The words for places in each language. */
export const placesWords: Readonly<Record<Language, PlacesWords>> = { en: english, zh: chinese }

/** A place as it stands after a Chinese word: a space parts it from what is no Chinese. */
export function afterChinese(place: string): string {
  return /^\p{Script=Han}/u.test(place) ? place : ` ${place}`
}
