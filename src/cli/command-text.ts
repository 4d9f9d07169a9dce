/**
 * What follows `run` on the command line as one typed line. The command may come with its slash, and all of it as
 * one quoted word; every other word stays one word.
 */
export function commandText([name = '', ...rest]: readonly string[]): string {
  return [`/${name.replace(/^[/／]/u, '')}`, ...rest.map(quoted)].join(' ')
}

/** A word of the shell as a word of a typed line: what holds spaces or quotes there stands in quotes here. */
function quoted(word: string): string {
  if (/^[^\s"'“”「」]+$/u.test(word)) return word
  const [, option = '', value = word] = /^(--[a-z][\w-]*=)([\s\S]*)$/iu.exec(word) ?? []
  return `${option}"${value.replaceAll(/["\\]/gu, '\\$&')}"`
}

/** How the person who started this calls the command line: npm puts it on no path. */
export function moltbotCommand(env: NodeJS.ProcessEnv): string {
  return env['npm_command'] === undefined ? 'moltbot' : 'npm exec moltbot --'
}
