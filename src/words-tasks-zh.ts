import { chineseArgument, chineseCommand } from './words-chores.ts'
import { afterChinese, placesWords } from './words-places.ts'
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
    nothingLeft: (words) => `这样永远不会运行，所以没有设定：${words}`,
  },
  task: (id, what) => `任务 ${id}（${chineseCommand(what)}）`,
  tasks: {
    none: '你还没有任务。直接用平常的话建立：“每个工作日早上9点摘要 examples/feed.xml”。',
    list: (n) => `你有 ${n} 个任务：`,
    line: (id, what, when) => `#${id} ${what}\n    ${when}`,
    loud: (line) => `⚠ ${line}`,
    next: (time) => `下一次 ${time}`,
    states: { active: '有效', paused: '已暂停', done: '已完成，不再运行' },
    pausedFor: {
      failures: (id, failures) =>
        `已暂停，因为${failures === 1 ? '失败了' : `连续失败 ${failures} 次`}。原因：/任务 历史 ${id} · 继续：/任务 恢复 ${id}`,
      schedule: (id) => `已暂停，因为它的时间表我读不懂了。换一个时间：/任务 修改 ${id} 每天早上9点`,
    },
    unreadable: (schedule) => `我读不懂的时间表 ${schedule}`,
    place: (place) => `发到${afterChinese(place ?? '这里')}`,
    version: (version) => `第 ${version} 版`,
    had: (had, count) => `共 ${count} 次，已有 ${had} 次`,
    failures: (n) => (n === 1 ? '上一次失败了' : `最近连续失败 ${n} 次`),
    lastRuns: '最近的运行：',
    noRuns: '还没有运行过。',
    both: (what, when) => `${what}，${when}`,
    plan: (what, when) => `任务：${what}，${when}。`,
    nextTimes: (times) => `接下来：${times.join(' · ')}`,
    added: (id) => `任务 ${id} 已设定。`,
    buttons: {
      pause: (id) => ({ label: `暂停 ${id}`, says: `/任务 暂停 ${id}` }),
      resume: (id) => ({ label: `恢复 ${id}`, says: `/任务 恢复 ${id}` }),
    },
    offer: '要现在先运行一次，看看结果吗？说“好”就运行；不需要就不用理会。',
    change: (id, was, will) => `任务 ${id} 现在是：${was}。\n改为：${will}。`,
    movesTo: (place) => `结果会发到${afterChinese(place ?? '这里')}。`,
    changed: (id, version, what) => `任务 ${id} 已修改，这是第 ${version} 版。\n现在是：${what}。`,
    staysPaused: (id) => `它仍然暂停；用 /任务 恢复 ${id} 启用。`,
    goesOn: '它因时间表而暂停；换了时间就会继续。',
    asItIs: (task) => `${task}本来就是这样。`,
    changedMeanwhile: (task, id) =>
      `${task}在我告诉你之后又被修改过，所以什么也没有做。请看 /任务 查看 ${id}，再说一次。`,
    editWhat: (id) =>
      `要修改什么？请给出另一个时间或另一个命令：/任务 修改 ${id} 每天早上10点 · /任务 修改 ${id} 摘要 examples/feed.xml`,
    editNotRead: (id, text) =>
      `“${text}”我读不出是时间还是命令。例如：/任务 修改 ${id} 每天早上10点，共5次 · /任务 修改 ${id} 摘要 examples/feed.xml`,
    countUsed: (task, id, count) => `${task}的 ${count} 次已经用完。再加几次：/任务 修改 ${id} 共5次`,
    brokenStill: (task, id, why) => `${task}不能继续：${why}。换一个时间：/任务 修改 ${id} 每天早上9点`,
    cancelled: (task, waiting, running) =>
      `${task}：${[...(running === 0 ? [] : [`停止了正在运行的 ${running} 次`]), ...(waiting === 0 ? [] : [`取消了等待中的 ${waiting} 次`])].join('，')}。之后的时间不变。`,
    nothingToCancel: (task) => `${task}现在没有在等待或运行的。`,
    paused: (task, id) => `${task}已暂停。用 /任务 恢复 ${id} 再次启用。`,
    resumed: (task, next) => `${task}已恢复；下一次 ${next}。`,
    alreadyPaused: (task) => `${task}本来就是暂停的。`,
    alreadyActive: (task, next) => `${task}本来就有效；下一次 ${next}。`,
    isDone: (task) => `${task}已完成，不再运行。`,
    removed: (task) => `${task}已删除。`,
    runsNow: (task) => `${task}现在运行；有结果就会发来。`,
    runsAlready: (task, id) => `${task}已在运行或等待中。/任务 取消 ${id} 可以结束它。`,
    noTask: (id) => `你没有任务 ${id}。/任务 列出你的任务。`,
    whichTask: (action) => `哪个任务？请给出编号：/任务 ${actions[action] ?? action} 3`,
    noNumber: (text, action) =>
      `“${text}”不是任务的编号。/任务 列出你的任务；然后：/任务 ${actions[action] ?? action} 3`,
    tooMany: (most) => `你已有 ${most} 个任务，这是上限。请先删除一个。`,
    addWhat: '要我做什么，什么时候做？例如：/任务 添加 每个工作日早上9点摘要 examples/feed.xml',
    notRead: (text) =>
      `“${text}”我没法变成任务。请说清做什么和什么时候，例如：每个工作日早上9点摘要 examples/feed.xml`,
    badWhen: (when) => `“${when}”我读不出是什么时间。试试：明天下午3点、每周一早上9点、每2小时。`,
    notForTasks: (name) => `/${chineseCommand(name)} 不能由任务运行。`,
    unknownCommand: (name, nearest) =>
      `没有 /${name} 这个命令。${nearest === undefined ? '' : `你是说 /${nearest} 吗？`}`,
    badArgs: (name, problem, usage) => `/${chineseCommand(name)}：${problem}。用法：/${usage}`,
    missing: (names) => `缺少${names.map(chineseArgument).join('、')}`,
    badTarget: placesWords.zh.unknown,
  },
  history: {
    of: (task) => `${task}，最新的在前：`,
    all: '你的任务的运行，最新的在前：',
    none: (task) => `${task}还没有运行过。`,
    noneAtAll: '你的任务都还没有运行过。',
    noneSuch: (outcomes) => `没有这样结束的运行：${outcomes.join('、')}。`,
    noneOlder: (beforeId) => `没有比运行 ${beforeId} 更早的了。`,
    older: (typed) => `更早的：${typed}`,
    typed: (id, outcomes, beforeId) =>
      ['/任务 历史', ...(id === undefined ? [] : [id]), ...outcomes, '早于', beforeId].join(' '),
    notRead: (text, outcomes) =>
      `“${text}”我读不懂。结果有：${outcomes.join('、')}；例如：/任务 历史 3 失败 · /任务 历史 运行 812`,
    noRun: (id) => `你没有编号为 ${id} 的运行。/任务 历史 列出你的运行。`,
    ofTask: (id, what) => `#${id} ${what}`,
    states: {
      queued: '等待',
      running: '运行中',
      succeeded: '完成',
      failed: '失败',
      cancelled: '取消',
      skipped: '跳过',
      missed: '错过',
      dead: '放弃',
    },
    late: (duration) => `晚了 ${duration}`,
    took: (duration) => `用时 ${duration}`,
    attempts: (n) => `尝试 ${n} 次`,
    crashes: (n) => `被程序结束打断 ${n} 次`,
    deliveries: {
      failed: '没有送达',
      unknown: '不知是否送达',
      coming: '正在发送',
      held: '留待取走',
      sent: '已发送',
      none: '没有发送内容',
    },
    run: (id, taskId, version) => `运行 ${id}：任务 ${taskId}，第 ${version} 版`,
    due: (time, zone) => `应在 ${time}（${zone}）`,
    ordered: (time, zone) => `${time}（${zone}）由人下令`,
    notBefore: (time) => `不早于 ${time}`,
    input: (typed) => `输入：${typed}`,
    fault: (fault, reason) => `故障：${fault}（${reason}）`,
    cost: (usd) => (usd === undefined ? '花费：未知' : `花费：${usd}`),
    delivery: (what) => `送达：${what}`,
    note: (note) => `说明：${note}`,
    output: (text) => `输出：\n${text}`,
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
  edit: '修改',
  cancel: '取消',
  pause: '暂停',
  resume: '恢复',
  remove: '删除',
  run: '运行',
  history: '历史',
}
