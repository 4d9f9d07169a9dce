import type { MiddlewareHandler } from 'hono'

/**
 * Keeps web pages out while the API knows no tokens: a page that was made to point at this machine comes with a
 * foreign Host (DNS rebinding), and a page anywhere comes with an Origin, with a foreign Sec-Fetch-Site (also for an
 * image or a script, which have no Origin), or without the JSON content type that browsers only send after asking first.
 */
export function guardAgainstPages(allowedHosts: () => readonly string[]): MiddlewareHandler {
  return async (c, next) => {
    // They differ where the request line names a host of its own, which then counts (RFC 9112, 3.2.2). Two Host
    // headers arrive as one text with a comma, which is nobody's name.
    const hosts = [hostOf(c.req.header('host') ?? ''), hostOf(new URL(c.req.url).host)]
    const foreign = hosts.find((host) => !allowedHosts().includes(host))
    if (foreign !== undefined) {
      const error = `this server does not answer for the host ${JSON.stringify(foreign)}; add it to http.allowed_hosts if it should`
      return c.json({ fault: 'refused', error }, 403)
    }
    const site = c.req.header('sec-fetch-site') ?? 'none'
    if (c.req.header('origin') !== undefined || (site !== 'none' && site !== 'same-origin')) {
      return c.json({ fault: 'refused', error: 'web pages may not use this API' }, 403)
    }
    const type = (c.req.header('content-type') ?? '').split(';')[0]?.trim().toLowerCase()
    if (c.req.method !== 'GET' && c.req.method !== 'HEAD' && type !== 'application/json') {
      return c.json({ fault: 'bad-request', error: 'send JSON, with content-type: application/json' }, 415)
    }
    return next()
  }
}

/** The host of a Host header, without its port: `[::1]:5000` is `[::1]`. */
function hostOf(header: string): string {
  return header.toLowerCase().replace(/:\d+$/u, '')
}
