import type { Language } from '../words.ts'

/** An instant as the clocks of the zone show it: `Mon 23 Nov 2026, 09:00` or `2026年11月23日 星期一 09:00`; seconds where not 0. */
export function formatTime(ms: number, zone: string, language: Language): string {
  const { date, time } = partsOf(ms, zone, language)
  return `${date}${language === 'zh' ? ' ' : ', '}${time}`
}

/** The date of an instant as a calendar of the zone shows it: `Mon 23 Nov 2026` or `2026年11月23日 星期一`. */
export function formatDate(ms: number, zone: string, language: Language): string {
  return partsOf(ms, zone, language).date
}

function partsOf(
  ms: number,
  zone: string,
  language: Language,
): { readonly date: string; readonly time: string } {
  const format = new Intl.DateTimeFormat(language === 'zh' ? 'zh-CN' : 'en-GB', {
    timeZone: zone,
    weekday: language === 'zh' ? 'long' : 'short',
    year: 'numeric',
    month: language === 'zh' ? 'numeric' : 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  })
  const part = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, value]))
  const seconds = ms % 60_000 === 0 ? '' : `:${part['second']}`
  return {
    date:
      language === 'zh'
        ? `${part['year']}年${part['month']}月${part['day']}日 ${part['weekday']}`
        : `${part['weekday']} ${part['day']} ${part['month']?.slice(0, 3)} ${part['year']}`,
    time: `${part['hour']}:${part['minute']}${seconds}`,
  }
}
