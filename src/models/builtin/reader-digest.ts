import type { Moment } from '../../command.ts'
import { foldReader, stripPoliteness } from './reader-polite.ts'
import type { Proposal } from '../../task.ts'
import type { FindWhen } from './find-when.ts'

const stop = '\\s<>"\'“”‘’「」『』《》【】（），。；：！？、\\u4e00-\\u9fff'
const topLevel =
  'com|org|net|io|dev|edu|gov|cn|de|fr|uk|jp|kr|co|ai|app|me|info|blog|news|xyz|tech|eu|us|tv|cc|hk|tw|ch|at|nl|se|in|is|so|sh|fm|it|es|pl|ca|au|nz|br|ru|int'
const files = 'xml|rss|atom|rdf|json|html?|md|txt|opml|csv|eml|mbox|vtt|srt|ics|log'
const sources: readonly RegExp[] = [
  new RegExp(`<?((?:https?|feed|file)://[^|${stop}]+)(?:\\|[^>\\n]{0,200})?>?`, 'giu'),
  new RegExp(`(?<![\\w./~\\u4e00-\\u9fff-])((?:\\.{1,2}|~)?/[\\w.%+-][\\w./%+-]*)`, 'gu'),
  new RegExp(`(?<![\\w./@-])((?:[\\w-]+/)*[\\w-][\\w.-]*\\.(?:${files}))(?![\\w/-]|\\.\\w)`, 'giu'),
  new RegExp(
    `(?<![\\w./@-])((?:[a-z0-9][a-z0-9-]*\\.)+(?:${topLevel})(?:[/?][^${stop}]*)?)(?![\\w@-])`,
    'giu',
  ),
  new RegExp(`(?<![\\w./@-])((?:[a-z0-9][a-z0-9-]*\\.)+[a-z]{2,20}/[^${stop}]+)`, 'giu'),
]

const gap = '\u0001'
const channel = '(#[\\w-]+|#[\\u4e00-\\u9fff\\w-]+?(?=频道|里|上|,|\\s|$)|<#[\\w|-]+>)'
const targets: readonly RegExp[] = [
  new RegExp(
    `\\b(?:to|in|into|on|at|through|via|over to)\\s+(?:the\\s+|my\\s+|our\\s+)?(?:channel\\s+)?(?:(terminal|console|here)\\b|${channel}(?:\\s+channel)?|(this)\\s+(?:channel|chat|conversation|thread|place))`,
    'gu',
  ),
  new RegExp(
    `(?:发送?|推送?|贴|送|传|输出|显示|打印|写)?(?:到|至|给|往|去|在)\\s*(?:频道\\s*)?(?:(终端|命令行|terminal|console)|${channel}|(这里|这儿|此处|本频道|这个频道|当前频道|本群|群里|这个群|here))\\s*(?:的)?(?:频道|群)?(?:里|上|中|里面)?`,
    'gu',
  ),
  /(?<!\w)(here)(?!\w)/gu,
]

const strongCore =
  /\b(?:digests?|summary|summaries|summari[sz]e|summari[sz]ing|sum up|recap|tl;?dr|brief(?:ing| (?:me|us) (?:on|about))|overview|round-?up|gist)\b|摘要|总结|概括|概要|汇总|简报|归纳|要点|综述/u
const weakCore =
  /\b(?:news|headlines|highlights|brief|latest|read|updates)\b|读|阅读|日报|早报|晨报|晚报|周报|月报|新闻|头条|最新/u
const verb =
  /\b(?:send|give|get|post|show|bring|fetch|read|deliver|share|prepare|make)\b|发|给我|推送|读|整理|送|做|生成|阅读/u

const english =
  /\b(?:digests?|summary|summaries|summari[sz]e|summari[sz]ing|sum up|recap|tl;?dr|briefing|overview|round-?up|gist|news|headlines|highlights|brief|latest|newest|recent|read|updates|a|an|the|of|from|for|on|at|in|into|to|with|as|by|and|then|it|them|that|this|its|me|us|my|our|one|new|short|quick|concise|nice|good|small|daily|weekly|monthly|hourly|morning|evening|regular|please|pls|kindly|send|give|get|make|create|prepare|provide|write|post|deliver|share|show|bring|fetch|print|put|publish|drop|push|schedule|set up|generate|produce|do|run|can you|could you|would you|will you|i want|i need|i would like|i'd like|i want to (?:get|receive|have)|let me have|feed|rss|atom|page|webpage|site|website|blog|articles?|link|url|file|posts?|stories|items|entries|content|contents|source|results?|output|what's new|everything|all|up|over|out|here|also|just|once|automatically|around|about|for me|right now|now|immediately)\b/gu
const chineseWords =
  /(?:给我|帮我|为我|替我|让我|我想(?:要|看|收到)?|我要|我需要|请你?|麻烦你?|帮忙|能不能|可以|可不可以|摘要|总结|概括|概要|汇总|简报|归纳|要点|综述|日报|早报|晨报|晚报|周报|月报|新闻|头条|最新的?|新的|新|读取|阅读|读一读|读一下|读|看一下|看看|看|抓取|获取|收集|整理|提取|生成|制作|做|写|来|出|发送|发布|发出|发|推送|推|贴|送|输出|显示|打印|订阅源|订阅|网页|网站|页面|博客|文章|链接|网址|内容|文件|源|更新|资讯|主要|结果|一份|一个|一篇|一条|一次|一下|一遍|份|个|篇|下|自动|定时|定期|然后|接着|之后|以后|后|立即|立刻|马上|现在|并且|并|再|和|把|将|对|从|用|以|成|为|做成|到|至|给|在|里面|里的?|上的?|中的?|的|它|这个|这篇|该|进行|都|就|要|会|请|收到|每次|简短|简单|简要|详细)/gu

/**
 * Reads "every weekday at 9 digest <URL> to #news" and its like: one source, at most one target, and no word that
 * this could not take into account.
 */
export function readDigest(plain: string, moment: Moment, findWhen: FindWhen): Proposal | undefined {
  const source = findSource(plain)
  if (source === undefined) return undefined
  const when = findWhen(plain, moment)
  const rest = stripPoliteness(when?.rest ?? plain)
  const again = findSource(rest)
  if (again === undefined || again.from !== source.from) return undefined
  const target = findTarget(again.without)
  if (target === undefined) return undefined
  const said = target.without
  if (!strongCore.test(said) && !(weakCore.test(said) && verb.test(said))) return undefined
  const left = said.replace(english, ' ').replace(chineseWords, ' ')
  if (/[^\s\u0001,.;:!?，。；：！？、"“”()（）<>'’~\-–—]/u.test(left)) return undefined
  return {
    command: 'digest',
    args: { from: source.from, ...(target.to === undefined ? {} : { to: target.to }) },
    ...(when === undefined ? {} : { when: when.words }),
  }
}

/** The one URL or path in a text; undefined if there is none or more than one. */
function findSource(text: string): { readonly from: string; readonly without: string } | undefined {
  const found = new Set<string>()
  let without = text
  for (const pattern of sources) {
    without = without.replace(pattern, (match: string, raw: string) => {
      const from = trimEnd(raw)
      if (from.length < 3) return match
      found.add(
        /^[a-z0-9-]+(?:\.[a-z0-9-]+)+(?:[/?]|$)/i.test(from) && !isFile(from) ? `https://${from}` : from,
      )
      const tail = match.endsWith('>') ? '' : match.slice(match.indexOf(raw) + from.length)
      return ` ${gap} ${tail}`
    })
  }
  const [from] = found
  return from === undefined || found.size !== 1 ? undefined : { from, without }
}

function isFile(from: string): boolean {
  return !from.includes('/') && new RegExp(`\\.(?:${files})$`, 'i').test(from)
}

/** Without the marks that end a sentence rather than an address; a bracket stays where it was opened within. */
function trimEnd(raw: string): string {
  let from = raw
  for (;;) {
    const next = from.replace(/[.,;:!?'"*_~]+$/, '')
    const closed = /[)\]}]$/.test(next) && !/[([{]/.test(next) ? next.slice(0, -1) : next
    if (closed === from) return from
    from = closed
  }
}

/** At most one place to post to; undefined if there are more. `without` is folded. */
function findTarget(text: string): { readonly to: string | undefined; readonly without: string } | undefined {
  const found = new Set<string>()
  let without = foldReader(text)
  for (const pattern of targets) {
    for (const match of without.matchAll(pattern)) {
      const named = match.slice(1).find((group) => group !== undefined) ?? ''
      const at = match.index + match[0].lastIndexOf(named)
      // Folding and blanking keep each character at its place, so the name can be taken as it was written.
      found.add(targetOf(named, text.slice(at, at + named.length)))
      without =
        without.slice(0, match.index) +
        ' '.repeat(match[0].length) +
        without.slice(match.index + match[0].length)
    }
  }
  const [to] = found
  return found.size > 1 ? undefined : { to, without }
}

function targetOf(named: string, written: string): string {
  if (/^(?:terminal|console|终端|命令行)$/.test(named)) return 'terminal'
  return /^[#<]/.test(named) ? written : 'here'
}
