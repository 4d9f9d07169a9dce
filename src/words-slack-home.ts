import { chineseCommand } from './words-chores.ts'
import type { Language } from './words.ts'

const english = {
  tasks: 'Your tasks',
  noTasks: 'You have none yet.',
  more: (n: number) => `… and ${n} more. Write me “tasks” to see them all.`,
  last: (outcome: string, time: string) => `last: ${outcome}, ${time}`,
  buttons: { pause: 'Pause', resume: 'Resume', run: 'Run now', edit: 'Edit', make: 'New task' },
  /** What a press of a button says. */
  says: {
    pause: (id: number) => `/tasks pause ${id}`,
    resume: (id: number) => `/tasks resume ${id}`,
    run: (id: number) => `/tasks run ${id}`,
  },
  conversations: 'Your conversations',
  noConversations: 'There is none yet. Write me a message, or mention me in a channel.',
  direct: 'direct message',
  thread: (time: string) => `thread of ${time}`,
  model: (route: string) => `model: ${route}`,
  defaultRoute: (route: string) => `Where nobody chose a model, ${route} answers.`,
  /** To those to whom no home is shown. */
  noHome: {
    unknown: 'I do not know you yet. Write me a direct message, and I will tell you how to be let in.',
    guest:
      'You are a guest: write to me to talk and to look things up. For tasks of your own, ask whoever runs me to make you a member.',
    blocked: 'Whoever runs me has blocked you, so I do not answer you.',
  },
  again: 'Slack took too long to open the form. Please press the button again.',
  form: {
    make: 'New task',
    edit: (id: number) => `Edit task ${id}`,
    save: 'Save',
    close: 'Cancel',
    what: 'What',
    whatHint: 'digest https://example.com/feed.xml, or: remind water the plants',
    when: 'When',
    whenHint: 'every weekday at 9, tomorrow at 15:00, every 2 hours',
    to: 'Where',
    toHint: 'Empty: in our direct messages',
    changed: 'This changed since you last saw it. Press Save again if it is right now.',
    sayWhat: 'Say what to do, and when; here you will read what I understood.',
    sayWhen: 'Say when, for example: every weekday at 9.',
    notRead: (what: string) =>
      `I cannot make a task of “${what}”. Begin with what I can do: digest https://example.com/feed.xml, or: remind water the plants`,
    timeInWhat: (time: string) =>
      `“${time}” reads like a time. Put it into “When”, or put your words into quotes: remind "…"`,
    noPlace: (name: string, isNew: boolean) =>
      `/${name} knows no other place than the one where it was asked for; leave this ${isNew ? 'empty' : 'as it was'}.`,
    unchanged: 'Nothing is changed yet.',
    tooLong: (id: number) =>
      `Task ${id} has more words than fit in here. Write me what is to change, for example: /tasks edit ${id} every day at 9`,
    notStored: 'I could not write this down just now. Please press Save again in a moment.',
  },
}

/** All that Moltbot says on a person's home in Slack and in the form of a task, in one language. */
export type SlackHomeWords = typeof english

const chinese: SlackHomeWords = {
  tasks: '你的任务',
  noTasks: '还没有任务。',
  more: (n) => `……还有 ${n} 个。给我发“任务”查看全部。`,
  last: (outcome, time) => `上次：${outcome}，${time}`,
  buttons: { pause: '暂停', resume: '恢复', run: '立即运行', edit: '修改', make: '新建任务' },
  says: {
    pause: (id) => `/任务 暂停 ${id}`,
    resume: (id) => `/任务 恢复 ${id}`,
    run: (id) => `/任务 运行 ${id}`,
  },
  conversations: '你的对话',
  noConversations: '还没有对话。给我发消息，或在频道里提到我。',
  direct: '私信',
  thread: (time) => `${time} 的消息列`,
  model: (route) => `模型：${route}`,
  defaultRoute: (route) => `没有选择模型的对话由 ${route} 回答。`,
  noHome: {
    unknown: '我还不认识你。请给我发私信，我会告诉你怎样开通。',
    guest: '你是访客，可以给我发消息聊天、查询。想要自己的任务，请让管理我的人把你设为成员。',
    blocked: '管理我的人已屏蔽你，所以我不能回答你。',
  },
  again: 'Slack 打开表单太慢了。请再按一次按钮。',
  form: {
    make: '新建任务',
    edit: (id) => `修改任务 ${id}`,
    save: '保存',
    close: '取消',
    what: '做什么',
    whatHint: '摘要 https://example.com/feed.xml，或：提醒 浇花',
    when: '什么时候',
    whenHint: '每个工作日早上9点、明天下午3点、每2小时',
    to: '发到哪里',
    toHint: '留空：发到我们的私信',
    changed: '内容在你上次看到之后变了。如果现在是对的，请再按一次“保存”。',
    sayWhat: '请填写做什么、什么时候；这里会显示我的理解。',
    sayWhen: '请填写什么时候，例如：每个工作日早上9点。',
    notRead: (what) =>
      `我无法把“${what}”变成任务。请以我会做的事开头：摘要 https://example.com/feed.xml，或：提醒 浇花`,
    timeInWhat: (time) => `“${time}”像是时间。请写到“什么时候”里，或给文字加上引号：提醒 "……"`,
    noPlace: (name, isNew) =>
      `/${chineseCommand(name)} 只能发到提出它的地方；请让这里${isNew ? '空着' : '保持原样'}。`,
    unchanged: '还没有任何改动。',
    tooLong: (id) =>
      `任务 ${id} 的文字太长，这里放不下。请直接写给我要改什么，例如：/任务 修改 ${id} 每天早上9点`,
    notStored: '现在没能记下来。请稍后再按一次“保存”。',
  },
}

/** The words of the home and the form in each language. */
export const slackHomeWords: Readonly<Record<Language, SlackHomeWords>> = { en: english, zh: chinese }
