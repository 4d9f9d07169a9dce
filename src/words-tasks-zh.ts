import type { TasksWords } from './words-tasks.ts'

const units = { minute: '分钟', hour: '小时', day: '天', week: '周' }
const weekdays = ['日', '一', '二', '三', '四', '五', '六']

/** The words about tasks in Chinese. */
export const tasksChinese: TasksWords = {
  schedule: {
    zoned: (words, zone) => `${words}（${zone}）`,
    once: (time) => `一次，${time}`,
    every: (n, unit) => (n === 1 ? `每${units[unit]}` : `每 ${n} ${units[unit]}`),
    everySeconds: (n) => `每 ${n} 秒`,
    onDays: (days, times) => `${days} ${times.join('、')}`,
    daily: '每天',
    onWeekdays: (days) =>
      days.join() === '1,2,3,4,5'
        ? '每周一至周五'
        : `每${days.map((day) => `周${weekdays[day] ?? ''}`).join('、')}`,
    onDates: (dates) => `每月${dates.map((date) => `${date}日`).join('、')}`,
    onLastDate: '每月最后一天',
    either: (dates, days) => `${dates}，以及${days}`,
    eitherWhole: (dates, days) => `${dates}；以及：${days}`,
    pattern: (cron) => `按 ${cron} 的时间表`,
    badZone: (zone) => `没有时区 ${zone}；请给出 IANA 名称，如 Asia/Shanghai`,
    badInstant: (text) => `${text} 不是时刻；请写成 2026-11-23T09:00:00+08:00 这样`,
    badCron: (cron) => `“${cron}”不是五段的时间表（分 时 日 月 星期）`,
    tooOften: '太频繁了；最多每分钟一次',
    never: (words) => `这个时间永远不会到：${words}`,
    past: (words) => `这个时间已经过去：${words}`,
  },
  runs: {
    failed: (task, reason, detail) => `${task}失败：${reason}。${detail === '' ? '' : `（${detail}）`}`,
    gaveUp: (task, due, attempts) =>
      `${task}应在 ${due} 运行。我开始了 ${attempts} 次，每次都在完成前被中断，所以放下了。请查看日志。`,
    brokenSchedule: (task) => `${task}已暂停：它的时间表我读不懂了。请重新建立。`,
    missed: 'Moltbot 当时没有运行',
    missedLate: 'Moltbot 当时没有运行，已过去一天以上',
    olderToo: (n) => `更早还有 ${n} 次`,
    overlapped: '前一次还在运行，且另有一次在等待',
    removed: '轮到之前任务已被删除或暂停',
    stopped: '被人停止',
    gaveUpNote: (attempts) => `开始了 ${attempts} 次，都没有完成`,
  },
  task: (id, what) => `任务 ${id}（${what}）`,
  tasks: {
    none: '你还没有任务。直接用平常的话建立：“每个工作日早上9点摘要 examples/feed.xml”。',
    list: (n) => `你有 ${n} 个任务：`,
    line: (id, what, when) => `#${id} ${what}\n    ${when}`,
    next: (time) => `下一次 ${time}`,
    states: { active: '有效', paused: '已暂停', done: '已完成，不再运行' },
    lastRuns: '最近的运行：',
    noRuns: '还没有运行过。',
    history: (task) => `${task}，最新的在前：`,
    runStates: {
      queued: '等待中',
      running: '运行中',
      succeeded: '完成',
      failed: '失败',
      skipped: '跳过',
      missed: '错过',
    },
    late: (duration) => `晚了 ${duration}`,
    took: (duration) => `用时 ${duration}`,
    plan: (what, when) => `任务：${what}，${when}。`,
    nextTimes: (times) => `接下来：${times.join(' · ')}`,
    added: (id) => `任务 ${id} 已设定。`,
    paused: (task) => `${task}已暂停。用 /任务 恢复 再次启用。`,
    resumed: (task, next) => `${task}已恢复；下一次 ${next}。`,
    alreadyPaused: (task) => `${task}本来就是暂停的。`,
    alreadyActive: (task, next) => `${task}本来就有效；下一次 ${next}。`,
    isDone: (task) => `${task}已完成，不再运行。`,
    removed: (task) => `${task}已删除。`,
    runsNow: (task) => `${task}现在运行；有结果就会发来。`,
    runsAlready: (task) => `${task}已在运行或等待中。`,
    noTask: (id) => `你没有任务 ${id}。/任务 列出你的任务。`,
    whichTask: (action) => `哪个任务？请给出编号：/任务 ${actions[action] ?? action} 3`,
    tooMany: (most) => `你已有 ${most} 个任务，这是上限。请先删除一个。`,
    addWhat: '要我做什么，什么时候做？例如：/任务 添加 每个工作日早上9点摘要 examples/feed.xml',
    notRead: (text) =>
      `“${text}”我没法变成任务。请说清做什么和什么时候，例如：每个工作日早上9点摘要 examples/feed.xml`,
    badWhen: (when) => `“${when}”我读不出是什么时间。试试：明天下午3点、每周一早上9点、每2小时。`,
    notForTasks: (name) => `/${name} 不能由任务运行。`,
    unknownCommand: (name, nearest) =>
      `没有 /${name} 这个命令。${nearest === undefined ? '' : `你是说 /${nearest} 吗？`}`,
    badArgs: (name, problem, usage) => `/${name}：${problem}。用法：/${usage}`,
    missing: (names) => `缺少 ${names.join('、')}`,
    badTarget: (to) => `我不知道叫 ${to} 的地方。`,
  },
  remind: {
    reminder: (text) => `⏰ ${text}`,
    needsTime: (text) => `什么时候提醒你？例如：/提醒 20分钟后 ${text}`,
  },
  duration: (ms) => {
    if (ms < 1_000) return `${Math.max(0, Math.round(ms))} 毫秒`
    if (ms < 60_000) return `${Number((ms / 1_000).toFixed(1))} 秒`
    if (ms < 3_600_000) return `${Math.round(ms / 60_000)} 分钟`
    return `${Number((ms / 3_600_000).toFixed(1))} 小时`
  },
}

const actions: Readonly<Record<string, string>> = {
  show: '查看',
  pause: '暂停',
  resume: '恢复',
  remove: '删除',
  run: '运行',
  history: '历史',
}
