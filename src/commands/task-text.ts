import { actions, type Action } from './task-args.ts'

const actionWords: Readonly<Record<string, Action>> = {
  ...Object.fromEntries(actions.map((action) => [action, action])),
  ls: 'list',
  change: 'edit',
  delete: 'remove',
  列表: 'list',
  添加: 'add',
  查看: 'show',
  修改: 'edit',
  改: 'edit',
  暂停: 'pause',
  恢复: 'resume',
  继续: 'resume',
  删除: 'remove',
  运行: 'run',
  取消: 'cancel',
  历史: 'history',
}

// 改天 is another day, not an edit.
const first =
  /^([a-z]+(?=\s|#|$)|列表|添加|查看|修改|改(?=\s*(?:任务\s*)?[#第]?\d)|暂停|恢复|继续|删除|运行|取消|历史)\s*([\s\S]*)$/iu

const number = /^(?:任务\s*)?#?第?(\d+)个?(?:任务)?$/u
const numberAndMore = /^(?:任务\s*)?#?第?(\d+)个?(?:任务)?(?!\d|[:：]\d)[\s:：,，]*([\s\S]*)$/u

/** Reads what is typed after /tasks: an action with a number and more, a number alone, or a sentence to make a task of. */
export function readTasksText(typed: string): unknown {
  const text = typed.trim()
  if (text === '') return {}
  const alone = /^#?(\d+)$/u.exec(text)
  if (alone !== null) return { action: 'show', id: alone[1] }
  const [, word = '', rest = ''] = first.exec(text) ?? []
  const action = actionWords[word.toLowerCase()]
  if (action === undefined) return { action: 'add', text }
  if (action === 'add') return { action, text: rest }
  if (rest === '') return { action }
  if (action === 'edit' || action === 'history') return { action, ...numberFirst(rest) }
  const id = number.exec(rest)?.[1]
  if (id !== undefined) return { action, id }
  // "run the digest every morning" is a sentence; "show x" is a number mistyped.
  return /\s/u.test(rest) ? { action: 'add', text } : { action, text: rest }
}

function numberFirst(rest: string): { readonly id?: string; readonly text?: string } {
  const [, id, more = ''] = numberAndMore.exec(rest) ?? []
  if (id === undefined) return { text: rest }
  return more === '' ? { id } : { id, text: more }
}
