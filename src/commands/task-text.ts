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
  /^([a-z]+(?=\s|#|$)|列表|添加|查看|修改|改(?=\s*(?:任务\s*)?(?:[#第]?[\d０-９]|第[一二三四五六七八九十]))|暂停|恢复|继续|删除|运行|取消|历史)\s*([\s\S]*)$/iu

/** Figures, also full-width ones, or a Chinese numeral up to 九十九. */
const figures = '[\\d０-９]+'
const numeral = '[一二三四五六七八九]?十[一二三四五六七八九]?|[一二两三四五六七八九]'
const lead = '^(?:tasks?\\s+|任务\\s*)?#?'
const number = new RegExp(
  `${lead}第?(${figures}|${numeral})(?:[个号]?任务|[个号])?\\s*(?:(?:now|please|again|现在|一次|一下|吧)\\s*)*$`,
  'iu',
)
/** Neither 9:30, a time, nor 812之前, a page. A numeral must stand for itself: 三天后 and 三号 are times, too. */
const numberAndMore = new RegExp(
  `${lead}(?:第?(${figures})个?(?:任务)?(?![\\d０-９]|[:：][\\d０-９]|\\s*(?:之前|以前))|第(${numeral})个?(?:任务)?|(${numeral})(?:个任务)?(?=[\\s:：,，]|$))[\\s:：,，]*([\\s\\S]*)$`,
  'iu',
)

/** Reads what is typed after /tasks: an action with a number and more, a number alone, or a sentence to make a task of. */
export function readTasksText(typed: string): unknown {
  const text = typed.trim()
  if (text === '') return {}
  const alone = /^#?([\d０-９]+)$/u.exec(text)
  if (alone !== null) return { action: 'show', ...numbered(alone[1], text) }
  const [, word = '', rest = ''] = first.exec(text) ?? []
  const action = actionWords[word.toLowerCase()]
  if (action === undefined) return { action: 'add', text }
  if (action === 'add') return { action, text: rest }
  if (rest === '') return { action }
  if (action === 'edit' || action === 'history') return { action, ...numberFirst(rest) }
  const said = number.exec(rest)?.[1]
  if (said !== undefined) return { action, ...numbered(said, rest) }
  // "run the digest every morning" is a sentence; "show x" is a number mistyped, and "pause 1 2" more than one.
  return /\s/u.test(rest) && !numberAndMore.test(rest) ? { action: 'add', text } : { action, text: rest }
}

function numberFirst(rest: string): { readonly id?: number; readonly text?: string } {
  const [, plain, ordinal, bare, more = ''] = numberAndMore.exec(rest) ?? []
  const read = numbered(plain ?? ordinal ?? bare, rest)
  return read.id === undefined || more === '' ? read : { ...read, text: more }
}

/** The number that is said; the text where it can be that of no task. */
function numbered(said: string | undefined, text: string): { readonly id?: number; readonly text?: string } {
  const id = said === undefined ? 0 : valueOf(said)
  return id > 0 && Number.isSafeInteger(id) ? { id } : { text }
}

const han = '零一二三四五六七八九'

function valueOf(said: string): number {
  const plain = said.normalize('NFKC').replace('两', '二')
  if (/^\d/u.test(plain)) return Number(plain)
  const [tens = '', ones = ''] = plain.includes('十') ? plain.split('十') : ['零', plain]
  return Math.max(0, han.indexOf(tens === '' ? '一' : tens)) * 10 + Math.max(0, han.indexOf(ones))
}
