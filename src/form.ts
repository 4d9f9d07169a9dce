import type { Address } from './message.ts'
import type { Action } from './store/approvals.ts'
import type { Language } from './words.ts'

/** The fields of the form of a task. */
export type FormField = 'what' | 'when' | 'to'

/** What stands in the form: `to` is a place as people name it (`slack:C123`), `edit` the number of the task to be changed. */
export type FormOrder = {
  readonly what: string
  readonly when: string
  readonly to?: string
  readonly edit?: number
}

/** Who has the form before them, where they are answered, and the instant from which words of time count. */
export type FormAbout = {
  /** Key of the person. */
  readonly person: string
  readonly address: Address
  readonly language: Language
  readonly nowMs: number
}

/** What sending the form would do, in words with the exact action behind them; or what is wrong, and in which field. */
export type FormTold =
  | { readonly kind: 'action'; readonly words: string; readonly action: Action }
  | { readonly kind: 'problem'; readonly words: string; readonly field?: FormField }

/** Reads the form of a task. The same order about the same person and instant always tells the same. */
export type FormReader = {
  /** What stands in the form of a task at first; undefined where the person has no such task. */
  readonly fill: (edit: number, about: FormAbout) => FormOrder | undefined
  /** Says what the form would do now. A field of a task that stands as it was filled first is not changed. */
  readonly tell: (order: FormOrder, about: FormAbout) => FormTold
}
