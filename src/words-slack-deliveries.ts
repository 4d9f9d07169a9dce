import type { Language } from './words.ts'

const english = {
  pause: 'Slack asks for a pause',
  full: 'the workspace takes no more messages',
  later: 'Slack has trouble just now',
  moving: 'the workspace is moving to an organisation just now',
  draftOpen: 'the draft of this answer is still open',
  cut: 'Slack has not got all of the message',
  key: 'Slack does not accept the bot token: run `moltbot doctor`',
  scope: 'the app lacks a scope: `moltbot doctor` names it; add it and install the app again',
  mayNot: 'the rules of the workspace do not let Moltbot write there',
  notHere: 'the channel is not there, or Moltbot is not in it: invite it there with /invite',
  archived: 'the channel is archived',
  locked: 'the thread is locked',
  nobody: 'this person cannot be written to',
  notInside: 'this person is not in the channel',
  noDirect: 'the app takes no direct messages: turn on its Messages tab in App Home',
  long: 'Slack takes no message that is so long',
  unshown: 'Slack cannot show this message',
  noFiles: 'the workspace takes no files',
  noRoom: 'the workspace has no room for files',
  notTaken: 'it is not taken',
  /** `error` is Slack's own name of it. */
  said: (why: string, error: string) => `${why} (Slack said ${error})`,
}

/** Why Slack takes a post not, or not yet, in one language. */
export type SlackDeliveryWords = typeof english

const chinese: SlackDeliveryWords = {
  pause: 'Slack 要求暂停一下',
  full: '工作区不再接收消息',
  later: 'Slack 目前有故障',
  moving: '工作区正在迁入组织',
  draftOpen: '这个回答的草稿还没有结束',
  cut: 'Slack 没有收到完整的消息',
  key: 'Slack 不接受机器人令牌：请运行 `moltbot doctor`',
  scope: '应用缺少权限：`moltbot doctor` 会指出是哪个；添加后请重新安装应用',
  mayNot: '工作区的规则不允许 Moltbot 在那里发言',
  notHere: '频道不存在，或 Moltbot 不在其中：请用 /invite 邀请它',
  archived: '频道已归档',
  locked: '消息列已锁定',
  nobody: '无法给这个人发消息',
  notInside: '这个人不在频道里',
  noDirect: '应用不接收私信：请在 App Home 中打开 Messages 标签页',
  long: 'Slack 不接收这么长的消息',
  unshown: 'Slack 无法显示这条消息',
  noFiles: '工作区不接收文件',
  noRoom: '工作区已没有存放文件的空间',
  notTaken: '没有被接收',
  said: (why, error) => `${why}（Slack 返回 ${error}）`,
}

/** The words for what Slack does not take, in each language. */
export const slackDeliveryWords: Readonly<Record<Language, SlackDeliveryWords>> = {
  en: english,
  zh: chinese,
}
