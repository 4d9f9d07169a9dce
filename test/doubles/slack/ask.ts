import { isRecord, type Data } from './wire.ts'

/** What Slack answered to one call, as it stands on the wire. */
export type Asked = { readonly status: number; readonly headers: Headers; readonly body: Data }

/** Calls the double as an app does: a form with a token. */
export async function ask(
  slack: { readonly apiUrl: string; readonly bot: { readonly token: string } },
  method: string,
  args: Data = {},
  token = slack.bot.token,
): Promise<Asked> {
  const form = Object.entries(args).map(([key, value]): [string, string] => [
    key,
    typeof value === 'string' ? value : JSON.stringify(value),
  ])
  const response = await fetch(`${slack.apiUrl}${method}`, {
    method: 'POST',
    headers: token === '' ? {} : { authorization: `Bearer ${token}` },
    body: new URLSearchParams(form),
  })
  const body: unknown = await response.json()
  return { status: response.status, headers: response.headers, body: isRecord(body) ? body : {} }
}
