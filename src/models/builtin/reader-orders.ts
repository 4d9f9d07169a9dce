import type { Proposal } from '../../task.ts'
import { now, readTasks, whole } from './reader-tasks.ts'

type Order = { readonly pattern: RegExp; readonly command: string }

const orders: readonly Order[] = [
  {
    command: 'help',
    pattern: whole(
      'help(?: me)?(?: out)?|what can you do(?: for (?:me|us))?|what (?:all )?(?:are you able to|do you) do|what are you(?:r)? (?:capabilities|features|commands|skills)|how (?:do|can|should) (?:i|we) use (?:you|this|it|moltbot|this bot)|how (?:does this|do you) work|(?:show|list)(?: me)?(?: the| all| your| available)* (?:commands|help)|what commands (?:are there|do you (?:have|know|support|understand))|i need (?:some )?help',
    ),
  },
  {
    command: 'help',
    pattern: whole(
      '(?:你|您)?(?:都|到底|还)?(?:会|能|可以)(?:为我|帮我|给我)?(?:做|干|帮我做)?(?:些|点)?(?:什么|啥|哪些事?情?)(?:事情?|呢)?|(?:你|您|这个|机器人)?(?:要|该|应该)?怎么(?:使?用)(?:你|呢|这个)?|(?:你|您)?(?:要|该)?如何使用(?:你|这个)?|使用(?:说明|方法|帮助)|帮助|(?:你|您)?有(?:什么|哪些)(?:功能|命令|本领|能力)(?:呢)?|(?:有|支持)哪些命令',
    ),
  },
  {
    command: 'status',
    pattern: whole(
      `are you (?:ok(?:ay)?|alright|all right|alive|up|still there|there|running|online|working|healthy|up and running)${now}|(?:what(?:'s| is)|show(?: me)?|give me|check|tell me)? ?(?:the |your |system |bot |current )*status(?: report| check)?|is everything (?:ok(?:ay)?|alright|working|running|fine)${now}|health ?check|(?:do|run) a health ?check`,
    ),
  },
  {
    command: 'status',
    pattern: whole(
      '(?:你的?|您的?|系统|当前|目前|查看|看看|看一下|显示|现在的?|机器人)*(?:运行)?(?:状态|状况|运行情况)(?:怎么样|如何|是什么|正常吗?|呢)?|(?:你|您)(?:现在)?(?:还好|还在|在|在线|还活着|正常|没事|运行正常)吗?|还(?:活着|在线?)吗',
    ),
  },
  {
    command: 'stop',
    pattern: whole(
      "stop(?: it| that| this| now| talking| right now| writing| answering)?|cancel(?: that| it| this)?|abort(?: that| it| this)?|halt|quit(?: it)?|be quiet|shut up|that's enough|enough",
    ),
  },
  {
    command: 'stop',
    pattern: whole(
      '停|停停|别说话|停下|停下来|停止|停一下|停一停|别说了|不要说了|别讲了|不要讲了|别再说了|不用说了|别继续了|不要继续了|打住|住口|闭嘴|取消|取消(?:它|这个|那个|掉)|够了|中止|终止',
    ),
  },
  {
    command: 'new',
    pattern: whole(
      "start (?:over|afresh|fresh|from scratch|anew)(?: again)?|(?:(?:begin|start|open|create|make)(?: a)? |a )?(?:brand )?new (?:conversation|chat|session|topic)|forget (?:everything|(?:this|the|our)(?: whole| entire)? (?:conversation|chat|discussion)|(?:everything|all|what) (?:we|i|you) (?:said|talked about|discussed))(?: so far)?|(?:reset|clear|wipe|restart)(?: (?:this|the|our|my))? (?:conversation|chat|context|session|chat history|conversation history)|let's start over|reset",
    ),
  },
  {
    command: 'new',
    pattern: whole(
      '(?:让我们|我们|咱们)?重新开始|从头(?:开始|再来|来过)|(?:开始|开启|开|新建|来|换)?(?:一个|个|一段)?新的?(?:对话|会话|聊天|话题)|(?:重新)?开始新(?:的)?(?:对话|会话)|(?:请)?忘(?:记|了|掉)(?:这个|这次|这段|刚才的|之前的|我们的|以上的?)?(?:所有的?|全部的?)?(?:对话|会话|聊天|聊天记录|一切)|(?:清空|清除|重置)(?:一下)?(?:当前|这个|本次|我们的)?(?:对话|会话|聊天|上下文|聊天记录)',
    ),
  },
  {
    command: 'context',
    pattern: whole(
      `how much (?:of (?:the|your) )?context(?: (?:window|space))?(?: (?:is (?:left|used|there|in use)|do (?:you|we|i) have(?: left)?|have (?:i|we|you) used|are you using|are we using|remains|left))?${now}|(?:show|what(?:'s| is))(?: me)?(?: the| my| your| our)?(?: current)? context(?: (?:size|usage|window|length))?|context (?:usage|size|window|left)|how (?:long|big|full|large) is (?:the|this|our|your|my) (?:context|conversation)(?: window)?`,
    ),
  },
  {
    command: 'context',
    pattern: whole(
      '(?:现在|目前)?(?:还有|还剩|用了|有|占了?|剩下?|使用了)?多少(?:的)?上下文(?:了|呢)?|(?:现在|目前|当前)?(?:的)?上下文(?:窗口)?(?:现在|目前)?(?:还?(?:剩|有)(?:下|余)?|用了|占用|占了?|长度|大小|使用情况|使用量|用量)*(?:是)?(?:多少|多大|多长|怎么样)?(?:了)?|(?:这个|本次|当前)?(?:对话|会话)有多长',
    ),
  },
]

/** Reads a bare order: tasks, model, help, status, stop, new, context. The text is folded and without end marks. */
export function readOrder(text: string): Proposal | undefined {
  if (text === '' || text.length > 120) return undefined
  const tidy = text.replace(/\s+/g, ' ').trim()
  const order = orders.find((one) => one.pattern.test(tidy))
  if (order !== undefined) return { command: order.command, args: {} }
  return readTasks(tidy) ?? readModel(tidy)
}

const route = '["“]?([a-z][\\w.-]{0,40}(?:/[\\w.:-]{1,60})?)["”]?'
const known =
  '(?:default|premium|cheap|local|fast|smart|best|standard|builtin|built-in|free|small|large|backup|private|offline)'
const vendorModel =
  '(?:gpt|claude|gemini|llama|qwen|deepseek|mistral|kimi|glm|grok|phi|gemma)[\\w.:/-]*|o\\d[\\w-]*'
const sure = `["“]?(${known}|${vendorModel})["”]?`

const modelOrders: readonly RegExp[] = [
  whole(
    `(?:switch|change|go|move)(?: back| over)?(?: the model| my model| your model| models?)? to(?: the| my| model| route)* ${sure}(?: (?:model|route|one))?`,
  ),
  whole(
    `(?:switch|change|go|move)(?: back| over)?(?: the model| my model)? to(?: the| my)? (?:model|route) ${route}`,
  ),
  whole(`(?:switch|change)(?: back| over)? (?:the|my|your) (?:model|route) to(?: the)? ${route}`),
  whole(`(?:switch|change|go|move)(?: back| over)? to(?: the| my)? ${route} (?:model|route)`),
  whole(
    `(?:use|set|select|choose|pick)(?: the| my)? ${route} (?:model|route)(?: (?:from now on|now|instead|here))?`,
  ),
  whole(`(?:use|set|select|choose|pick)(?: the| my)? (?:model|route)(?: to)? ${route}`),
  whole(`(?:use|select|choose|set)(?: the)? ${sure}(?: (?:from now on|now|instead|here|one))?`),
  whole(
    `(?:换|切换?|改|转|调|切回|换回|改回)(?:成|到|为|用|回)?\\s?(?:模型|路线)?\\s?(?:到|成|为)?\\s?${sure}\\s?(?:的)?(?:模型|路线|线路)?(?:吧|来回答)?`,
  ),
  whole(`(?:换|切换?|改|转|调)(?:成|到|为|用|回)?\\s?${route}\\s?(?:的)?(?:模型|路线|线路)(?:吧)?`),
  whole(`(?:换|切换?|改)(?:个)?(?:模型|路线)(?:成|到|为)\\s?${route}`),
  whole(`把(?:模型|路线)(?:换|切换?|改)(?:成|到|为)\\s?${route}`),
  whole(`(?:使?用|选用?|改用|换用|采用)\\s?${sure}\\s?(?:的)?(?:模型|路线)?(?:来回答)?(?:吧)?`),
  whole(`(?:使?用|选用?|改用|换用|采用)\\s?${route}\\s?(?:的)?(?:模型|路线)(?:来回答)?(?:吧)?`),
]

const modelQuestion = whole(
  "(?:which|what) (?:ai |llm |language )?model (?:are you|is this|are you (?:using|running(?: on)?)|do you use|am i (?:using|talking to)|is (?:active|in use|selected|being used)|are we (?:using|on))(?: on)?(?: (?:right )?now| currently)?|what(?:'s| is) (?:the|your) (?:current |active )?model|(?:which|what) route (?:are you (?:on|using)|is (?:active|selected|in use))|(?:你|您)?(?:现在|目前|当前)?(?:是|用的?是?|使用的?是?|用)(?:的)?(?:什么|哪个|哪一个|啥)(?:大)?模型(?:呢|啊)?|(?:现在|目前|当前)(?:的)?模型(?:是)?(?:什么|哪个|啥)?|(?:现在|目前)?用的是?(?:什么|哪个|啥)模型",
)

function readModel(text: string): Proposal | undefined {
  if (modelQuestion.test(text)) return { command: 'model', args: {} }
  for (const pattern of modelOrders) {
    const named = pattern.exec(text)?.[1]
    if (
      named !== undefined &&
      !/^(?:a|an|the|this|that|another|other|better|different|new|same|right|your|my|it|which|what|business|data|role|fashion)$/.test(
        named,
      )
    ) {
      return { command: 'model', args: { route: named } }
    }
  }
  return undefined
}
