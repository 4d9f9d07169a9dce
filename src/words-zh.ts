import type { Words } from './words.ts'
import { chineseArgument, chineseCommand } from './words-chores.ts'
import { peopleWords } from './words-people.ts'
import { afterChinese, placesWords } from './words-places.ts'
import { modelsChinese } from './words-models.ts'
import { usageChinese } from './words-usage.ts'

export const chinese: Words = {
  faults: {
    network: '那边没有回应，或者连接断了',
    timeout: '用时太久',
    'rate-limit': '对方要求我们慢一点',
    overloaded: '对方目前过载',
    'bad-key': '对方不接受我们的密钥',
    'no-credit': '密钥对应的账户余额不足',
    'too-long': '内容太长',
    unsupported: '那边做不到',
    refused: '被拒绝了',
    'over-budget': '已达到花费上限',
    'bad-request': '请求有误',
    'bad-answer': '回应的内容不合约定',
    missing: '那里没有这个',
    unreadable: '里面没有我能读懂的内容',
    cancelled: '已被停止',
    'disk-full': '磁盘已满',
    'read-only': '数据目录无法写入',
    corrupt: '数据库已损坏',
    'in-use': '另一个进程正在使用',
    internal: '这是我自身的缺陷',
  },
  noText: '你好！这里没有文字。用平常的话问我就行；/帮助 会列出我能做的事。',
  tooLong: (mostChars) =>
    `这条消息太长：我最多读 ${mostChars.toLocaleString('zh')} 个字符。请分段发送，或以文件发送。`,
  leftUndone: '好的，这个就不做了。',
  questionGone: '那个问题已经不再等待回答，这次什么都没有改变。如果还要做，请再说一次。',
  questionOfOthers: '那个问题问的是别人，你的回答不算数。',
  severalQuestions: (n) => `这里有 ${n} 个问题在等你回答。请按你要回答的那个的按钮，或在它的消息列里回复。`,
  sayYes: '要这样做吗？（是 / 否）',
  yes: '是',
  no: '否',
  proposal: (name, args) =>
    `我打算执行：/${chineseCommand(name)} ${Object.entries(args)
      .map(
        ([key, value]) =>
          `${chineseArgument(key)}：${typeof value === 'string' ? value : JSON.stringify(value)}`,
      )
      .join('，')}`.trim(),
  oneAtATime: '还有别的事要做；等这件定下来再告诉我。',
  misused: (missing, problem, usage) =>
    [
      missing.length > 0 ? `缺少：${missing.map(chineseArgument).join('、')}。` : '',
      problem === '' ? '' : `${problem}。`,
      `用法：/${usage}`,
    ]
      .filter(Boolean)
      .join(''),
  unknownCommand: (name, nearest) =>
    `没有 /${name} 这个命令。${nearest === undefined ? '' : `你是说 /${nearest} 吗？`}/帮助 列出全部命令。`,
  typeIt: (name) => `这件事不由模型来做；请输入 /${chineseCommand(name)}。`,
  notAllowed: (role) => `这需要${peopleWords.zh.roles[role]}的权限，而你在这里没有。`,
  notThere: (place) => `你不能发布到${afterChinese(place)}。`,
  failed: (reason, detail) => `没有成功：${reason}。（${detail}）`,
  inLog: (id) => `（日志编号：${id}）`,
  defect: (id) => `我内部出错了。日志中以消息 ${id} 记录。`,
  modelFailed: (route, reason, retryMs, detail) =>
    `${route} 没有回答：${reason}。${detail === undefined ? '' : `（${detail}）`}${retryMs === undefined ? '请再问一次' : `请在 ${modelsChinese.wait(retryMs)}后再问`}，或查看 /模型 与 /状态。`,
  routeGone: (route) =>
    `此对话使用 ${route}，而它已不存在，所以我没有问别的模型。/模型 列出现有的；/模型 恢复默认 回到默认路由。`,
  brokenOff: (reason) => `（回答在此中断：${reason}。）`,
  answeredInstead: (by, first, reason) => `（${by} 代替 ${first} 作答：${reason}。）`,
  modelRefused: (model) => `${model} 拒绝回答这个问题。`,
  modelSilent: (model) => `${model} 什么也没回答。请再问一次，或用 /模型 换一个。`,
  modelSpent: (model) =>
    `${model} 还没说话就用完了一次回答的词元。主人可在 config.yaml 中调高 conversation.answer_tokens。`,
  moreCalls: (n) => `（还有 ${n} 个提议，我略去了。）`,
  cutShort: '（回答达到允许的最大长度，已被截断。）',
  posted: (place) => `这就发到${afterChinese(place)}。`,
  stopped: '已按你的要求停止。',
  gaveUp: '我三次开始回答都没能完成，所以放弃了。请换个说法再问。',
  notWritten: (reason) => `我收不下这条消息：${reason}。内容没有保存；修好之后请再发一次。/状态 仍可使用。`,

  help: {
    intro: '我是 Moltbot。可以直接用平常的话告诉我，也可以用命令：',
    outro: '/帮助 <命令> 查看详情。平常的话也行：“每个工作日早上9点摘要 examples/feed.xml”。',
    one: (called, summary, usage, others) =>
      `/${called}：${summary}\n用法：/${usage}\n又名：${others.join('、')}`,
  },
  started: {
    fresh: '新对话开始。之前说过的我已放下。',
    stopped: (answers, runs) =>
      answers + runs === 0
        ? '没有正在进行的事。'
        : `已停止：${[
            ...(answers === 0 ? [] : [`${answers} 个回答`]),
            ...(runs === 0 ? [] : [`${runs} 次任务运行`]),
          ].join('，')}。`,
  },
  status: {
    units: ['天', '小时', '分', '秒'],
    up: (version, since) => `Moltbot ${version}，已运行 ${since}`,
    model: (models) => `模型：${models}`,
    platforms: (platforms) => `平台：${platforms}`,
    tasks: (active, next) => `${active} 个有效任务${next === undefined ? '' : `，下一次 ${next}`}`,
    waiting: (n) => `${n} 条消息等待回答`,
    posts: (queued, held, unknown, failed) =>
      `发送：${queued} 条在途，${held} 条待取，${unknown} 条不明，${failed} 条失败`,
    data: (path, mib) => `数据在 ${path}（${mib} MiB）`,
    memory: (mib) => `内存 ${mib} MiB`,
    stalled: (ids) => `故障：不得不暂停的任务：${ids.map((id) => `#${id}`).join('、')}；见 /任务`,
    trouble: (what) => `故障：${what}`,
    someTrouble: '有些地方不正常；管理员用 /状态 可以看到更多。',
  },
  context: {
    total: (tokens) => `现在发一句“你好”大约要用 ${tokens} 个提示词元：`,
    shares: {
      instructions: '指示',
      commands: '提供给模型的命令',
      summary: '早先对话的摘要',
      turns: '最近的对话',
      message: '消息本身',
    },
  },
  model: modelsChinese,
  usage: usageChinese,
  digest: {
    reading: (from) => `正在读取 ${from}`,
    summarising: (items) => `正在摘要 ${items} 条`,
    title: (source, items) => `${source}：${items} 条新内容`,
    nothing: (source) => `${source}：没有新内容。`,
    more: (items) => `……另有 ${items} 条新内容，已记为看过。`,
    plain: (reason) => `（以下各行是原文语句：模型没有给出摘要，${reason}。）`,
    failed: (from, reason, detail) => `我读不了 ${from}：${reason}。（${detail}）`,
    badTarget: placesWords.zh.unknown,
  },
  builtin: {
    whoIAm:
      '我是内置模型：能读懂平常的指令、能缩写文章，但从不编造，所以这个问题我没有答案。' +
      '写“帮助”，我会列出我会做的事。想要聊天，请接入一个模型：见 config.yaml。',
  },
}
