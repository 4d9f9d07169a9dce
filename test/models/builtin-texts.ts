/** A text with what its gist must hold, one pattern each, and what must never be in it. */
export type Sample = {
  readonly name: string
  readonly sentences: number
  readonly text: string
  readonly must: readonly RegExp[]
  readonly never: readonly RegExp[]
}

export const samples: readonly Sample[] = [
  {
    name: 'an English meeting transcript',
    sentences: 4,
    text: `Ann: Good morning everyone, nice to see you all.
Bob: Morning! The weather is awful today, I got soaked on the way in.
Ann: Let's get started.
Bob: The TLS certificates of the payment gateway expire on 12 March, so they must be renewed before Friday.
Carla: I can do that, but I need access to the vault first.
Ann: We decided to postpone the redesign of the start page to the second quarter because the designers are busy with the app.
Dev: The new login API is blocked, since the identity team has not delivered the token service.
Bob: How long will that take?
Dev: They promised it for next Wednesday, otherwise we risk missing the release.
Carla: The cloud budget is overspent by 18 percent, mostly because of the test clusters that nobody turns off.
Ann: Action: Carla will shut down idle clusters every evening and report the savings by the end of the month.
Ann: Thanks everyone, see you next week!`,
    must: [
      /certificates.*expire/,
      /decided to postpone the redesign/,
      /login API is blocked|risk missing the release/,
      /budget is overspent|Action: Carla/,
    ],
    never: [/Good morning/, /weather/, /get started/, /Thanks everyone/, /How long/],
  },
  {
    name: 'an English news item',
    sentences: 2,
    text: `Flood barrier holds as the Elbe reaches its highest level since 2013

HAMBURG (Reuters) - The Elbe rose to 6.4 metres on Tuesday, its highest level in more than a decade, but the flood barrier finished last year kept the old town dry. Officials said around 2,300 people were moved from low-lying districts as a precaution. "It was loud, and the children were scared," said Dr. Meier, who lives near the harbour. A photographer was seen eating an ice cream on the dyke. The barrier cost 480 million euros and had been criticised by the audit office as oversized. Rail traffic between Hamburg and Hanover will stay closed until Thursday because two bridges must be inspected. Experts of the U.S. Geological Survey were visiting at the time. They took pictures.

Subscribe to our newsletter for more stories like this.
Follow us on social media.
© 2026 Example News. All rights reserved.`,
    must: [/The Elbe rose to 6\.4 metres.*kept the old town dry\.$/m],
    never: [
      /Subscribe/,
      /ice cream/,
      /Follow us/,
      /rights reserved/,
      /took pictures/,
      /children were scared/,
    ],
  },
  {
    name: 'an English release note',
    sentences: 3,
    text: `# Quill v1.2.0

Thanks to everyone who contributed to this release! 🎉

## Breaking changes

- Node 18 is no longer supported; Quill now requires Node 22.
- The option \`flatten\` was removed. Use \`depth: Infinity\` in its place.

## Fixes

- Fixed a security vulnerability (CVE-2026-1234) that let a crafted archive write files outside of the target folder.
- Typo in the README.
- Reading of large archives is 3 times faster, e.g. 1.1 s in place of 3.4 s for 2 GB.

\`\`\`js
import { open } from 'quill'
const archive = await open('a.zip', { depth: Infinity })
\`\`\`

Full changelog: https://example.com/quill/compare/v1.1.0...v1.2.0`,
    must: [/security vulnerability/, /Node 18 is no longer supported/],
    never: [/Thanks to everyone/, /import \{/, /Typo/, /https:/, /^Breaking changes$/m],
  },
  {
    name: 'an English e-mail',
    sentences: 2,
    text: `From: Laura Brown <laura@example.com>
To: Team <team@example.com>
Date: Mon, 23 Nov 2026 09:12:44 +0100
Subject: Re: Office move

Hi all,

I hope you had a great weekend. As many of you have asked about
the office move, here is where we stand.

The landlord confirmed that we can move into the new office at 14 Mill
Street on 1 February. Please pack your personal things by Friday,
29 January, and put your name on every box. The coffee machine will
come along, don't worry. Whoever needs a monitor arm should tell me.

If you have any questions, let me know.

Best regards,
Laura Brown
Head of Office

On Fri, 20 Nov 2026 at 16:02, Mark wrote:
> Do we know anything about the move? We decided nothing in the last meeting.
> Mark
--
Example Ltd. This e-mail is confidential and intended only for the recipient.`,
    must: [/landlord confirmed.*1 February\.$/m, /pack your personal things by Friday, 29 January/],
    never: [
      /Hi all/,
      /great weekend/,
      /regards/,
      /Head of Office/,
      /coffee/,
      /decided nothing/,
      /confidential/,
      /wrote/,
    ],
  },
  {
    name: 'a Chinese meeting transcript',
    sentences: 4,
    text: `王芳：大家早上好！
李强：早，今天天气真冷，路上堵了半个小时。
王芳：那我们开始吧。
李强：上周四支付系统出现了两次故障，原因是数据库连接数用完，导致约三千笔订单失败。
赵敏：我看了日志，连接池的上限设得太小。
王芳：我们决定把首页改版推迟到第二季度，因为设计人员都在忙手机端。
陈刚：登录接口目前受阻，身份团队还没有交付令牌服务。
李强：他们什么时候能给？
陈刚：他们答应下周三之前给，否则我们有错过发布的风险。
赵敏：证书将在三月十二日到期，必须在本周五之前更新，由我负责。
王芳：好的，辛苦了。
王芳：今天的会议就到这里，谢谢大家！`,
    must: [
      /支付系统出现了两次故障/,
      /决定把首页改版推迟/,
      /证书将在三月十二日到期/,
      /登录接口目前受阻|错过发布的风险/,
    ],
    never: [/早上好/, /天气/, /开始吧/, /什么时候/, /辛苦/, /谢谢大家/],
  },
  {
    name: 'a Chinese news item',
    sentences: 2,
    text: `新京报讯（记者 张三）11月20日，国家统计局公布的数据显示，10月全国新能源汽车产量达到152万辆，同比增长23.4%，首次超过燃油车产量。业内人士认为，电池成本下降和充电网络完善是主要原因。“我上个月刚换了一辆，开起来挺安静。”北京市民刘先生说。当天展厅里播放着轻音乐。中国汽车工业协会预计，全年新能源汽车销量将突破1500万辆，出口增长约三成。专家提醒，部分企业产能利用率不足五成，价格战风险正在增加。

来源：新京报
编辑：王五
点击阅读原文
长按二维码关注我们`,
    must: [/152万辆.*首次超过燃油车产量。$/m],
    never: [/轻音乐/, /挺安静/, /编辑/, /阅读原文/, /二维码/],
  },
  {
    name: 'a Chinese release note',
    sentences: 3,
    text: `# 星桥 v3.2.0 发布说明

感谢各位贡献者！

## 不兼容变更
- 不再支持 Node 18，运行环境必须升级到 Node 22 或更高版本。
- 移除了配置项 \`legacyMode\`，请改用 \`mode: compat\`。

## 修复
- 修复了一个严重的安全漏洞（CVE-2026-5678），攻击者可借此读取其他用户的会话。
- 更正了文档中的错别字。
- 大文件导入速度提升三倍，2 GB 文件由 34 秒缩短到 11 秒。

\`\`\`sh
npm install xingqiao@3.2.0
\`\`\`

完整更新日志见 https://example.com/xingqiao/releases`,
    must: [/安全漏洞/, /不再支持 Node 18/],
    never: [/感谢/, /错别字/, /npm install/, /https/, /^修复$/m],
  },
  {
    name: 'a Chinese e-mail',
    sentences: 2,
    text: `发件人：刘洋 <liuyang@example.com>
收件人：全体同事
主题：办公室搬迁通知

各位同事：

大家好！周末过得怎么样？很多同事问到搬迁的事，现统一说明如下。

物业已经确认，我们将于2月1日搬入建国路88号新办公室。请大家务必在1月29日（周五）之前收拾好个人物品，并在每个箱子上写明姓名。咖啡机也会一起搬走，不用担心。需要显示器支架的同事可以找我登记。

如有疑问请随时联系我。

祝好
刘洋
行政部`,
    must: [/物业已经确认.*新办公室。/, /务必在1月29日/],
    never: [/大家好/, /周末/, /咖啡机/, /祝好/, /行政部/, /各位同事/],
  },
]
