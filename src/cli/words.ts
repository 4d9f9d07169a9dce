/** What the command line says by itself. */
const english = {
  description: 'Moltbot: a self-hosted assistant for Slack and WeChat, with any model',
  start: 'start Moltbot and keep it running',
  chat: 'talk with Moltbot: one line, or a conversation',
  run: 'run one command, such as: run digest --from examples/feed.xml --to terminal',
  explain: 'show what plain words would do, without doing it',
  tasks: 'list, add, show, edit, pause, resume, remove, run tasks, cancel their runs; their history',
  status: 'how Moltbot is',
  config: 'the configuration',
  configCheck: 'check config.yaml and say what is wrong, line by line',
  slack: 'set Slack up',
  slackManifest: 'print the manifest of the Slack app, the link that makes it, and the next steps',
  slackHttp: 'Slack calls this address over HTTPS, such as https://bot.example.org; without it Socket Mode',
  slackName: 'what the app is called in Slack',
  doctor: 'look for what could keep Moltbot from working',
  doctorPost: 'id of a Slack channel or person for the test message; by default the owner who is paired',
  backup: 'copy the database into the backups folder',
  restore: 'put a backup in the place of the database; Moltbot must not be running',
  json: 'print JSON for programs',
  yes: 'answer yes where Moltbot asks',
  lang: 'language of this help and of messages: en or zh',
  now: 'pretend that it is this time (ISO 8601)',
  zone: 'read times in this IANA time zone',
  stdin: 'read one text a line from standard input, print one line of JSON for each',
  usage: 'Usage:',
  options: 'Options:',
  commands: 'Commands:',
  arguments: 'Arguments:',
  help: 'show this help',
  version: 'show the version',
  tasksExamples: `Examples:
  tasks add "every weekday at 9 digest examples/feed.xml; until 31 December"
  tasks edit 1 "every day at 8; 5 times"
  tasks pause 1
  tasks history 1 failed
  tasks history run 12`,
  exits: 'Exit codes: 0 done, 1 failed, 2 wrong use, 3 refused.',
  listens: 'Listens   ',
  model: 'Model     ',
  platforms: 'Platforms ',
  data: 'Data      ',
  slackFirst: (allow: string) =>
    `Slack     nobody is let in yet: write to Moltbot there, and it answers with a code; then ${allow} <code> owner everywhere`,
  next: 'Next      ',
  nothing: 'nowhere (http.enabled is false)',
  nextBuiltin: 'type here, or /help. For real conversation connect a model: config.yaml shows how',
  nextModel: 'type here, or /help',
  nextServing: (moltbot: string) => `in another terminal: ${moltbot} chat, or ${moltbot} --help`,
  stopping: 'Stopping; what is not finished goes on at the next start.',
  notRunning: 'Moltbot is not running: tasks are kept, and run once it is started (npm start).',
  configFine: (file: string, models: readonly string[]) => `${file} is valid. Models: ${models.join(', ')}.`,
  configUnread: (file: string, why: string) => `I cannot read ${file}, which MOLTBOT_CONFIG names: ${why}`,
  configMissing: (file: string) => `${file} does not exist; the defaults hold.`,
  oldSettings: 'The Moltbot that runs goes on with the settings before that.',
  backedUp: (file: string) => `Backed up to ${file}`,
  restored: (file: string) => `Restored from ${file}; the files before it end in .replaced.`,
  passedOver: (files: readonly string[]) => `Passed over, because damaged: ${files.join(', ')}`,
  noBackup: 'There is no backup; name a file.',
  notUnderstood: 'I read no order in that. Moltbot would hand it to the model, as talk.',
  nothingToExplain: 'Give the words to explain, or --stdin to read them line by line.',
  unknownCommand: (name: string) =>
    `There is no “moltbot ${name}”; moltbot --help lists what there is. For a command of Moltbot itself: moltbot run ${name} …; to talk: moltbot chat …`,
  unknownOption: (option: string) =>
    `There is no option ${option} here; --help lists them. Text that begins with - comes after --`,
  missingArgument: (name: string) => `${name} is missing; --help shows how it is used.`,
  excessArguments: 'That is more than this takes; --help shows how it is used.',
  badNow: (text: string) => `--now ${text} is not a time in ISO 8601, such as 2026-11-22T10:00:00Z`,
  badZone: (text: string) => `--zone ${text} is not an IANA time zone, such as Europe/Berlin`,
  healthy: 'All is well.',
  finding: {
    yes: 'yes',
    no: 'no',
    clock: (zone: string, time: string) => `${zone}, now ${time}`,
    willBeMade: (path: string) => `${path} (will be made)`,
    openToOthers: (path: string, mode: string) => `${path} is open to others (mode ${mode})`,
    makeWritable: 'make it writable for this user, or set MOLTBOT_DATA',
    badBackups: (files: readonly string[]) => `damaged: ${files.join(', ')}`,
    backUpAnew: 'moltbot backup, and remove those; is the disk sound?',
    portFree: (address: string) => `${address} is free`,
    freePort: 'free the port, or set http.port or MOLTBOT_HTTP_PORT',
    builtin: 'built in',
    answers: (model: string, endpoint: string) => `${model} at ${endpoint} answers`,
    keySet: 'key set',
    noKey: 'no key',
    checkEndpoint: 'is its server running, and the endpoint right?',
    checkAddress: 'is the endpoint the base URL of its API? It ends in /v1 with nearly all but Anthropic',
    checkKey: 'check the key',
  },
}

export type CliWords = typeof english

const chinese: CliWords = {
  description: 'Moltbot：自己托管的 Slack 与微信助手，可接任何模型',
  start: '启动 Moltbot 并保持运行',
  chat: '与 Moltbot 对话：一句话，或一段对话',
  run: '执行一个命令，例如：run digest --from examples/feed.zh.xml --to terminal',
  explain: '说明一句话会做什么，但不执行',
  tasks: '列出、添加、查看、修改、暂停、恢复、删除、运行任务，取消运行，以及历史',
  status: 'Moltbot 的状态',
  config: '配置',
  configCheck: '检查 config.yaml，逐行指出问题',
  slack: '设置 Slack',
  slackManifest: '输出 Slack 应用的清单、创建应用的链接和接下来的步骤',
  slackHttp: 'Slack 通过 HTTPS 调用这个地址，例如 https://bot.example.org；不给则用 Socket Mode',
  slackName: '应用在 Slack 里的名称',
  doctor: '查找会妨碍 Moltbot 工作的问题',
  doctorPost: '接收测试消息的 Slack 频道或用户 ID；默认是已配对的所有者',
  backup: '把数据库复制到备份目录',
  restore: '用备份替换数据库；须先停止 Moltbot',
  json: '输出供程序读取的 JSON',
  yes: '凡有询问一律回答“是”',
  lang: '帮助与消息所用语言：en 或 zh',
  now: '假设现在是这个时间（ISO 8601）',
  zone: '按这个 IANA 时区理解时间',
  stdin: '从标准输入逐行读取，每行输出一行 JSON',
  usage: '用法：',
  options: '选项：',
  commands: '命令：',
  arguments: '参数：',
  help: '显示本帮助',
  version: '显示版本',
  tasksExamples: `例如：
  tasks 添加 "每个工作日早上9点摘要 examples/feed.zh.xml；直到12月31日"
  tasks 修改 1 "每天早上8点，共5次"
  tasks 暂停 1
  tasks 历史 1 失败
  tasks 历史 运行 12`,
  exits: '退出码：0 完成，1 失败，2 用法有误，3 被拒绝。',
  listens: '监听    ',
  model: '模型    ',
  platforms: '平台    ',
  data: '数据    ',
  slackFirst: (allow) =>
    `Slack   还没有人获准使用：在 Slack 里给 Moltbot 发消息，它会给出配对码；然后 ${allow} <配对码> owner everywhere`,
  next: '接下来  ',
  nothing: '不监听（http.enabled 为 false）',
  nextBuiltin: '在这里直接输入，或 /help。想要真正聊天请接入模型：config.yaml 里有说明',
  nextModel: '在这里直接输入，或 /help',
  nextServing: (moltbot) => `在另一个终端运行：${moltbot} chat，或 ${moltbot} --help`,
  stopping: '正在停止；没做完的会在下次启动时继续。',
  notRunning: 'Moltbot 没有在运行：任务已保存，启动（npm start）之后才会执行。',
  configFine: (file, models) => `${file} 有效。模型：${models.join('、')}。`,
  configUnread: (file, why) => `读不了 MOLTBOT_CONFIG 所指的 ${file}：${why}`,
  configMissing: (file) => `${file} 不存在，使用默认设置。`,
  oldSettings: '正在运行的 Moltbot 继续使用之前的设置。',
  backedUp: (file) => `已备份到 ${file}`,
  restored: (file) => `已从 ${file} 恢复；原来的文件以 .replaced 结尾。`,
  passedOver: (files) => `已跳过损坏的备份：${files.join('、')}`,
  noBackup: '没有备份；请指定文件。',
  notUnderstood: '我没有从中读出指令；Moltbot 会把它当作聊天交给模型。',
  nothingToExplain: '请给出要说明的话，或用 --stdin 逐行读取。',
  unknownCommand: (name) =>
    `没有“moltbot ${name}”；moltbot --help 列出全部。执行 Moltbot 自己的命令：moltbot run ${name} …；聊天：moltbot chat …`,
  unknownOption: (option) => `这里没有选项 ${option}；--help 列出全部。以 - 开头的文字请放在 -- 之后`,
  missingArgument: (name) => `缺少 ${name}；--help 说明用法。`,
  excessArguments: '给的参数太多；--help 说明用法。',
  badNow: (text) => `--now ${text} 不是 ISO 8601 时间，例如 2026-11-22T10:00:00Z`,
  badZone: (text) => `--zone ${text} 不是 IANA 时区，例如 Asia/Shanghai`,
  healthy: '一切正常。',
  finding: {
    yes: '是',
    no: '否',
    clock: (zone, time) => `${zone}，现在 ${time}`,
    willBeMade: (path) => `${path}（启动时创建）`,
    openToOthers: (path, mode) => `${path} 对其他用户开放（权限 ${mode}）`,
    makeWritable: '让当前用户可写，或设置 MOLTBOT_DATA',
    badBackups: (files) => `已损坏：${files.join('、')}`,
    backUpAnew: '运行 moltbot backup 并删除损坏的备份；磁盘是否完好？',
    portFree: (address) => `${address} 空闲`,
    freePort: '腾出端口，或设置 http.port 或 MOLTBOT_HTTP_PORT',
    builtin: '内置',
    answers: (model, endpoint) => `${endpoint} 的 ${model} 有应答`,
    keySet: '密钥已设置',
    noKey: '无密钥',
    checkEndpoint: '服务在运行吗？endpoint 对吗？',
    checkAddress: 'endpoint 是 API 的基础地址吗？除 Anthropic 外几乎都以 /v1 结尾',
    checkKey: '请检查密钥',
  },
}

/** The words of the command line in a language. */
export function cliWords(language: 'en' | 'zh'): CliWords {
  return language === 'zh' ? chinese : english
}

/** The language of the person's terminal: of `--lang` where it stands, else of the locale in the environment. */
export function cliLanguage(argv: readonly string[], env: NodeJS.ProcessEnv): 'en' | 'zh' {
  const at = argv.findIndex((word) => word === '--lang' || word.startsWith('--lang='))
  const asked = at === -1 ? undefined : (argv[at]?.split('=')[1] ?? argv[at + 1])
  const wanted = asked ?? env['LC_ALL'] ?? env['LC_MESSAGES'] ?? env['LANG'] ?? ''
  return wanted.toLowerCase().startsWith('zh') ? 'zh' : 'en'
}
