/** A kind of word that tells how much a sentence says; `worth` is added once, however often it stands there. */
type Cue = { readonly worth: number; readonly english: RegExp; readonly chinese: RegExp }

const cues: readonly Cue[] = [
  {
    // something was settled
    worth: 0.6,
    english:
      /\b(?:decided?|decisions?|agreed?|approved?|rejected|resolved|confirmed|conclu(?:ded?|sions?)|postponed?|cancell?ed|chosen?|settled on)\b/iu,
    chinese: /决定|决议|同意|批准|敲定|确定|确认|通过了|结论|推迟|延期|取消|暂停|选定|否决/u,
  },
  {
    // somebody owes something
    worth: 0.5,
    english:
      /\b(?:actions?(?: items?)?|deadlines?|due|must|needs? (?:to|someone|somebody|help|access|an?|the)|has to|have to|required?|responsible for|owns?|assigned|todo|follow up|please|by (?:the end|tomorrow|noon|mon|tues|wednes|thurs|fri|satur|sun|next|\d))/iu,
    chinese:
      /负责|截止|必须|需要(?![^，。]{1,12}的(?:人|同事|同学|朋友|用户|请))|务必|待办|能否|麻烦|烦请|行动项|跟进|牵头|落实|之前|[日天午周一二三四五六\d]前|请(?!问)/u,
  },
  {
    // something went wrong, or may
    worth: 0.5,
    english:
      /\b(?:risks?|block(?:s|ed|ers?|ing)?|fail(?:s|ed|ures?|ing)?|outages?|incidents?|vulnerab\w*|critical|urgent|warn(?:s|ed|ings?)?|delay(?:s|ed)?|expir(?:es?|ed|y)|breach\w*|crash\w*|lost|ran out|out of (?:memory|disk|space)|security|killed|injured|not (?:yet )?(?:delivered|ready|available|working|been)|can(?:not|'t|’t))\b/iu,
    chinese:
      /风险|阻塞|受阻|失败|故障|事故|漏洞|严重|紧急|警告|延误|过期|到期|崩溃|安全|中断|隐患|泄露|丢失|丢了|满了|遇难|受伤|还没有?(?!问题)|尚未|未能|无法/u,
  },
  {
    // something is new
    worth: 0.3,
    english:
      /\b(?:announc\w+|launch(?:es|ed)?|releas(?:es|ed)|introduc\w+|now (?:available|supports?|requires?)|breaking|deprecated|removed|no longer|fix(?:es|ed)|report(?:s|ed)|found|shown?|shows|showed|discovered|revealed)\b/iu,
    chinese: /宣布|发布|推出|上线|新增|支持|移除|废弃|不再|修复|公布|报道|显示|发现/u,
  },
  {
    // something grew or shrank
    worth: 0.3,
    english:
      /\b(?:increas\w+|decreas\w+|r[oi]sen?|fell|drop(?:s|ped)?|gr[eo]wn?|cuts?|reduc\w+|doubled?|record|(?:more|less|faster|slower|higher|lower) than)\b/iu,
    chinese: /增加|增长|减少|下降|上升|提高|上涨|降低|超过|翻倍|提升|突破|缩短/u,
  },
  {
    // why
    worth: 0.25,
    english:
      /\b(?:because|therefore|due to|caused?|root cause|as a result|so that|led to|turn(?:s|ed) out)\b|, (?:since|so)\b/iu,
    chinese: /因为|由于|因此|所以|导致|原因|造成|根因/u,
  },
  {
    // when
    worth: 0.2,
    english:
      /\b(?:(?:jan|febr)uary|march|april|june|july|august|(?:septem|octo|novem|decem)ber|(?:mon|tues|wednes|thurs|fri|satur|sun)day|tomorrow)\b/iu,
    chinese: /\d月\d|[一二三四五六七八九十]月|周[一二三四五六日末天]|星期|明天|月底|年底/u,
  },
  {
    // what is to come
    worth: 0.2,
    english: /\b(?:will|shall|plans?(?: to|ned)|going to|expect\w*|next (?:week|month|quarter|year))\b/iu,
    chinese: /将|计划|预计|即将|打算|下周|下个?月|下季度/u,
  },
  {
    // the author says that it matters
    worth: 0.3,
    english:
      /\b(?:important\w*|in (?:short|summary|conclusion)|overall|significant\w*|key (?:point|result|finding)s?|tl;?dr|above all)\b/iu,
    chinese: /重要|关键|总之|综上|总的来说|首次|核心|值得注意|重点/u,
  },
]

/** What the cue words of a sentence are worth, from 0 to 1.4. */
export function cueWorth(sentence: string): number {
  const chinese = /\p{Script=Han}/u.test(sentence)
  const english = /[a-z]{3}/iu.test(sentence)
  let worth = 0
  for (const cue of cues) {
    if ((english && cue.english.test(sentence)) || (chinese && cue.chinese.test(sentence))) worth += cue.worth
  }
  return Math.min(worth, 1.4)
}

const somebody = String.raw`(?:there|all|everyone|everybody|team|folks|guys|again|friends|colleagues|both|\p{Lu}[\p{L}.'’-]*)`
const noise: readonly RegExp[] = [
  // greetings, thanks, farewells
  new RegExp(
    String.raw`^(?:(?:[Gg]ood )?(?:[Mm]orning|[Aa]fternoon|[Ee]vening)|[Gg]ood day|[Hh]i|[Hh]ello|[Hh]ey|[Dd]ear|[Ww]elcome(?: back)?)(?:[ ,]+(?:and |to )?${somebody}){0,4}[\s,.!:]*$`,
    'u',
  ),
  /^(?:(?:ok(?:ay)?|and|so|well)[, ]+)?(?:thanks|thank you|many thanks|cheers)(?:[ ,]+(?:all|everyone|everybody|team|folks|so much|very much|a lot|again|in advance|and|bye|\p{Lu}\p{L}*|for (?:joining|coming|reading|listening|watching|having me|your (?:time|attention|patience|support|help))|have a .{0,30}))*[\s,.!]*$/iu,
  /^(?:see|talk to|speak to) (?:you|ya)(?: all)?(?:[ ,]+(?:all|soon|then|there|around|later|tomorrow|next (?:week|time|month)|on \w+))*[\s,.!]*$/iu,
  /^(?:(?:best|kind|warm|many|with kind)\s?(?:regards|wishes)?|regards|sincerely(?: yours)?|yours (?:sincerely|truly|faithfully)|cheers|bye(?:[ -]bye)?|goodbye|have a (?:nice|great|good|lovely) .{1,30})(?:,? \p{L}+){0,2}[\s,.!]*$/iu,
  /^(?:how are you|how(?:'|’| i)s it going|how was your|hope (?:you|this|everyone|all)|i hope (?:you|this|all)|can (?:everyone|everybody|you|you all) (?:hear|see) (?:me|us|my)|nice to (?:see|meet|hear)).{0,70}$/iu,
  /^(?:let(?:'|’)s|shall we|let us) (?:get started|get going|begin|start|wrap (?:it |this )?up|jump (?:right )?in|dive (?:right )?in|move on)\b.{0,20}$/iu,
  /^(?:any (?:other )?(?:questions?|thoughts|comments|objections)|anything else|that(?:'|’| i)s (?:all|it)(?: from me| for today)?)\b.{0,25}$/iu,
  /^(?:(?:ok(?:ay)?|yes|yeah|yep|no|nope|sure|right|great|perfect|good|nice|cool|got it|sounds (?:good|great)|agreed|fine|exactly|makes sense|will do|done|hmm+|thank you|thanks|\+1|lol|haha\w*|oh|well|true|indeed|of course|no problem|you(?:'|’| a)re welcome)[\s,.!…?-]*){1,4}$/iu,
  // what pages and newsletters put around their text
  /^(?:please |don(?:'|’)t forget to |be sure to |click (?:here )?to )?(?:subscribe|unsubscribe|sign up|register|follow us|share (?:this|on)|like (?:and|us)|download (?:our|the) app|join our|leave a (?:comment|reply)|click here|read (?:more|on|the (?:full|rest))|continue reading|learn more|view (?:this|online|in)|see (?:more|also)|listen to this|watch (?:the video|now))\b.{0,120}$/iu,
  /^(?:comments?|share|tweet|print|advertisement|sponsored(?: content)?|related (?:articles|posts|stories)|table of contents|contents|menu|home|skip to .{1,30}|loading)[\s:.…!]*$/iu,
  /all rights reserved|^(?:©|copyright\b).{0,120}$|appeared first on|^submitted by |^sent from my |intended (?:solely|only)? ?(?:recipient|for the)|^(?:photo|image)(?:graph)?(?: credits?| by|:)/iu,
  /^(?:we|this (?:web)?site|our (?:web)?site) uses? cookies|^by (?:clicking|subscribing|using|continuing|signing)\b|^you (?:are receiving|received) this|^(?:privacy policy|terms of (?:use|service))\b.{0,60}$/iu,
  /^if you (?:have|need) (?:any|further|more|help).{0,60}$|^(?:please )?(?:feel free|don(?:'|’)t hesitate) to .{0,60}$|^(?:please )?let me know .{0,40}$|^how (?:can|may) (?:i|we) help\b.{0,20}$/iu,
  /^on .{5,60} wrote:?$|^(?:attendees|present|participants|apologies)\s?:/iu,
  // the same in Chinese
  /^(?:(?:大家|各位|同事们|同学们|朋友们|各位\p{Script=Han}{1,4}|你们|你|您|\p{Script=Han}{1,3}总|\p{Script=Han}{1,4}老师)[，,、\s]*)?(?:大家|各位|你|您)?(?:早上|上午|中午|下午|晚上)?(?:好|早)[啊呀呢哈]?[，,]?(?:大家|各位)?(?:好)?[\s，。！!,.~～:：]*$/u,
  /^(?:尊敬的|亲爱的|各位)\p{Script=Han}{1,10}[\s，：:,！!（）()先生女士]*$/u,
  /^(?:好的?[，,\s]*)?(?:非常|多)?(?:谢谢|感谢)(?:大家|各位|你|您|你们|参加|聆听|收听|观看|阅读|的|支持|配合|理解|时间|[，,]){0,4}[啦了啊]?[\s，。！!,.~～]*$/u,
  /^(?:(?:好的?|好吧|嗯+|哦|可以|行|收到|没问题|对|是的|明白|知道了|了解|辛苦了?|大家辛苦了?|同意|没有|哈+|再见|拜拜|明天见|下周见|散会|回头见|OK)[啊呀呢哈的吧了]?[\s，。！!,.~～、]*){1,4}$/iu,
  /^(?:那|好|我们|咱们|今天|现在|先)*(?:我们|咱们)?(?:开始(?:吧|开会)|就(?:先)?到这(?:里|儿)).{0,8}$|(?:听得?[到见清](?:楚)?(?:吗|我)|看得?[到见](?:吗|我的屏幕)).{0,6}$|^.{0,12}(?:会议|会)就(?:先)?(?:开)?到这(?:里|儿)?.{0,10}$/u,
  /(?:点击|阅读|查看|戳)(?:下方|文末|左下角|上方)?[“"「]?(?:阅读)?(?:原文|全文)|^(?:点击|长按|扫描|扫码|识别|微信扫).{0,40}$|^(?:请|欢迎|马上|赶快|记得|别忘了)*(?:大家)?(?:关注|订阅|转发|点赞|在看|收藏|分享|加入|下载|星标).{0,40}$/u,
  /版权所有|转载请|未经授权|免责声明|^(?:本文)?(?:来源|编辑|责任编辑|责编|作者|校对|审核|图片来源|图源|图|文|记者|与会者?|参会人员?|出席|主持人?)\s?[：:丨|/].{0,40}$|^(?:广告|评论|分享|目录|相关阅读|推荐阅读|更多精彩).{0,12}$/u,
  /^(?:如|若|如果|大家)?(?:您|你|大家)?有(?:任何|什么)?(?:疑问|问题).{0,20}(?:联系|告诉|找|问|反馈|提出).{0,12}$/u,
  /^(?:此致|敬礼|祝好|祝您?(?:工作)?(?:顺利|愉快|安好|生活愉快)|祝(?:大家|各位|你|您).{1,12}|顺祝商祺|顺颂.{2,4}|商祺|发自我的.{1,12})[\s，。！!,.]*$/u,
]

/** True for a sentence that never belongs into a summary: a greeting, thanks, a bare yes, an invitation to subscribe, a bare link. */
export function isNoise(sentence: string): boolean {
  if (sentence.length > 300) return false
  const said = sentence
    .replaceAll(/(?:https?:\/\/|www\.)\S+/giu, '')
    .replaceAll(/^[\s"'“”‘’「」*_[(（【]+|[\s"'“”‘’「」*_\])）】]+$/gu, '')
  return !/\p{L}{2}|\p{Script=Han}/u.test(said) || noise.some((pattern) => pattern.test(said))
}

const weather =
  /\b(?:weather|sunny|rain(?:y|ing)?|snow(?:y|ing)?|sunshine|cloudy|freezing|degrees outside)\b|天气|下雨|下雪|晴天|阴天|气温|好冷|好热/iu

/** True for a sentence about the weather, which is small talk unless the text is about it. */
export function isWeather(sentence: string): boolean {
  return weather.test(sentence)
}

const pronoun = /^(?:it|this|that|these|those|they|he|she|such)\b|^(?:它|他|她|这|那)/iu
const connective =
  /^(?:but|and|so|or|then|however|which|as for)\b|^(?:但是?|而且?|并且|所以|不过|然后|其中|同时|届时)/iu
const unsure =
  /\b(?:i think|i guess|maybe|perhaps|kind of|sort of|not sure|by the way|funny|coffee|lunch|weekend|don(?:'|’)t worry)\b|可能|也许|好像|大概|顺便|咖啡|午饭|周末|哈哈|不用担心/iu
const pointing =
  /\bhere(?:'|’)?s? (?:is|are|where|what|how)\b|\bas follows\b|\bsee below\b|\bmy name is\b|我叫|(?:说明|通知|具体|详情|内容|情况)(?:请)?(?:见|如)下/iu
const request = /\bplease\b|\b(?:could|would) you\b|能否|麻烦|烦请/iu
const quote = /^["“「『]/u
const greeting =
  /^(?:good (?:morning|afternoon|evening)|hi|hello|hey|welcome|thanks|thank you)\b|^(?:大家好|各位好|你好|您好|谢谢|感谢)/iu

/**
 * What the manner of a sentence takes from its worth, from 0 to 0.9: it asks, greets, hedges, quotes, points to
 * others, or leans on what was said before.
 */
export function mannerCost(sentence: string): number {
  const asks = /[?？]["'”’」)）]*$/u.test(sentence.slice(-4)) && !request.test(sentence) ? 0.5 : 0
  const costs: readonly (readonly [RegExp, number])[] = [
    [greeting, 0.4],
    [pointing, 0.6],
    [pronoun, 0.3],
    [quote, 0.3],
    [unsure, 0.2],
    [connective, 0.15],
  ]
  return Math.min(
    0.9,
    costs.reduce((sum, [pattern, cost]) => (pattern.test(sentence) ? sum + cost : sum), asks),
  )
}
