/** What /tasks can be told to do. */
export const actions = ['list', 'add', 'show', 'pause', 'resume', 'remove', 'run', 'history'] as const

const actionWords: Readonly<Record<string, (typeof actions)[number]>> = {
  ...Object.fromEntries(actions.map((action) => [action, action])),
  ls: 'list',
  delete: 'remove',
  列表: 'list',
  查看: 'show',
  暂停: 'pause',
  恢复: 'resume',
  继续: 'resume',
  删除: 'remove',
  运行: 'run',
  历史: 'history',
  添加: 'add',
}

/** Reads what is typed after /tasks: an action and a number, a number alone, or a sentence to make a task of. */
export function readTasksText(typed: string): unknown {
  const text = typed.trim()
  if (text === '') return {}
  const number = /^#?(\d+)$/u.exec(text)
  if (number !== null) return { action: 'show', id: number[1] }
  const [, word = '', rest = ''] =
    /^([a-z]+(?=\s|#|$)|列表|查看|暂停|恢复|继续|删除|运行|历史|添加)\s*([\s\S]*)$/iu.exec(text) ?? []
  const action = actionWords[word.toLowerCase()]
  if (action === undefined || action === 'add')
    return { action: 'add', text: action === undefined ? text : rest }
  if (rest === '') return { action }
  const id = /^(?:任务\s*)?#?第?(\d+)个?$/u.exec(rest)?.[1]
  // "run the digest every morning" is a sentence; "show x" is a number mistyped.
  return id === undefined && /\s/u.test(rest) ? { action: 'add', text } : { action, id: id ?? rest }
}
