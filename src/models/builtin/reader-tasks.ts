import type { Proposal } from '../../task.ts'

/** Words that add nothing to a question about the present. */
export const now = '(?: (?:right )?now| currently| at the moment| today)?'
/** A pattern of a whole text. */
export const whole = (source: string): RegExp => new RegExp(`^(?:${source})$`, 'u')

const counts = 'zero one two three four five six seven eight nine ten eleven twelve'.split(' ')
const ordinals =
  'zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth'.split(' ')
const hanDigits = '零一二三四五六七八九十'

const id = `(?:no\\.? ?|number |nr\\.? ?|id )?#?(\\d{1,9}|${counts.slice(1).join('|')})`
const noun = '(?:(?:scheduled |recurring )?(?:tasks?|reminders?|jobs?|digest task))'
const taskEn = `(?:(?:my |the )?${noun} ?${id}|(?:my |the )?(\\d{1,3}(?:st|nd|rd|th)|${ordinals.slice(1).join('|')}) ${noun}|#(\\d{1,9}))`
const hanId = `(\\d{1,9}|[${hanDigits}]{1,3})`
const hanNoun = '(?:定时|计划|周期)?(?:任务|提醒)'
const taskZh = `(?:${hanNoun} ?(?:#|编号|第)? ?${hanId} ?(?:号)?|第 ?${hanId} ?(?:个|条|项|号)?${hanNoun}|#?${hanId} ?号${hanNoun}|#(\\d{1,9}) ?(?:号)?(?:${hanNoun})?)`

type Action = 'show' | 'pause' | 'resume' | 'remove' | 'run' | 'history'

const taskOrders: readonly (readonly [Action, RegExp])[] = [
  ['pause', whole(`(?:pause|suspend|stop|hold|disable|halt)(?: running)? ${taskEn}`)],
  ['resume', whole(`(?:resume|unpause|un-pause|continue|reactivate|re-?enable|enable|unsuspend) ${taskEn}`)],
  ['remove', whole(`(?:delete|remove|cancel|erase|unschedule|get rid of) ${taskEn}`)],
  [
    'run',
    whole(
      `(?:run|execute|trigger|fire|launch) ${taskEn}(?: (?:right )?now| immediately| once| again| at once| right away| once now)?`,
    ),
  ],
  ['run', whole(`(?:right )?now (?:run|execute|trigger) ${taskEn}`)],
  [
    'history',
    whole(
      `(?:(?:show|see|view|get|give|list|display)(?: me)? )?(?:the )?(?:run |execution )?(?:history|runs|past runs|last runs|recent runs|log|logs|run log) (?:of|for) ${taskEn}`,
    ),
  ],
  [
    'history',
    whole(
      `(?:(?:show|see|view|get|give|list|display)(?: me)? )?${taskEn}(?:'s)? (?:run |execution )?(?:history|runs|log|logs)`,
    ),
  ],
  [
    'history',
    whole(
      `when (?:did|was|has) ${taskEn} (?:last|most recently) (?:run|ran|executed|been run|started|fire)|when did ${taskEn} (?:last )?run(?: last)?|when was the last (?:run|time) (?:of )?${taskEn}(?: ran)?`,
    ),
  ],
  ['history', whole(`(?:the )?last run of ${taskEn}|how did (?:the last run of )?${taskEn} go`)],
  [
    'show',
    whole(
      `(?:show|view|see|describe|inspect|display|open)(?: me)?(?: the)?(?: details (?:of|for|about))? ?${taskEn}(?:'s details| details)?`,
    ),
  ],
  [
    'show',
    whole(
      `(?:details|info|information) (?:of|for|about|on) ${taskEn}|(?:what is|what's|what does) ${taskEn}(?: do)?|${taskEn}`,
    ),
  ],
  ['pause', whole(`(?:暂停|停掉|停止|挂起|停用|停一下|先停)(?:一下|掉)?(?:运行|执行)? ?${taskZh}`)],
  [
    'pause',
    whole(
      `(?:把|将) ?${taskZh} ?(?:先)?(?:暂停|停掉|停止|挂起|停用|停一下|停了)(?:一下|掉)?|${taskZh} ?(?:暂停|停用)(?:一下)?`,
    ),
  ],
  ['resume', whole(`(?:恢复|继续|重新启用|启用|重新开启)(?:一下)?(?:运行|执行)? ?${taskZh}`)],
  [
    'resume',
    whole(`(?:把|将) ?${taskZh} ?(?:恢复|重新启用|启用)(?:一下)?|${taskZh} ?(?:恢复|继续)(?:运行|执行)?`),
  ],
  ['remove', whole(`(?:删除|删掉|删了|移除|取消|去掉)(?:掉)? ?${taskZh}`)],
  ['remove', whole(`(?:把|将) ?${taskZh} ?(?:给我)?(?:删除|删掉|删了|移除|取消|去掉)(?:掉|了)?`)],
  [
    'run',
    whole(
      `(?:立即|立刻|马上|现在|现在就|手动)?(?:再)?(?:运行|执行|跑|触发)(?:一次|一下|一遍)? ?${taskZh}(?:一次)?`,
    ),
  ],
  [
    'run',
    whole(
      `(?:把|将)? ?${taskZh} ?(?:立即|立刻|马上|现在|现在就|手动)(?:运行|执行|跑|触发)(?:一次|一下|一遍)?`,
    ),
  ],
  [
    'history',
    whole(
      `(?:查看|看看?|看一下|显示|给我看看?|列出)? ?${taskZh} ?(?:的)?(?:运行|执行)?(?:历史|记录|日志|历史记录|情况)`,
    ),
  ],
  [
    'history',
    whole(
      `${taskZh} ?(?:上次|上一次|最近一?次|最后一次)(?:是)?(?:什么时候|何时|几点)(?:运行|执行|跑)?(?:过)?(?:的)?`,
    ),
  ],
  [
    'show',
    whole(
      `(?:查看|看看?|看一下|显示|展示|打开|给我看看?)(?:一下)? ?${taskZh}(?:的?(?:详情|详细信息|内容|信息))?|${taskZh}(?:的)?(?:详情|详细信息)`,
    ),
  ],
]

const list = 'tasks|reminders|jobs|schedules?|scheduled (?:tasks|jobs|reminders)|task list|reminder list'
const adjectives =
  '(?: all| of| my| our| the| current| active| scheduled| recurring| upcoming| existing| pending| paused)*'
const taskLists: readonly RegExp[] = [
  whole(
    `(?:show|list|display|view|see|print|get|give|what are|what're|check|open|let me see)(?: me| us)?${adjectives} (?:${list})${now}`,
  ),
  whole(
    `what(?:'s| is|s)(?: currently)? (?:scheduled|planned|on (?:the|my) (?:schedule|task list))(?: for (?:me|us))?${now}`,
  ),
  whole(
    `(?:what|which)(?: scheduled| recurring)? (?:tasks|reminders|jobs|schedules) (?:do (?:i|we) have(?: set up| scheduled)?|are (?:there|scheduled|active|running|set up|set)|have (?:i|we) (?:set up|got|scheduled|created|set)|did i (?:set up|create|schedule|set))${now}`,
  ),
  whole(`what (?:have (?:i|we)|did i|do i have|have you) (?:scheduled|schedule)(?: for me)?${now}`),
  whole(
    `do i have (?:any )?(?:scheduled )?(?:tasks|reminders)(?: scheduled| set up| set)?${now}|how many (?:tasks|reminders) do i have${now}`,
  ),
  whole(
    `(?:my|all my|the|all)(?: scheduled| current| active| recurring)* (?:${list})|${list}|list of(?: my| all)* tasks`,
  ),
  whole(
    '(?:查看|看看?|看一下|看下|列出|列一下|列举|显示|展示|给我看看?|说说|查一下|查询)?(?:一下)?(?:我们?|你)?(?:的|现在|目前|都|所有的?|全部的?|当前的?|有|设置了?|设了|建了|安排了|已有的?)*(?:哪些|什么|多少个?|几个)?(?:定时|计划|定期|周期|正在运行的)?(?:任务|计划任务)(?:列表|清单)?(?:有哪些|都有(?:哪些|什么)|有什么|有几个|呢)?',
  ),
  whole(
    '(?:查看|看看?|看一下|看下|列出|列一下|显示|给我看看?)(?:一下)?(?:我们?)?(?:的|所有的?|全部的?|当前的?)*提醒(?:列表|清单)?|(?:我们?)?(?:现在|目前|都|一共)*(?:有|设了|设置了|定了)(?:哪些|什么|多少个?|几个)提醒|我的(?:所有|全部)?提醒|提醒列表',
  ),
]

/** Reads orders about tasks. A removal needs plain words and one number. */
export function readTasks(text: string): Proposal | undefined {
  if (taskLists.some((pattern) => pattern.test(text))) return { command: 'tasks', args: { action: 'list' } }
  for (const [action, pattern] of taskOrders) {
    const match = pattern.exec(text)
    const said = match?.slice(1).find((group) => group !== undefined)
    const number = said === undefined ? 0 : readId(said)
    if (number > 0) return { command: 'tasks', args: { action, id: number } }
  }
  return undefined
}

function readId(said: string): number {
  if (/^\d/.test(said)) return Number.parseInt(said, 10)
  const english = Math.max(counts.indexOf(said), ordinals.indexOf(said))
  if (english > 0) return english
  // 十二 is 12, 二十 is 20, 二十三 is 23.
  const match = /^([一二三四五六七八九])?(十)?([一二三四五六七八九])?$/.exec(said)
  if (match === null) return 0
  const [, first, ten, last] = match
  if (ten === undefined)
    return last === undefined || first === undefined ? hanDigits.indexOf(first ?? last ?? '零') : 0
  return (
    (first === undefined ? 1 : hanDigits.indexOf(first)) * 10 +
    (last === undefined ? 0 : hanDigits.indexOf(last))
  )
}
