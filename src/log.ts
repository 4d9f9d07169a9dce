import { pino, type Logger } from 'pino'

/** The log: one JSON line an event, on standard error. Faults go under `fault`, errors under `err`. */
export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>

export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace'

/**
 * Makes the log. Every value of `secrets()` is blotted out of each line, also where it stands escaped, URL-encoded or in
 * base64, and control characters cannot end a line early because each line is JSON.
 */
export function createLog(
  level: LogLevel,
  secrets: () => readonly string[],
  write: (line: string) => void,
): Log {
  const scrub = (line: string): string => {
    let clean = line
    for (const secret of secrets()) {
      const escaped = JSON.stringify(secret).slice(1, -1)
      const forms = [secret, escaped, encodeURIComponent(secret), Buffer.from(secret).toString('base64')]
      for (const form of forms) {
        if (form.length >= 4) clean = clean.replaceAll(form, '[secret]')
      }
    }
    return clean
  }
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    { write: (line) => write(scrub(line)) },
  )
}
