import type { Chore } from './task.ts'
import type { Language } from './words.ts'

/** The Chinese words for the names of commands; each is one that is understood. */
const commands: Readonly<Record<string, string>> = {
  digest: '摘要',
  help: '帮助',
  model: '模型',
  new: '新对话',
  people: '人员',
  remind: '提醒',
  status: '状态',
  stop: '停止',
  tasks: '任务',
  usage: '用量',
}
const args: Readonly<Record<string, string>> = {
  action: '操作',
  from: '来源',
  id: '编号',
  name: '名称',
  text: '内容',
  to: '地点',
  when: '时间',
  who: '对象',
}

/** What a command is called among Chinese words. */
export function chineseCommand(name: string): string {
  return commands[name] ?? name
}

/** What an argument of a command is called among Chinese words. */
export function chineseArgument(name: string): string {
  return args[name] ?? name
}

/**
 * What a task does, in words of a language that are understood when they are typed: `remind "water the plants"`,
 * `digest https://… to #news`, `提醒 浇花`, `摘要 https://… 到 #news`.
 */
export function choreWords({ command, args: { to, ...others } }: Chore, language: Language): string {
  const given = Object.entries(others).filter(([, value]) => value !== undefined)
  const [only, ...more] = given
  const what =
    only !== undefined && more.length === 0
      ? [shown(only[1])]
      : given.map(([key, value]) => `--${key} ${shown(value)}`)
  const isChinese = language === 'zh'
  const place = to === undefined ? [] : [isChinese ? '到' : 'to', shown(to)]
  return [isChinese ? chineseCommand(command) : command, ...what, ...place].join(' ')
}

function shown(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value)
  return /^[^\s"]+$/u.test(value) ? value : JSON.stringify(value)
}
