import { Lexer, type Tokens } from 'marked'

/** What a text from outside may try to get through. */
const forms: readonly string[] = [
  '<!channel>',
  '<!here>',
  '<!everyone>',
  '<@U0123ABCD>',
  '<@U0123ABCD|boss>',
  '<#C0123ABCD>',
  '<!subteam^S0123ABCD>',
  '<!date^1392734382^{date} now^https://evil.example|soon>',
  '<https://evil.example|https://good.example>',
  '<https://evil.example>',
  '&lt;!channel&gt;',
  '&#60;!channel&#62;',
  '<!chan\u200Bnel>',
  '\u202E<!channel>',
  '\u2066<@U0123ABCD>\u2069',
  '[https://good.example](https://evil.example)',
  '[good.example](https://evil.example/good.example)',
  '[**good**.example](https://evil.example "good.example")',
  '[good\uFF0Eexample](https://evil.example)',
  '[go\u00ADod.example](https://evil.example)',
  '[help@good.example](mailto:help@evil.example)',
  '[https://good.example](<https://evil.example>)',
  '[https://good.example][r]\n\n[r]: https://evil.example',
  '![https://good.example](https://evil.example/x.png)',
  '[x](javascript:alert(1))',
  '[x](//evil.example)',
  'https://good.example@evil.example/',
  '[[https://good.example]](https://evil.example)',
  '[https://good.example\\](x)](https://evil.example)',
  'a\u0000b\u001B[31m\u009Bc\u{E0041}\u2028<!here>',
]

/** Where it may stand: `§` is its place. */
const contexts: readonly string[] = [
  '§',
  'Hello. § Bye.',
  '# §',
  '**§**',
  '> § ',
  '- § \n  - §',
  '1. § ',
  '`§`',
  '``§``',
  'a ` b § ` c',
  '```\n§\n```',
  '```§\n```',
  '~~~\n§\n~~~',
  '- ```\n§\n```',
  '> ```\n§',
  '    §',
  '| § | b |\n|---|---|\n| § | § |',
  '`a | § | b`\n---|---|---\n`c | § `',
  '> | `a | § | b` |\n> |---|---|---|',
  '- a | b\n  ---|---\n  `c | § `',
  '[§](https://good.example)',
  '[x](https://good.example "§")',
  '[x](§)',
  '<b title="§">§</b>',
  '<!-- § -->',
  'see [https://good.example ` a\nb ` § ` c',
  '\\§',
]

/** Every form in every context. */
export const hostile: readonly string[] = contexts.flatMap((context) =>
  forms.map((form) => context.replaceAll('§', form)),
)

/** What a text must not hold when it goes to Slack as Markdown; empty if it is harmless. */
export function offencesIn(text: string): string[] {
  const [unseen] = text.match(/(?!\n|\t|\u200D|\uFE0F)[\p{Cc}\p{Default_Ignorable_Code_Point}]/u) ?? []
  const linkless = text.replace(/\]\([^\s()]*\)/gu, ']')
  return [
    ...(text.includes('<') ? ['a raw <'] : []),
    ...(/^(?!(?:> ?)*[^>]*$)/mu.test(text) ? ['a raw > that is no quotation'] : []),
    ...(/&(?!(?:amp|lt|gt);)/u.test(linkless) ? ['a raw &'] : []),
    ...(unseen === undefined ? [] : [`U+${unseen.codePointAt(0)?.toString(16)}`]),
    ...linksIn(new Lexer().lex(text)).flatMap(offenceOf),
  ]
}

type Link = { readonly label: string; readonly href: string }

/** As another reader of Markdown sees them, who knows nothing of ours. */
function linksIn(tokens: readonly Tokens.Generic[]): Link[] {
  return tokens.flatMap((token): Link[] => {
    const below = [
      ...(token.tokens ?? []),
      ...(token.type === 'list' ? token['items'] : []),
      ...(token.type === 'table' ? [...token['header'], ...token['rows'].flat()] : []),
    ]
    const own = token.type === 'link' || token.type === 'image'
    return [
      ...(own ? [{ label: String(token['text']), href: String(token['href']) }] : []),
      ...linksIn(below),
    ]
  })
}

function offenceOf({ label, href }: Link): string[] {
  if (/^(?!https?:\/\/|mailto:)(?:[a-z][a-z\d+.-]*:|\/\/)/iu.test(href)) return [`a link to ${href}`]
  if (/&#?\w+;/u.test(href)) return [`an entity in ${href}`]
  // What is no address leads nowhere.
  if (!URL.canParse(href)) return []
  const place = href.startsWith('mailto:') ? href.replace(/^.*@/u, '') : new URL(href).hostname
  const itself = URL.canParse(label) ? new URL(label) : undefined
  const isItself = `mailto:${label}` === href || (itself?.hostname === place && itself.username === '')
  const seems = !isItself && /good(?:\.|\uFF0E)example/u.test(label.replaceAll('*', ''))
  return seems && place !== 'good.example' ? [`${label} leads to ${href}`] : []
}
