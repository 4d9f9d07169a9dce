import type { Moment } from '../../command.ts'
import { bareText, foldReader, stripPoliteness } from './reader-polite.ts'
import type { Proposal } from '../../task.ts'
import type { FindWhen } from './find-when.ts'

const forget = "(?:(?:and )?(?:don'?t|do not|never) (?:forget to|let me forget to be) )?"
const someone = '(?:me|us|everyone|everybody)'
/** Each leaves what is to be said; `timed` only counts with words of time, because it is said of much else. */
const verbs: readonly { readonly pattern: RegExp; readonly timed: boolean }[] = [
  {
    timed: false,
    pattern: new RegExp(
      `^(?:later,? |sometime,? |at some point,? )?${forget}remind ${someone}(?:[,:]?\\s+|[,:]|$)`,
    ),
  },
  { timed: false, pattern: /^(?:don'?t|do not) let me forget(?:[,:]?\s+|$)/ },
  {
    timed: false,
    pattern:
      /^(?:set|create|make|add|schedule|put|give me|send me|i need|i want|i'd like|get me)(?: up| in)?(?: me| us)?(?: a| an| another| the| one| my)?(?: new| quick| short| recurring| regular| repeating| simple)* (?:reminders?|alarm|nudge|ping|heads[- ]up)(?: for (?:me|us))?(?:[,:]?\s+|[,:]|$)/,
  },
  { timed: false, pattern: /^reminders?(?: for (?:me|us))?(?:\s*[:：]\s*| to | that )/ },
  { timed: false, pattern: /^i (?:need|want|would like|'d like) to be reminded(?:\s+|$)/ },
  { timed: true, pattern: /^(?:ping|nudge|notify|alert|poke|buzz) (?:me|us)(?:[,:]?\s+|$)/ },
  { timed: true, pattern: /^(?:tell|message|text) me (?=to )/ },
  { timed: true, pattern: /^(?=wake me(?: up)?(?:$| ))/ },
  { timed: true, pattern: /^(?:请|帮我|麻烦你?|记得|到了?|等到?|就)*(?=叫醒我)/ },
  { timed: true, pattern: /^(?:请|帮我|麻烦你?|记得)*提醒(?:一下)?(?![你您他她它小老谁过了我大各一\s,:、])/ },
  {
    timed: false,
    pattern:
      /^(?:你|您|请|帮我|帮忙|麻烦你?|过?一?会儿|待会儿?|等会儿?|等一?会儿?|稍后|晚点儿?|晚些时候|回头|有空时?|记得|到时候?|到点|到了?|等到?|务必|一定|要|再|也|就|都|来|可以|能不能|千万)*(?:(?:别|不要)忘(?:了|记)?(?:要)?)?(?:再|按时|准时|及时)?(?:请|帮我)?提醒(?:一下|下)?(?:我们?|大家|咱们?|俺)(?:一下|一声)?[\s,:、]*/,
  },
  {
    timed: false,
    pattern:
      /^(?:请|帮我|给我|替我|为我|麻烦你?)*(?:设置?|设定|定|订|添加|创建|新建|加|建|弄|来|发|安排)(?:一)?(?:个|条|次)?的?(?:新的)?(?:提醒|闹钟|闹铃)(?:我)?[\s,:、]*/,
  },
  { timed: true, pattern: /^(?:的)?(?:闹钟|闹铃|提醒)$/ },
  { timed: false, pattern: /^给我提?个醒(?:儿)?[\s,:、]*/ },
  { timed: false, pattern: /^提醒\s*[::]\s*/ },
  {
    timed: true,
    pattern:
      /^(?:你|您|请|帮我|麻烦你?|记得|到时候?|到点|到了?|等到?|务必|一定|再|就|准时)*(?:叫|喊|通知|催)(?:一下|下)?(?:我们?|大家)(?:一下|一声)?[\s,:、]*/,
  },
]

/** What begins a question, a condition or a memory rather than a thing to do. */
const notThings =
  /^(?:if|when|whenever|unless|once|as soon as|every time|each time|next time|while|where|why|how|what|who|whom|whose|which|whether|again|before|after|until|in case|more often|less often|less)\b|^(?:never|nothing|nobody)$|^(?:了|过|吗|么|什么|谁|哪|为什么|为何|怎么|如果|要是|假如|当|几点|多少|的时候|的话|[一二两三四五六七八九十\d]+次)/
const condition =
  /\b(?:when|whenever|if|once|as soon as|unless|every time|each time|next time) (?:i|i'm|we|he|she|they|it|you|the|my|our|there|there's|someone|somebody|anyone|\w+ (?:is|are|comes|arrives|gets|goes|has|drops|falls|rises|replies|answers|calls|writes))\b|(?:如果|要是|假如|等到?.{1,12}(?:的时候|以后|之后|再)|当.{1,12}时|到家|下雨)/
const alsoOrders =
  /(?:\band|\bthen|,|;|\.)\s+(?:then |also |please )*(?:remind (?:me|us)|(?:pause|resume|delete|remove|run|cancel) (?:task|reminder|my)|(?:digest|summari[sz]e)\b|switch to\b|send me\b|tell me\b|give me\b|show me\b|post (?:it|this|that) (?:to|in)\b|(?:e-?mail|text) (?:me|it)\b)|(?:并且?|然后|接着|同时|还要|再|,|;|。)(?:请|帮我|也|再)*(?:提醒我|总结|摘要|删除任务|暂停任务|发到|发送到|告诉我|给我发)/
const later =
  /^(?:later|soon|some ?time|in a (?:bit|while|moment)|at some point|再|稍后|晚点|待会儿?|一会儿?|回头|以后)(?:\s+|(?=[^\x00-\x7f])|$)/

/** Reads "remind me tomorrow at 3 to call mom" and its like. Without words of time the proposal has no `when`. */
export function readRemind(plain: string, moment: Moment, findWhen: FindWhen): Proposal | undefined {
  const text = plain.replace(/\b(reminder|alarm)s? (?:for|on) (?!me\b|us\b)/i, '$1 ')
  if (
    !/remind|alarm|forget|wake|ping|nudge|notify|alert|poke|buzz|tell|message|text|提醒|叫|喊|通知|催|鬧|闹|醒/iu.test(
      text,
    )
  )
    return undefined
  const whole = headed(text, moment, findWhen) ?? findWhen(text, moment)
  const rest = stripPoliteness(whole?.rest ?? text)
  const said = contentOf(rest, whole !== undefined)
  const content = said === undefined || whole !== undefined ? said : withoutStrangeTime(said)
  if (content === undefined) return undefined
  const folded = foldReader(content)
  if (notThings.test(folded) || alsoOrders.test(folded)) return undefined
  if (whole === undefined && (condition.test(folded) || isRecall(rest, folded))) return undefined
  if (severalTimes(content, moment, findWhen, whole !== undefined)) return undefined
  if (whole === undefined) return content === '' ? undefined : { command: 'remind', args: { text: content } }
  const when = earlier(whole.words, rest, moment, findWhen)
  return { command: 'remind', args: content === '' ? {} : { text: content }, when }
}

/**
 * "remind me tomorrow at 9 to ask about Friday at 10": between the verb and "to" stands when, and what follows is not
 * looked into. Undefined where the words before say less than a time of day, because then the rest may add it.
 */
function headed(text: string, moment: Moment, findWhen: FindWhen): ReturnType<FindWhen> {
  const split = /^((?:.{0,120}?\b)?remind (?:me|us)\b\s*)(.{0,120}?)\s*\b(to|that|about)\s+(.+)$/isu.exec(
    text,
  )
  if (split === null) return undefined
  const [, verb = '', words = '', link = '', content = ''] = split
  const lead = verb.replace(/remind (?:me|us)\s*$/i, '')
  const said = `${lead} ${words}`.replace(/\b(?:please|can you|could you|and)\b/gi, ' ').trim()
  if (said === '') return undefined
  const found = findWhen(said, moment)
  const all = findWhen(text, moment)?.words
  if (found === undefined || found.rest !== '' || all === found.words) return undefined
  // "…; until 31 December" at the end, after a mark, is said of the time, and not of the thing.
  if (all?.startsWith(found.words) === true && /^[,，]/u.test(all.slice(found.words.length))) return undefined
  // With a time of day of its own it cannot take another one.
  const takesTime = findWhen(`${said} at 11:11`, moment)
  if (takesTime !== undefined && takesTime.words.endsWith('11:11')) return undefined
  return { words: found.words, rest: `remind me ${link} ${content}` }
}

function contentOf(rest: string, timed: boolean): string | undefined {
  const folded = foldReader(rest)
  for (const verb of verbs) {
    if (verb.timed && !timed) continue
    const match = verb.pattern.exec(folded)
    if (match === null) continue
    const content = tidy(rest.slice(match[0].length))
    return content.replace(/^wake me(?: up)?/i, 'wake up').replace(/^叫醒我/, '起床')
  }
  return undefined
}

function tidy(content: string): string {
  let text = content
  for (let i = 0; i < 4; i++) {
    const next = text
      .replace(/^[\s,，:：、;；.。!！—-]+/u, '')
      .replace(/^(?:to|that|about|of|for)\s+/i, '')
      .replace(/^(?:一下|一声|的(?!士))/u, '')
    const folded = foldReader(next)
    const vague = later.exec(folded)
    text = vague === null ? next : next.slice(vague[0].length)
    if (text === content) break
  }
  return bareText(text.replace(/\s+/g, ' ')).replace(/[\s,，:：、;；]+$/u, '')
}

/** "on 12/05 to party": words of time that mean nothing certain are left out; undefined where they are all there is. */
function withoutStrangeTime(content: string): string | undefined {
  if (/^(?:[\d一二三四五六七八九十]+[月号点日]|昨|前天|每|上周|上个|从|直到)/u.test(foldReader(content)))
    return undefined
  if (
    !/^(?:(?:on|at|every|each|in|by|next|last|this|until|from|around) (?:the )?[\w/:.]+|yesterday|daily|weekly|monthly|\d)/i.test(
      content,
    )
  )
    return content
  const split = /^.{1,80}?\b(?:to|that|about)\s+(.+)$/isu.exec(content)
  return split?.[1]
}

/** "wake me at 6" is in the morning, whatever a bare 6 is elsewhere. */
function earlier(words: string, text: string, moment: Moment, findWhen: FindWhen): string {
  if (!/\bwake\b|\balarm\b|起床|叫醒|闹钟/u.test(foldReader(text))) return words
  const said = words
    .replace(
      /(?<![\d:.])([4-6])(:[0-5]\d)?(?![\d:]|\s*(?:[ap]\.?m|hours?|min|点|月|号|日|天|周|个|小时|分))/i,
      '$1$2am',
    )
    .replace(
      /(?<![上晨午晚早夜晓里\d一二两三四五六七八九十每隔])([1-6]|[一二两三四五六])(?=点|點)/u,
      '早上$1',
    )
  return said !== words && findWhen(said, moment)?.words === said ? said : words
}

/** "remind me of the plan", "remind me what we said": asks to be told, not to be reminded. */
function isRecall(rest: string, content: string): boolean {
  if (/^remind (?:me|us)$/i.test(rest.trim()) || /^remind (?:me|us) of\b/i.test(rest)) return true
  return /什么|怎么|谁|哪[些个里]|吗$|多少|\bwhat (?:we|i|you|was|is)\b/u.test(content)
}

/** True for "call mom at 3 and buy milk at 5": more than one reminder. */
function severalTimes(content: string, moment: Moment, findWhen: FindWhen, timed: boolean): boolean {
  const segments = content
    .split(/\s+and\s+|\s+then\s+|[;；]|,\s+|，|。|并且?|然后|、/u)
    .filter((segment) => segment.trim() !== '')
  if (segments.length < 2 || segments.length > 12) return false
  const withTime = segments.filter((segment) => findWhen(segment, moment) !== undefined)
  return withTime.length >= (timed ? 1 : 2)
}
