const traditional =
  '後鐘點個週禮號時間開過從這內兩氣隔節歲曆餘處內當並連續剛纔晝夜夠際頭鬧約準則單雙週幾聖誕國慶勞動報誌黃淩樓種線們還來機車無飯餐裡睡離歷為學場錯補執擾隨疊結終遲總靜檔滿隊換僅運'
const simplified =
  '后钟点个周礼号时间开过从这内两气隔节岁历余处内当并连续刚才昼夜够际头闹约准则单双周几圣诞国庆劳动报志黄凌楼种线们还来机车无饭餐里睡离历为学场错补执扰随叠结终迟总静档满队换仅运'
const simpler = new Map([...traditional].map((one, i) => [one, [...simplified][i] ?? one]))

/**
 * The text as the readers of time want it, each character at its place: small letters, half-width digits and marks,
 * simplified characters. What is no plain language (addresses, quotations, code, file names) becomes U+0001.
 */
export function foldText(text: string): string {
  return hide(text, [...chars(text)].join(''))
}

function* chars(text: string): Generator<string> {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code >= 65 && code <= 90) yield String.fromCharCode(code + 32)
    else if (code >= 0xff01 && code <= 0xff5e) yield String.fromCharCode(code - 0xfee0).toLowerCase()
    else if (code === 0x3000 || code === 0xa0 || code === 0x202f || code === 0x2009 || code === 1) yield ' '
    else yield simpler.get(text.charAt(i)) ?? text.charAt(i)
  }
}

const hidden = [
  /```[\s\S]*?(?:```|$)/g,
  /`[^`\n]*`/g,
  /"[^"\n]*"/g,
  /[“][^”\n]*[”]/g,
  /[「『《][^」』》\n]*[」』》]/g,
  /(?<![\p{L}\p{N}])['‘][^'’\n]*['’](?![\p{L}\p{N}])/gu,
  /[a-z][a-z0-9+.-]{0,20}:\/\/[^\s<>"'`\u3000-\u303f\u4e00-\u9fff，。；！？）]*/g,
  // Mail and web addresses, file names, versions: a dot, @ or slash within a word.
  /(?<![\w@.~/\\#-])(?:[~.]{0,2}\/)[\w.~/%+-]+/g,
  /[#@][\w-]+/g,
  /(?<![\w.@-])[\w+-]+(?:\.[\w-]+)*@[\w.-]+/g,
  /(?<![\w.@-])(?:[\w-]+\.)+[a-z][\w-]*(?:[/:?#][^\s，。]*)?/g,
  /(?<![\w/.])[a-z][\w.-]*(?:\/[\w.-]+)*\/[\w-]+\.[a-z]{2,5}(?![\w])/g,
  /(?<![\w.])v\d+(?:\.\d+)*|(?<![\w.])\d+\.\d+\.\d+(?:\.\d+)+|(?<![\w.])\d{1,2}\.\d{1,2}\.\d{1,3}(?![\w.])/g,
]

function hide(original: string, folded: string): string {
  let text = folded
  for (const pattern of hidden) {
    text = text.replace(pattern, (found: string, ...rest: unknown[]) => {
      const offset = rest.find((one) => typeof one === 'number')
      return keeps(found, original, typeof offset === 'number' ? offset : 0)
        ? found
        : '\u0001'.repeat(found.length)
    })
  }
  return text
}

/** "a.m." has a dot within it and is not a name; nor is "Mon.-Fri.". */
function keeps(found: string, _original: string, _offset: number): boolean {
  return /^(?:\d{0,2}[ap]\.m\.?|(?:mon|tue|tues|wed|thu|thur|thurs|fri|sat|sun)\.-[a-z]+)$/.test(found)
}
