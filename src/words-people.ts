import type { Reach, Role } from './people.ts'
import type { Language } from './words.ts'

const roles: Readonly<Record<Role, string>> = {
  owner: 'owner',
  admin: 'admin',
  member: 'member',
  guest: 'guest',
  blocked: 'blocked',
}
const reaches: Readonly<Record<Reach, string>> = {
  direct: 'in direct messages only',
  everywhere: 'everywhere',
}

const minutesText = (minutes: number): string => (minutes === 1 ? 'one minute' : `${minutes} minutes`)

const english = {
  /** To people who may not speak, where they wrote. */
  meet: {
    code: (code: string, minutes: number, program: string) =>
      `I do not know you yet. Ask whoever runs me to let you in with the code ${code}, within ${minutesText(minutes)}: they type /people allow ${code}, or in the terminal: ${program} run people allow ${code}`,
    firstCode: (code: string, minutes: number, program: string) =>
      `I do not know you yet, and nobody here is my owner. If you run me, let yourself in with the code ${code}, within ${minutesText(minutes)}. Type in the terminal: ${program} run people allow ${code} owner everywhere`,
    noCode: 'I do not know you, and too many people wait to be let in just now. Please try again in an hour.',
    notHere: 'I only answer people I know here. Write to me directly, and I tell you how to be let in.',
    notInChannels: (key: string) =>
      `I know you, but not for places where others read along. Write to me directly, or ask whoever runs me to let you in for channels, too: /people allow ${key} everywhere`,
    blocked: 'Whoever runs me has blocked you, so I do not answer you.',
  },
  roles,
  reaches,
  list: {
    none: 'Nobody has been let in yet.',
    known: 'People I know:',
    line: (number: number, person: string, rights: string, since: string) =>
      `${number}. ${person}: ${rights}; since ${since}`,
    waiting: 'Waiting to be let in (/people allow <code>):',
    waits: (person: string, code: string, minutes: number) =>
      `${person}: code ${code}, ${minutesText(minutes)} left`,
    person: (name: string | undefined, key: string) => (name === undefined ? key : `${name} (${key})`),
    rights: (role: string, reach: string | undefined) => (reach === undefined ? role : `${role}, ${reach}`),
  },
  allowed: (person: string, rights: string) => `${person} is let in: ${rights}.`,
  youAreIn: (reach: Reach) =>
    `You are let in: write to me here${reach === 'direct' ? '' : ', or mention me in a channel,'} whenever you like. /help shows what I can do.`,
  youAreGuest: (reach: Reach) =>
    `You are a guest: write to me here${reach === 'direct' ? '' : ', or mention me in a channel,'} to talk and to look things up. Tasks, and what else changes something, are for members. /help shows what I can do.`,
  blocked: (person: string) => `${person} is blocked. I do not answer them any more.`,
  removed: (person: string) => `${person} is unknown to me again.`,
  lastOwner: (platform: string) =>
    `Nobody on ${platform} is an owner now. Whoever sits at my machine still is: /people allow <key> owner everywhere`,
  onlyOwner: (person: string) =>
    `${person} is the only owner there, so I leave that. Make somebody else an owner first: /people allow <key> owner everywhere`,
  whom: (action: string) => `Whom? /people ${action} <code, key or number>; /people lists them.`,
  noCode: (code: string) =>
    `The code ${code} is not open. It may have expired: a code lasts one hour. They get a new one when they write to me.`,
  noNumber: (number: string) => `There is no number ${number} in the list; look at /people.`,
  nobody: (who: string) => `“${who}” is no code, key or number that I know; look at /people.`,
  noPlatform: (name: string, platforms: readonly string[]) =>
    platforms.length === 0
      ? `There is no platform ${name}, and none on which others than the owner write.`
      : `There is no platform ${name} on which people can be let in; there is ${platforms.join(', ')}.`,
  unknown: (person: string) => `I do not know ${person}.`,
  ownersOnly: 'Only an owner gives or takes the roles owner and admin.',
  rate: {
    noted: 'Thanks, noted.',
    which:
      'Which answer, and how? /rate good <post> or /rate bad <post>; the buttons below an answer say it for you.',
    noPost: 'I have no such post, or not any more.',
    none: 'Nobody has rated an answer in the last 30 days.',
    counts: (good: number, bad: number) => `In the last 30 days: ${good} good, ${bad} bad.`,
  },
}

/** All that Moltbot says of people, in one language. */
export type PeopleWords = typeof english

const actions: Readonly<Record<string, string>> = { allow: '允许', block: '屏蔽', remove: '删除' }

const chinese: PeopleWords = {
  meet: {
    code: (code, minutes, program) =>
      `我还不认识你。请让管理我的人在 ${minutes} 分钟内用配对码 ${code} 为你开通：输入 /人员 允许 ${code}，或在终端运行 ${program} run people allow ${code}`,
    firstCode: (code, minutes, program) =>
      `我还不认识你，这里也还没有主人。如果管理我的人就是你，请在 ${minutes} 分钟内用配对码 ${code} 为自己开通，在终端运行：${program} run people allow ${code} owner everywhere`,
    noCode: '我不认识你，而且等待开通的人太多了。请一小时后再试。',
    notHere: '在这里我只回答认识的人。请直接给我发私信，我会告诉你怎样开通。',
    notInChannels: (key) =>
      `我认识你，但你的权限不包括别人也能看到的地方。请直接给我发私信，或让管理我的人为你开通频道：/人员 允许 ${key} 所有地方`,
    blocked: '管理我的人已屏蔽你，所以我不能回答你。',
  },
  roles: { owner: '主人', admin: '管理员', member: '成员', guest: '访客', blocked: '已屏蔽' },
  reaches: { direct: '仅限私信', everywhere: '所有地方' },
  list: {
    none: '还没有开通任何人。',
    known: '我认识的人：',
    line: (number, person, rights, since) => `${number}. ${person}：${rights}；自 ${since} 起`,
    waiting: '等待开通（/人员 允许 <配对码>）：',
    waits: (person, code, minutes) => `${person}：配对码 ${code}，还剩 ${minutes} 分钟`,
    person: (name, key) => (name === undefined ? key : `${name}（${key}）`),
    rights: (role, reach) => (reach === undefined ? role : `${role}，${reach}`),
  },
  allowed: (person, rights) => `已开通 ${person}：${rights}。`,
  youAreIn: (reach) =>
    `你已获准使用，随时可以在这里给我发消息${reach === 'direct' ? '' : '，也可以在频道里提到我'}。/帮助 会列出我能做的事。`,
  youAreGuest: (reach) =>
    `你是访客，可以在这里${reach === 'direct' ? '' : '或在频道里'}和我聊天、查询。任务和其他会改动内容的操作只有成员能用。/帮助 会列出我能做的事。`,
  blocked: (person) => `已屏蔽 ${person}，我不再回答其消息。`,
  removed: (person) => `我不再认识 ${person}。`,
  lastOwner: (platform) =>
    `${platform} 上现在没有主人了。坐在我这台机器前的人仍是主人：/人员 允许 <标识> 主人 所有地方`,
  onlyOwner: (person) =>
    `${person} 是那里唯一的主人，所以我没有改动。请先让另一个人成为主人：/人员 允许 <标识> 主人 所有地方`,
  whom: (action) =>
    `要对谁？请写：/人员 ${actions[action] ?? action} <配对码、标识或编号>；/人员 列出所有人。`,
  noCode: (code) => `配对码 ${code} 无效。也许已过期：有效期为一小时。对方再给我发消息就会得到新的。`,
  noNumber: (number) => `列表里没有编号 ${number}；请看 /人员。`,
  nobody: (who) => `“${who}”不是我知道的配对码、标识或编号；请看 /人员。`,
  noPlatform: (name, platforms) =>
    platforms.length === 0
      ? `没有 ${name} 这个平台，也没有其他人可以写消息的平台。`
      : `没有可以开通人员的平台 ${name}；有：${platforms.join('、')}。`,
  unknown: (person) => `我不认识 ${person}。`,
  ownersOnly: '只有主人可以授予或收回主人和管理员角色。',
  rate: {
    noted: '谢谢，记下了。',
    which: '哪个回答，评价如何？/评价 好 <post> 或 /评价 差 <post>；回答下方的按钮会替你说。',
    noPost: '我没有这条消息，或者已经不在了。',
    none: '最近 30 天没有人评价过回答。',
    counts: (good, bad) => `最近 30 天：好评 ${good} 次，差评 ${bad} 次。`,
  },
}

/** The words about people in each language. */
export const peopleWords: Readonly<Record<Language, PeopleWords>> = { en: english, zh: chinese }
