import type { Language } from './words.ts'

/** What can be wrong with the options of a schedule. */
type Problem = 'badQuiet' | 'badUntil' | 'badCount' | 'badJitter' | 'badMissed'

const problems: Readonly<Record<Problem, string>> = {
  badQuiet: 'Quiet hours need two different times of day, such as: quiet 22:00-07:00',
  badUntil: 'The end is no instant; say it like: until 31 December, or: until 2026-12-31 18:00',
  badCount: 'The number of times must be a whole number from 1 on, such as: 5 times',
  badJitter:
    'The random delay must be shorter than the time from one run to the next, such as: jitter 5 minutes',
  badMissed:
    'For missed times say one of: missed: skip; missed: once, not older than 2 hours; missed: all, at most 5, not older than 2 days',
}

const units = { day: 'day', hour: 'hour', minute: 'minute', second: 'second' }

const english = {
  /** What stands between a schedule and its options. */
  apart: '; ',
  until: (time: string) => `until ${time}`,
  count: (n: number) => (n === 1 ? '1 time' : `${n} times`),
  quiet: (from: string, to: string) => `not between ${from} and ${to}`,
  missedSkip: 'missed: skip',
  missedOnce: (age: string) => `missed: once, not older than ${age}`,
  missedAll: (most: number, age: string) => `missed: all, at most ${most}, not older than ${age}`,
  overlap: { skip: 'overlap: skip', queue: 'overlap: queue', replace: 'overlap: replace' },
  dstGap: { skip: 'dst_gap: skip', run: 'dst_gap: run' },
  jitter: (length: string) => `jitter ${length}`,
  length: (n: number, unit: keyof typeof units) => `${n} ${units[unit]}${n === 1 ? '' : 's'}`,
  /** What stands between the parts of a length. */
  lengths: ' ',
  problems,
}

/** All that Moltbot says of the options of a schedule, in one language. */
export type OptionsWords = typeof english

const unitsChinese = { day: '天', hour: '小时', minute: '分钟', second: '秒' }

const chinese: OptionsWords = {
  apart: '；',
  until: (time) => `直到${time}`,
  count: (n) => `共${n}次`,
  quiet: (from, to) => `免打扰${from}-${to}`,
  missedSkip: '错过：跳过',
  missedOnce: (age) => `错过：补一次，不超过${age}`,
  missedAll: (most, age) => `错过：全部补，最多${most}次，不超过${age}`,
  overlap: { skip: '重叠：跳过', queue: '重叠：排队', replace: '重叠：替换' },
  dstGap: { skip: '夏令时空档：跳过', run: '夏令时空档：执行' },
  jitter: (length) => `随机延后${length}`,
  length: (n, unit) => `${n}${unitsChinese[unit]}`,
  lengths: '',
  problems: {
    badQuiet: '免打扰需要两个不同的时刻，例如：免打扰22:00-07:00',
    badUntil: '结束的时间不是时刻；请这样说：直到12月31日，或：直到2026年12月31日18:00',
    badCount: '次数必须是不小于 1 的整数，例如：共5次',
    badJitter: '随机延后必须短于两次运行之间的时间，例如：随机延后5分钟',
    badMissed:
      '对错过的时间请选一种：错过：跳过；错过：补一次，不超过2小时；错过：全部补，最多5次，不超过2天',
  },
}

/** The words about options in each language. */
export const optionsWords: Readonly<Record<Language, OptionsWords>> = { en: english, zh: chinese }
