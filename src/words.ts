import { english } from './words-en.ts'
import { chinese } from './words-zh.ts'

/** The languages in which Moltbot speaks by itself. */
export type Language = 'en' | 'zh'

/** All that Moltbot says by itself, in one language. */
export type Words = typeof english

/** The language of a text: Chinese as soon as it holds a Han character, else English. */
export function languageOf(text: string): Language {
  return /\p{Script=Han}/u.test(text) ? 'zh' : 'en'
}

/** The same thing said in each language. */
export function inBoth<T>(
  words: Readonly<Record<Language, T>>,
  say: (words: T) => string,
): Readonly<Record<Language, string>> {
  return { en: say(words.en), zh: say(words.zh) }
}

/** The words of a language. */
export function wordsOf(language: Language): Words {
  return language === 'zh' ? chinese : english
}
