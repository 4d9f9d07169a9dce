/** Where a link leads. */
export type Target = {
  /** As it stands in a link, every character that means something in Markdown encoded. */
  readonly href: string
  /** As a person reads it, in ASCII. */
  readonly shown: string
  /** The host, or the mail address, in small letters. */
  readonly place: string
  /** False where it must not be a link: it holds a password, or a host that may look like another one. */
  readonly isOpen: boolean
}

/** Reads the target of a link; undefined where it is no address of the web or of mail. */
export function readTarget(raw: string): Target | undefined {
  const url = URL.canParse(raw) ? new URL(raw) : undefined
  if (url?.protocol === 'mailto:') {
    // Only the address: the rest could fill in other receivers and a text.
    const address = url.pathname
    if (!/^[\w.+-]+@[\w.-]+$/u.test(address) || !isPlain(address.replace(/^.*@/u, ''))) return undefined
    return { href: `mailto:${address}`, shown: address, place: address.toLowerCase(), isOpen: true }
  }
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') return undefined
  const path = url.pathname + url.search + url.hash
  // Slack decodes no entities in a target (PostHog/posthog#95054), so that & stays, but for one that could begin an entity.
  const encoded = path
    .replace(/[()[\]\\|<>"'`*^{}]/gu, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(/&(?=#?\w+;)/gu, '%26')
  return {
    href: `${url.protocol}//${url.host}${encoded}`,
    shown: url.href,
    place: url.hostname,
    isOpen: url.username === '' && url.password === '' && isPlain(url.hostname),
  }
}

/**
 * True if the label names a place (an address of the web or of mail, a domain), and the link leads to another. A domain
 * counts as the same with or without `www.`, and for what lies below it.
 */
export function isElsewhere(label: string, target: Target): boolean {
  const plain = label
    .normalize('NFKC')
    .replace(/[*_~`\\]/gu, '')
    .replace(/[。・·]/gu, '.')
    .trim()
  const mail = /(?<![^\s<>()])[^\s<>()@]+@[^\s<>()@]+\.\p{L}{2,}/gu
  if (plain.match(mail)?.some((address) => address.toLowerCase() !== target.place) === true) return true
  const rest = plain.replace(mail, ' ')
  const hosts = [...rest.matchAll(/(?<![a-z])[a-z]+:\/\/(?:[^\s/@]*@)?([^\s/:?#@]+)/giu)].map(
    ([, host]) => host ?? '',
  )
  return [...hosts, ...domainsIn(rest.trim(), target)].some((host) => !isAt(host, target.place))
}

/** Endings of files that are no domains, and those that are domains as well. */
const files =
  /\.(?:[jt]sx?|[cm]js|json|ya?ml|toml|html?|css|te?xt|csv|pdf|png|jpe?g|gif|svg|xml|docx?|xlsx?|pptx?|ini|log|java|cpp|go|rb|php|sql)$/iu
const filesOrDomains = /\.(?:md|py|rs|sh|pl|zip|mov|app|cc|so)$/iu

/** Han and Kana stand right beside a domain in running text, and belong to it only where it is all of the label. */
const letter = '[[\\p{L}\\p{N}\\-]--[\\p{scx=Han}\\p{scx=Kana}\\p{scx=Hira}]]'
const domainWithin = new RegExp(`(?<!${letter})${letter}+(?:\\.${letter}+)+`, 'gv')
const domainAlone = /^(?:[\p{L}\p{N}-]+\.)+(?:[a-z]{2,}|中国|中國|公司|网络|網絡|网址|香港|台湾|台灣)$/iu

function domainsIn(text: string, { href }: Target): string[] {
  const name = href
    .replace(/[?#].*$/su, '')
    .split('/')
    .at(-1)
    ?.toLowerCase()
  const whole = domainAlone.test(text) ? [text] : []
  const within = text.match(domainWithin) ?? []
  return [...within.map((found) => found.replace(/-+$|(?<=\.\p{L}{2,})-.*$/gu, '')), ...whole].filter(
    (found) =>
      /\.\p{L}{2,}$|\.xn--[^.]+$|^\d+(?:\.\d+){3}$/u.test(found) &&
      !files.test(found) &&
      // A file only where the link leads to one of that name.
      !(filesOrDomains.test(found) && found.toLowerCase() === name),
  )
}

function isAt(host: string, place: string): boolean {
  const written = `http://${host}`
  const wanted = URL.canParse(written) ? new URL(written).hostname.replace(/^www\./u, '') : host
  const actual = place.replace(/^.*@/u, '').replace(/^www\./u, '')
  return actual === wanted || actual.endsWith(`.${wanted}`)
}

/** True for a host in plain letters, or by number: a browser would show `xn--…` as letters that may look like others. */
function isPlain(host: string): boolean {
  return /^(?:[a-z\d._-]+|\[[\da-f:.]+\])$/iu.test(host) && !/(?:^|\.)xn--/iu.test(host)
}
