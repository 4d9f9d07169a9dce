const traditional =
  '請幫給發讀總結煩勞個開關換說別還記務顯狀態話對暫復執運歷會麼樣問條項終頻點鐘後聽寫訂閱網頁內檔標題來並與這裡嗎誰讓設鬧鈴號將從時間週為沒過馬現刪見當關於無東買電學習備計劃藥報書場歡進選擇啟動續腦機間語言種類統錄簡匯彙鏈連傳輸獲資訊聞頭編詳況繼觸準長佔餘應該們幾喚喊線儘盡隻裏檢紀陣歲晝'
const simplified =
  '请帮给发读总结烦劳个开关换说别还记务显状态话对暂复执运历会么样问条项终频点钟后听写订阅网页内档标题来并与这里吗谁让设闹铃号将从时间周为没过马现删见当关于无东买电学习备计划药报书场欢进选择启动续脑机间语言种类统录简汇汇链连传输获资讯闻头编详况继触准长占余应该们几唤喊线尽尽只里检纪阵岁昼'
const simpler = new Map([...traditional].map((one, i) => [one, [...simplified][i] ?? one]))

/** The text as patterns want it, each character at its place: small letters, half-width, simplified characters. */
export function foldReader(text: string): string {
  let folded = ''
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i)
    const code = text.charCodeAt(i)
    if (code >= 65 && code <= 90) folded += char.toLowerCase()
    else if (code >= 0xff01 && code <= 0xff5e) folded += String.fromCharCode(code - 0xfee0).toLowerCase()
    else if (code === 0x3000 || code === 0xa0) folded += ' '
    else if (char === '’') folded += "'"
    else folded += simpler.get(char) ?? char
  }
  return folded
}

/** Without the marks that end a sentence. */
export function bareText(text: string): string {
  return text.replace(/^[\s¿¡]+|[\s.!?。！？~～…]+$/gu, '')
}

/** True for what someone else said: text within quotation marks, quoted lines, anything with code. */
export function isQuotation(text: string): boolean {
  return /`|^\s*(?:>|["“”「『'‘《])/u.test(text) || /\n\s*>/u.test(text)
}

const name = '(?:@?moltbot|@?assistant|bot|there|buddy|dear)'
const leads: readonly RegExp[] = [
  new RegExp(
    `^(?:(?:hey|hi|hello|yo|greetings)(?: ${name})?|${name}|good (?:morning|afternoon|evening))(?:[\\s,!.:;-]+)(?=\\S)`,
    'i',
  ),
  /^(?:ok(?:ay)?|so|well|alright|and|also|then|now|just|oh|um+|sure|great|thanks|thank you)(?:[\s,!.:-]+)(?=\S)/i,
  /^(?:please|pls|plz|kindly)[\s,]+(?=\S)/i,
  /^(?:could|can|would|will) (?:you|u|ya)(?: (?:please|pls|kindly|maybe|possibly|also|just))?,? (?=\S)/i,
  /^(?:i(?:'d|’d| would) like you to|i (?:want|need) you to|i(?:'d|’d| would) (?:love|appreciate it) if you (?:could|would)|would you be so kind (?:as )?to|be so kind (?:as )?to|do me a favou?r(?: and|:|,)|go ahead and|make sure (?:to|you)|help me(?: to)?|let's|let’s) (?=\S)/i,
  /^(?:嗨|嘿|喂|你好|您好|哈[喽啰]|早上好|下午好|晚上好|好的?|那么?|嗯|现在|小助手|助手|机器人|moltbot|@moltbot)[\s,，!！。.:：、~]*(?=\S)/iu,
  /^(?:[请請](?:你|您|[帮幫](?:我|忙))?|麻[烦煩](?:你|您)?|[劳勞][烦煩驾駕](?:你|您)?|拜托(?:你|您)?|[烦煩][请請]|[帮幫]我(?:一下)?|[帮幫]忙|[帮幫][个個]忙|(?:你|您)?能不能|(?:你|您)?能否|(?:你|您)?可不可以|(?:你|您)?可以|(?:你|您)能?|我(?:想|要|需要|希望)(?:[请請讓让])?(?:你|您))[\s,，、:：]*(?=\S)/u,
]

const tails: readonly RegExp[] = [
  /[\s,，]+(?:please|pls|plz|thanks?(?: you)?(?: (?:so|very) much| a lot| in advance)?|thx|ty|cheers|ok(?:ay)?|will (?:you|ya)|would you|could you|can you|if you (?:can|could|would|don['’]t mind)|if possible)$/i,
  /[\s,，。!！]*(?:好吗|好嗎|可以吗|可以嗎|行吗|行嗎|好不好|行不行|[谢謝][谢謝](?:你|您|啦|了)?|多[谢謝](?:了|啦)?|感[谢謝]|拜托了?|辛苦了?|[吧吗嗎呗哈啦])$/u,
]

/** Without greetings, "please", "could you", 麻烦, 能不能, thanks, and the marks at the end. */
export function stripPoliteness(text: string): string {
  let plain = bareText(text)
  for (let i = 0; i < 12; i++) {
    let next = plain
    for (const lead of leads) next = next.replace(lead, '')
    for (const tail of tails) next = bareText(next.replace(tail, ''))
    if (next === plain || next === '') break
    plain = next
  }
  return plain
}
