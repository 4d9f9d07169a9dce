import { afterChinese } from './words-places.ts'
import type { Language } from './words.ts'

const english = {
  /** Why a due time was not run. */
  missed: 'Moltbot was not running',
  missedOlder: 'Moltbot was not running, and a later due time is run in its place',
  missedTooOld: 'Moltbot was not running; it is too long ago to run it now',
  missedAndMore: (why: string, n: number) => `${why} (and ${n} earlier due ${n === 1 ? 'time' : 'times'})`,
  notYet: 'a clock that ran ahead called it too early',
  gap: 'the clocks left this time out on that day',
  quiet: 'quiet hours',
  overlapped: 'the run before it was still under way',
  waitingTooLong: (n: number) => `${n} runs were waiting already`,
  replaced: 'the next due time came while it was under way',
  /** Why a run was cancelled. */
  removed: 'the task was removed',
  paused: 'the task was paused before its turn',
  stopped: 'stopped by a person',
  /** What its person is told of a run, a task by its name in front. */
  failed: (task: string, reason: string, detail: string) =>
    `${task} failed: ${reason}.${detail === '' ? '' : ` (${detail})`}`,
  dead: (task: string, reason: string, attempts: number, detail: string) =>
    `${task} failed ${attempts} times and is given up for this due time: ${reason}.${detail === '' ? '' : ` (${detail})`}`,
  gaveUp: (task: string, due: string, attempts: number) =>
    `${task} was due ${due}. I started it ${attempts} times and was ended each time before it was done, so I leave it. Look at the log.`,
  gaveUpNote: (attempts: number) => `started ${attempts} times, never ended`,
  again: (reason: string, detail: string) => (detail === '' ? reason : `${reason} (${detail})`),
  brokenSchedule: (task: string) => `${task} is paused: I cannot read its schedule any more. Make it anew.`,
  pausedAfter: (task: string, failures: number, id: number) =>
    `${task} is paused: it failed ${failures} times in a row. Look at /tasks history ${id}, then wake it with /tasks resume ${id}.`,
  /** Notices for the owner. */
  ownerFailed: (task: string, reason: string) => `${task} failed: ${reason}. I tell you again when it works.`,
  ownerPaused: (task: string, failures: number) => `${task} is paused: it failed ${failures} times in a row.`,
  ownerRecovered: (task: string) => `${task} works again.`,
  notPosted: (task: string, place: string, why: string) =>
    `${task}: what it had to say could not be posted to ${place}: ${why}.`,
  orderNotPosted: (place: string, why: string) => `What you ordered could not be posted to ${place}: ${why}.`,
  /** Why a post was given up. */
  lost: (attempts: number) =>
    `it was sent ${attempts} times without an answer, and the platform has nothing of it`,
  tooOld: (hours: string) => `it is ${hours} hours old, which is too old to be sent`,
}

/** All that Moltbot says of runs, in one language. */
export type RunsWords = typeof english

const chinese: RunsWords = {
  missed: 'Moltbot 当时没有运行',
  missedOlder: 'Moltbot 当时没有运行，改为运行之后的一次',
  missedTooOld: 'Moltbot 当时没有运行；时间过去太久，不再补运行',
  missedAndMore: (why, n) => `${why}（更早还有 ${n} 次）`,
  notYet: '时钟曾走快，这个时间其实还没到',
  gap: '当天的时钟跳过了这个时间',
  quiet: '免打扰时段',
  overlapped: '前一次还在运行',
  waitingTooLong: (n) => `已有 ${n} 次在等待`,
  replaced: '运行期间下一次时间已到',
  removed: '任务已被删除',
  paused: '轮到之前任务已被暂停',
  stopped: '被人停止',
  failed: (task, reason, detail) => `${task}失败：${reason}。${detail === '' ? '' : `（${detail}）`}`,
  dead: (task, reason, attempts, detail) =>
    `${task}失败了 ${attempts} 次，这一次不再尝试：${reason}。${detail === '' ? '' : `（${detail}）`}`,
  gaveUp: (task, due, attempts) =>
    `${task}应在 ${due} 运行。我开始了 ${attempts} 次，每次都在完成前被中断，所以放下了。请查看日志。`,
  gaveUpNote: (attempts) => `开始了 ${attempts} 次，都没有完成`,
  again: (reason, detail) => (detail === '' ? reason : `${reason}（${detail}）`),
  brokenSchedule: (task) => `${task}已暂停：它的时间表我读不懂了。请重新建立。`,
  pausedAfter: (task, failures, id) =>
    `${task}已暂停：连续失败 ${failures} 次。请看 /任务 历史 ${id}，再用 /任务 恢复 ${id} 继续。`,
  ownerFailed: (task, reason) => `${task}失败：${reason}。恢复正常时我会再告诉你。`,
  ownerPaused: (task, failures) => `${task}已暂停：连续失败 ${failures} 次。`,
  ownerRecovered: (task) => `${task}恢复正常了。`,
  notPosted: (task, place, why) => `${task}：内容没能发到${afterChinese(place)}：${why}。`,
  orderNotPosted: (place, why) => `你要的内容没能发到${afterChinese(place)}：${why}。`,
  lost: (attempts) => `发送了 ${attempts} 次都没有回应，对方也没有收到`,
  tooOld: (hours) => `内容已有 ${hours} 小时，太旧了，不再发送`,
}

/** The words about runs in each language. */
export const runsWords: Readonly<Record<Language, RunsWords>> = { en: english, zh: chinese }
