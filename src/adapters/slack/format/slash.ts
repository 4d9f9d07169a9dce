import type { Reply } from '../../../message.ts'

/** The text of a reply as it is shown in Slack: only what we say ourselves is written as people type it there. */
export function shownText({ text, from }: Reply, isCommand: (word: string) => boolean): string {
  return from === undefined ? asTyped(text, isCommand) : text
}

/**
 * Our own words as people can type them in Slack, whose client takes every text that begins with a slash for itself:
 * `/tasks pause 3` is `/moltbot tasks pause 3` there. What is no command of ours, a path for one, stays as it is.
 */
export function asTyped(text: string, isCommand: (word: string) => boolean): string {
  return text.replaceAll(/(?<![^\s(（"“「'‘:：，。、；？！])\/([\p{L}-]+)/gu, (typed, word: string) =>
    isCommand(word) ? `/moltbot ${word}` : typed,
  )
}
