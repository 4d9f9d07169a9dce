import type { Language } from './words.ts'

const english = {
  /** `code` is the system's own name of what happened; may be empty. */
  noHost: (host: string, code: string) =>
    `the host ${host} was not found${inBrackets(code)}; check its spelling and the connection.`,
  badCertificate: (host: string, code: string) =>
    `the certificate of ${host} is not valid${inBrackets(code)}; its owner must renew it.`,
  malformed: (host: string, code: string) =>
    `the answer of ${host} is malformed${inBrackets(code)}; try again, or tell its owner.`,
  silent: (host: string, code: string) =>
    `${host} did not answer in time${inBrackets(code)}; try again later.`,
  cut: (host: string, code: string) =>
    `the connection to ${host} failed${inBrackets(code)}; try again later.`,
  stopped: (what: string) => `reading ${what} was stopped before it ended.`,
  strayed: (host: string) => `${host} redirected to what is no address; tell its owner.`,
  status: (host: string, status: number, address: string) =>
    `${host} answered with HTTP status ${status}; open ${address} in a browser to see whether it still exists.`,
  tooLarge: (host: string, maxBytes: number) =>
    `the answer of ${host} is larger than ${maxBytes} bytes; name a smaller page or feed.`,
  notPublic: (host: string) =>
    `${host} is an address of this machine or its network, or of no public host; it may not be read from here.`,
  wandered: (host: string, times: number) =>
    `${host} redirected more than ${times} times; name the address where it should end.`,
  slow: (host: string, timeoutMs: number) =>
    `${host} did not answer in full within ${timeoutMs} ms; try again later.`,
  noUrl: (text: string) => `${text} is no URL; write it as https://host/path.`,
  noWeb: (protocol: string) => `${protocol} addresses are not fetched; use http or https.`,
  withSecret: (host: string) => `the address of ${host} holds a user name or password; write it without.`,
  noFeed: (host: string) => `what ${host} sent is not a feed; name the address of an RSS, Atom or JSON feed.`,
  pageWithoutFeed: (host: string) =>
    `${host} sent a web page, and it names no feed that can be read; name the address of its feed.`,
  ownersFiles: 'files of this machine are read for its owner only; name an http or https address.',
  nothing: (from: string) =>
    `${from} is nothing that can be read here; name an http or https address, or the path of a file.`,
}

/** Why something on the web could not be read, in one language. */
export type SourceWords = typeof english

const chinese: SourceWords = {
  noHost: (host, code) => `找不到主机 ${host}${inBrackets(code)}；请检查拼写和网络连接。`,
  badCertificate: (host, code) => `${host} 的证书无效${inBrackets(code)}；需要由其主人更新。`,
  malformed: (host, code) => `${host} 的回应格式不对${inBrackets(code)}；请再试一次，或告诉其主人。`,
  silent: (host, code) => `${host} 没有及时回应${inBrackets(code)}；请稍后再试。`,
  cut: (host, code) => `与 ${host} 的连接失败${inBrackets(code)}；请稍后再试。`,
  stopped: (what) => `读取 ${what} 时中途被停止。`,
  strayed: (host) => `${host} 跳转到的不是网址；请告诉其主人。`,
  status: (host, status, address) =>
    `${host} 返回 HTTP 状态 ${status}；请在浏览器中打开 ${address}，看看它是否还在。`,
  tooLarge: (host, maxBytes) => `${host} 的回应超过 ${maxBytes} 字节；请换一个较小的网页或订阅源。`,
  notPublic: (host) => `${host} 是本机或其网络的地址，或者不是公开的主机；不能从这里读取。`,
  wandered: (host, times) => `${host} 跳转超过 ${times} 次；请给出最终的网址。`,
  slow: (host, timeoutMs) => `${host} 没有在 ${timeoutMs} 毫秒内完整回应；请稍后再试。`,
  noUrl: (text) => `${text} 不是网址；请写成 https://主机/路径。`,
  noWeb: (protocol) => `不读取 ${protocol} 地址；请用 http 或 https。`,
  withSecret: (host) => `${host} 的网址里带有用户名或密码；请去掉再写。`,
  noFeed: (host) => `${host} 发来的不是订阅源；请给出 RSS、Atom 或 JSON Feed 的网址。`,
  pageWithoutFeed: (host) => `${host} 发来的是网页，其中没有能读的订阅源；请给出订阅源的网址。`,
  ownersFiles: '本机的文件只为其主人读取；请给出 http 或 https 网址。',
  nothing: (from) => `${from} 不是这里能读取的东西；请给出 http 或 https 网址，或文件路径。`,
}

/** The words about what could not be read in each language. */
export const sourceWords: Readonly<Record<Language, SourceWords>> = { en: english, zh: chinese }

function inBrackets(code: string): string {
  return code === '' ? '' : ` (${code})`
}
