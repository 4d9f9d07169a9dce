import type { Language } from './words.ts'

const english = {
  /** What the app says of itself in Slack, and when it is made. */
  description: 'An assistant of your own: answers, digests, reminders',
  agent:
    'Ask me anything, or tell me what to do and when: digests of feeds, reminders. I answer in this thread.',
  slash: 'Give Moltbot an order, or talk with it',
  usage: 'help | status | tasks | what you would say to it',
  link: 'Open this link to make the app, with all of the above filled in:',
  steps: (isHttp: boolean, moltbot: string) => [
    'Choose the workspace, press Create; then Install App, Install to Workspace.',
    isHttp
      ? 'Copy OAuth & Permissions, Bot User OAuth Token (xoxb-…) into the variable SLACK_BOT_TOKEN, and Basic Information, Signing Secret into SLACK_SIGNING_SECRET; for more workspaces Client ID and Client Secret into SLACK_CLIENT_ID and SLACK_CLIENT_SECRET, and openssl rand -hex 32 into SLACK_STATE_SECRET. Take the "# " before them away in config.yaml.'
      : 'Copy OAuth & Permissions, Bot User OAuth Token (xoxb-…) into the variable SLACK_BOT_TOKEN; under Basic Information, App-Level Tokens make one with the scope connections:write and copy it (xapp-…) into SLACK_APP_TOKEN. Take the "# " before both away in config.yaml.',
    isHttp
      ? `Start Moltbot, then run: ${moltbot} doctor. Slack checks the request URL once it can be reached: Event Subscriptions, Retry.`
      : `Run: ${moltbot} doctor. Then start Moltbot.`,
    `Write to the app in Slack. It answers with a code; let yourself in: ${moltbot} run people allow <code> owner everywhere`,
  ],
  badBase: (text: string) =>
    `--http ${text} is not the address of a server over HTTPS, such as https://bot.example.org`,
  badName: (text: string) => `--name "${text}" must have 1 to 35 characters`,
  badPlace: (text: string) => `--post ${text} is not the id of a channel or a person, such as C0123456789`,

  /** Each scope: what it is for. */
  scopes: {
    'app_mentions:read': 'to hear when it is mentioned',
    'assistant:write': 'to show that it is thinking',
    'channels:history': 'to read where it is called in channels',
    'channels:read': 'to know channels by name',
    'chat:write': 'to answer',
    commands: 'for /moltbot',
    'files:read': 'to read files that people send',
    'files:write': 'to send long answers as files',
    'groups:history': 'to read where it is called in private channels',
    'groups:read': 'to know private channels by name',
    'im:history': 'to read direct messages',
    'im:write': 'to write to a person first',
    'mpim:history': 'to read where it is called in group messages',
    'users:read': 'to know people by name',
  },

  /** What doctor finds, and what to do. */
  isBot: (bot: string, team: string, token: string) => `${bot} in ${team} (token …${token})`,
  says: (error: string, token: string) => `Slack says ${error} (token …${token})`,
  noAnswer: (why: string) => `Slack does not answer: ${why}`,
  reach: (url: string) => `is ${url} reachable from here, through a proxy or a firewall?`,
  later: 'Slack has had too many calls; try again in a minute',
  copyBot:
    'api.slack.com/apps, your app, OAuth & Permissions: copy the Bot User OAuth Token (xoxb-…) into SLACK_BOT_TOKEN',
  reinstall:
    'api.slack.com/apps, your app, Install App: install it again, then copy the new Bot User OAuth Token into SLACK_BOT_TOKEN',
  rotating:
    'the app renews its tokens, which cannot be switched off: make it anew with moltbot slack manifest, or set up OAuth',
  copyApp:
    'api.slack.com/apps, your app, Basic Information, App-Level Tokens: make one with the scope connections:write, copy it (xapp-…) into SLACK_APP_TOKEN',
  socketMode: 'api.slack.com/apps, your app, Socket Mode: switch it on',
  allGranted: (n: number) => `all ${n} are granted`,
  unknownScopes: 'Slack did not say which are granted',
  missing: (scopes: string) => `missing: ${scopes}`,
  addScopes:
    'api.slack.com/apps, your app, OAuth & Permissions, Scopes: add them, then Install App: install it again',
  tokenWell: (token: string) => `accepted (…${token})`,
  socketWell: 'opened, and Slack said hello',
  socketIll: (why: string) => `no hello: ${why}`,
  openSocket: 'may this machine open WebSockets (wss) to slack.com, through a proxy or a firewall?',
  secretWell: (secret: string) =>
    `…${secret}; Slack must send events, commands and buttons to https://<your server>/slack/events`,
  secretIll: (secret: string) =>
    `…${secret} does not look like one: it has 32 digits and letters from a to f`,
  copySecret:
    'api.slack.com/apps, your app, Basic Information, App Credentials: copy the Signing Secret into SLACK_SIGNING_SECRET',
  noneInstalled: 'no workspace has installed it yet',
  install: 'run moltbot slack install, and open the link that it prints',
  renew: 'open https://<your server>/slack/install?renew, and choose that workspace',
  test: 'A test of moltbot doctor; it is taken back at once.',
  posted: (channel: string) => `a message was posted to ${channel} and taken back`,
  nobody: 'not tried: no owner is let in yet, so there is nobody to post to',
  sayWhere: 'run it with --post C0123456789, the id of a channel that the bot is in',
  notPosted: (where: string, error: string) => `not to ${where}: ${error}`,
  notDeleted: (where: string, error: string) => `posted to ${where}, but not taken back: ${error}`,
  deleteIt: 'delete the message yourself',
  invite: 'invite it into that channel (/invite, or its Integrations), or name another with --post',
  otherPlace: 'name another channel with --post',
  ask: 'ask an admin of the workspace: its settings do not let the app post there',
  messagesTab: 'api.slack.com/apps, your app, App Home: switch on the Messages Tab',

  /** The link by which one more workspace installs it. */
  leave: 'With this link Moltbot can be installed in one workspace, once, for one hour:',
  yourServer: 'https://<your server>',
  noOAuth:
    'config.yaml has no client_id, client_secret and state_secret of Slack: only with them more than one workspace can install the app',

  /** The pages of an installation. */
  installed: (team: string) =>
    `Moltbot is installed in ${team}. Write to it in Slack; this page can be closed.`,
  notInstalled: (reason: string) =>
    `Moltbot was not installed (${reason}). Open the link once more, and stay in one browser, to try again.`,
  noLeave:
    'To install Moltbot you need a new link from whoever runs it: please ask them (they run: moltbot slack install). Each link is good for one workspace, and for one hour.',
  again: 'My workspace has Moltbot already: install it there again',
}

/** What is said while Slack is set up, in one language. */
export type SlackSetupWords = typeof english

const chinese: SlackSetupWords = {
  description: '你自己的助手：回答问题、整理摘要、定时提醒',
  agent: '随便问我，或告诉我做什么、何时做：订阅摘要、提醒。我会在这个消息列里回答。',
  slash: '给 Moltbot 下指令，或和它聊天',
  usage: '帮助 | 状态 | 任务 | 想对它说的话',
  link: '打开下面的链接创建应用，以上内容都已填好：',
  steps: (isHttp, moltbot) => [
    '选择工作区，点 Create；然后 Install App，Install to Workspace。',
    isHttp
      ? '把 OAuth & Permissions 里的 Bot User OAuth Token（xoxb-…）放进变量 SLACK_BOT_TOKEN，把 Basic Information 里的 Signing Secret 放进 SLACK_SIGNING_SECRET；要接入更多工作区，再把 Client ID 和 Client Secret 放进 SLACK_CLIENT_ID 和 SLACK_CLIENT_SECRET，把 openssl rand -hex 32 的结果放进 SLACK_STATE_SECRET。然后去掉 config.yaml 中它们前面的“# ”。'
      : '把 OAuth & Permissions 里的 Bot User OAuth Token（xoxb-…）放进变量 SLACK_BOT_TOKEN；在 Basic Information 的 App-Level Tokens 下新建一个带 connections:write 权限的令牌（xapp-…），放进 SLACK_APP_TOKEN。然后去掉 config.yaml 中这两行前面的“# ”。',
    isHttp
      ? `启动 Moltbot，再运行 ${moltbot} doctor。Slack 能访问到它之后才会通过 Request URL 的验证：Event Subscriptions，Retry。`
      : `运行 ${moltbot} doctor，然后启动 Moltbot。`,
    `在 Slack 里给它发消息，它会给出配对码；为自己开通：${moltbot} run people allow <配对码> owner everywhere`,
  ],
  badBase: (text) => `--http ${text} 不是 HTTPS 服务器地址，例如 https://bot.example.org`,
  badName: (text) => `--name “${text}”须有 1 到 35 个字符`,
  badPlace: (text) => `--post ${text} 不是频道或用户的 ID，例如 C0123456789`,
  scopes: {
    'app_mentions:read': '在被提及时收到消息',
    'assistant:write': '显示正在思考',
    'channels:history': '读取频道里对它说的话',
    'channels:read': '按名称认识频道',
    'chat:write': '回答',
    commands: '使用 /moltbot',
    'files:read': '读取别人发来的文件',
    'files:write': '把长回答作为文件发送',
    'groups:history': '读取私有频道里对它说的话',
    'groups:read': '按名称认识私有频道',
    'im:history': '读取私信',
    'im:write': '主动给人发私信',
    'mpim:history': '读取群组私信里对它说的话',
    'users:read': '按名称认识用户',
  },
  isBot: (bot, team, token) => `${team} 的 ${bot}（令牌 …${token}）`,
  says: (error, token) => `Slack 答复 ${error}（令牌 …${token}）`,
  noAnswer: (why) => `Slack 没有应答：${why}`,
  reach: (url) => `从这里能访问 ${url} 吗？有没有代理或防火墙？`,
  later: '对 Slack 的调用太多；请一分钟后再试',
  copyBot:
    'api.slack.com/apps，你的应用，OAuth & Permissions：把 Bot User OAuth Token（xoxb-…）复制到 SLACK_BOT_TOKEN',
  reinstall:
    'api.slack.com/apps，你的应用，Install App：重新安装，再把新的 Bot User OAuth Token 复制到 SLACK_BOT_TOKEN',
  rotating: '这个应用开启了令牌轮换，而它不能关闭：请用 moltbot slack manifest 重新创建应用，或设置 OAuth',
  copyApp:
    'api.slack.com/apps，你的应用，Basic Information，App-Level Tokens：新建一个带 connections:write 权限的令牌（xapp-…），复制到 SLACK_APP_TOKEN',
  socketMode: 'api.slack.com/apps，你的应用，Socket Mode：打开它',
  allGranted: (n) => `${n} 项都已授予`,
  unknownScopes: 'Slack 没有说明已授予哪些权限',
  missing: (scopes) => `缺少：${scopes}`,
  addScopes:
    'api.slack.com/apps，你的应用，OAuth & Permissions，Scopes：添加这些权限，再到 Install App 重新安装',
  tokenWell: (token) => `有效（…${token}）`,
  socketWell: '已连接，Slack 已应答',
  socketIll: (why) => `没有应答：${why}`,
  openSocket: '这台机器能向 slack.com 建立 WebSocket（wss）连接吗？有没有代理或防火墙？',
  secretWell: (secret) => `…${secret}；Slack 须把事件、命令和按钮发到 https://<你的服务器>/slack/events`,
  secretIll: (secret) => `…${secret} 不像 Signing Secret：它由 32 个数字和 a 到 f 的字母组成`,
  copySecret:
    'api.slack.com/apps，你的应用，Basic Information，App Credentials：把 Signing Secret 复制到 SLACK_SIGNING_SECRET',
  noneInstalled: '还没有工作区安装它',
  install: '运行 moltbot slack install，打开它给出的链接',
  renew: '打开 https://<你的服务器>/slack/install?renew，选择那个工作区',
  test: 'moltbot doctor 的测试消息，马上撤回。',
  posted: (channel) => `已向 ${channel} 发送一条消息并撤回`,
  nobody: '没有试：主人还没有配对，不知道发给谁',
  sayWhere: '运行时加上 --post C0123456789（机器人所在频道的 ID）',
  notPosted: (where, error) => `未能发到 ${where}：${error}`,
  notDeleted: (where, error) => `已发到 ${where}，但未能撤回：${error}`,
  deleteIt: '请自己删除这条消息',
  invite: '把它邀请进那个频道（/invite，或频道的 Integrations），或用 --post 指定别的频道',
  otherPlace: '用 --post 指定别的频道',
  ask: '请询问工作区管理员：工作区的设置不让应用在那里发言',
  messagesTab: 'api.slack.com/apps，你的应用，App Home：打开 Messages Tab',
  leave: '用这个链接可以把 Moltbot 装进一个工作区，一小时内有效，只能用一次：',
  yourServer: 'https://<你的服务器>',
  noOAuth: 'config.yaml 里没有 Slack 的 client_id、client_secret 和 state_secret：有了它们才能装进多个工作区',
  installed: (team) => `Moltbot 已安装到 ${team}。请在 Slack 里给它写消息；这个页面可以关闭。`,
  notInstalled: (reason) => `Moltbot 没有装上（${reason}）。请在同一个浏览器里再打开一次链接。`,
  noLeave:
    '安装 Moltbot 需要一个新链接，请向管理它的人索取（他们运行：moltbot slack install）。每个链接只能装一个工作区，一小时内有效。',
  again: '我的工作区已经有 Moltbot：重新安装',
}

/** The words of setting Slack up in each language. */
export const slackSetupWords: Readonly<Record<Language, SlackSetupWords>> = { en: english, zh: chinese }
