import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { percentile, type Case, type Figure } from './figures.ts'
import { startMoltbot } from './moltbot.ts'
import { cpuMsOf, residentMiBOf, startProgram } from './process.ts'
import { rowTroubles } from './rows.ts'
import { openWorkspace, type Timing, type Workspace } from './slack-workspace.ts'
import { vendorAnswer } from './vendor.ts'

/** A bot on the other side of the workspace. */
type Side = {
  readonly pid: number
  readonly eventsUrl: string
  readonly expected: (answer: string) => boolean
}

type Stretch = { readonly durationMs: number; readonly cpuMs: number; readonly timings: readonly Timing[] }

const steps = [1, 16, 64] as const
const ratioAt = 16
const said = 'hi'
const sizes = {
  short: { rounds: 1, events: 600, steadySeconds: 5 },
  long: { rounds: 3, events: 2_000, steadySeconds: 20 },
} as const
/** The rate at which the acknowledgement is timed: six times what Slack sends to one app at most, 30,000 an hour. */
const steadyPerSecond = 50
const restMs = 200

/** Moltbot with an instant model, and a bare echo bot on Bolt, answer signed events in turns on the same machine. */
export const slackCase: Case = {
  name: 'slack',
  figuresAs: 'moltbot',
  summary:
    'Slack events a second, delays, processor time and memory with an instant model, beside a bare Bolt echo bot',
  run: async ({ isShort, say }) => {
    const size = isShort ? sizes.short : sizes.long
    await using workspace = await openWorkspace()
    await using vendor = startProgram([join(import.meta.dirname, 'vendor.ts')])
    const { apiUrl, token, signingSecret } = workspace
    const endpoint = `http://127.0.0.1:${await vendor.firstLine}/v1`
    await using moltbot = await startMoltbot(configOf(apiUrl, endpoint), {
      SLACK_BOT_TOKEN: token,
      SLACK_SIGNING_SECRET: signingSecret,
    })
    await using echo = startProgram([
      join(import.meta.dirname, 'slack-echo.ts'),
      apiUrl,
      token,
      signingSecret,
    ])
    const readyMiB = residentMiBOf(moltbot.pid)
    const ours: Side = {
      pid: moltbot.pid,
      eventsUrl: `http://127.0.0.1:${moltbot.port}/slack/events`,
      expected: (answer) => answer === vendorAnswer,
    }
    const bare: Side = {
      pid: echo.pid,
      eventsUrl: `http://127.0.0.1:${await echo.firstLine}/slack/events`,
      expected: (answer) => answer === said,
    }
    let sent = 0
    const measure = async (side: Side, atOnce: number, events: number): Promise<Stretch> => {
      if (side === ours) sent += events
      return timed(side, () => load(workspace, side, atOnce, events))
    }
    for (const atOnce of steps) for (const side of [ours, bare]) await measure(side, atOnce, size.events / 2)

    const figures: Figure[] = []
    for (const atOnce of steps) {
      const [own, others]: [Stretch[], Stretch[]] = [[], []]
      for (let round = 0; round < size.rounds; round++) {
        own.push(await measure(ours, atOnce, size.events))
        others.push(await measure(bare, atOnce, size.events))
      }
      figures.push(...figuresOf(atOnce, joined(own), joined(others)))
      say(`${atOnce} at a time: done`)
    }
    const steady = size.steadySeconds * steadyPerSecond
    sent += steady
    const { timings } = await timed(ours, () => loadSteadily(workspace, ours, steady))
    figures.push(
      ...steadyFigures(timings),
      ...memoryFigures(moltbot.readyMs, readyMiB, residentMiBOf(moltbot.pid), sent),
    )
    await sleep(restMs)
    await moltbot.stop()
    const troubles = rowTroubles(moltbot.dataPath, { messages: sent, modelAnswers: sent })
    if (workspace.unexpected() > 0) troubles.push(`${workspace.unexpected()} answers came twice`)
    if (troubles.length > 0)
      throw new Error(`what was sent and what was kept differ:\n${troubles.join('\n')}`)
    say(
      `${sent} events: each answered once, one row in, one row out; other calls: ${JSON.stringify(workspace.otherCalls())}`,
    )
    return figures
  },
}

function configOf(apiUrl: string, endpoint: string): string {
  return `model_provider: { type: open_api, endpoint: "${endpoint}", model: bench }
cache: { enabled: false }
slack:
  bot_token: \${SLACK_BOT_TOKEN}
  signing_secret: \${SLACK_SIGNING_SECRET}
  api_url: ${apiUrl}
  mention: never
  people: everyone
`
}

async function timed({ pid }: Side, run: () => Promise<readonly Timing[]>): Promise<Stretch> {
  const cpuBeforeMs = cpuMsOf(pid)
  const startedMs = performance.now()
  const timings = await run()
  const durationMs = performance.now() - startedMs
  await sleep(restMs)
  return { durationMs, timings, cpuMs: cpuMsOf(pid) - cpuBeforeMs }
}

/** A new event in the moment that one is answered; so many are under way all the time. */
async function load(workspace: Workspace, side: Side, atOnce: number, events: number): Promise<Timing[]> {
  const timings: Timing[] = []
  let next = 0
  const sendOn = async (): Promise<void> => {
    while (next++ < events) timings.push(await workspace.say(side.eventsUrl, said, side.expected))
  }
  await Promise.all(Array.from({ length: atOnce }, sendOn))
  return timings
}

/** Events at an even rate, whether or not those before them are answered. */
async function loadSteadily(workspace: Workspace, side: Side, events: number): Promise<Timing[]> {
  const startedMs = performance.now()
  return Promise.all(
    Array.from({ length: events }, async (_, i) => {
      await sleep(Math.max(0, startedMs + (i * 1_000) / steadyPerSecond - performance.now()))
      return workspace.say(side.eventsUrl, said, side.expected)
    }),
  )
}

function joined(stretches: readonly Stretch[]): Stretch {
  return {
    durationMs: stretches.reduce((sum, { durationMs }) => sum + durationMs, 0),
    cpuMs: stretches.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
    timings: stretches.flatMap(({ timings }) => timings),
  }
}

function figuresOf(atOnce: number, own: Stretch, echo: Stretch): Figure[] {
  const count = own.timings.length
  const about = `${atOnce} at a time, ${count} events`
  const answers = own.timings.map(({ answerMs }) => answerMs)
  const perSecond = ({ durationMs, timings }: Stretch): number => (timings.length * 1_000) / durationMs
  const cpuMs = (stretch: Stretch): number => stretch.cpuMs / stretch.timings.length
  const ratio = cpuMs(own) / cpuMs(echo)
  return [
    { metric: `perSecond${atOnce}`, value: perSecond(own), unit: 'events/s', about },
    { metric: `p50Ms${atOnce}`, value: percentile(answers, 50), unit: 'ms', about: `${about}, to the post` },
    { metric: `p99Ms${atOnce}`, value: percentile(answers, 99), unit: 'ms', about: `${about}, to the post` },
    { metric: `cpuMsPerEvent${atOnce}`, value: cpuMs(own), unit: 'ms', about: `${about}, all threads` },
    {
      metric: `boltPerSecond${atOnce}`,
      value: perSecond(echo),
      unit: 'events/s',
      about: `${about}, bare Bolt`,
    },
    { metric: `boltCpuMsPerEvent${atOnce}`, value: cpuMs(echo), unit: 'ms', about: `${about}, bare Bolt` },
    ...(atOnce === ratioAt
      ? [{ metric: 'cpuRatioToBolt', value: ratio, unit: 'times', about: `${about}, Moltbot to bare Bolt` }]
      : []),
  ]
}

function steadyFigures(timings: readonly Timing[]): Figure[] {
  const acks = timings.map(({ ackMs }) => ackMs)
  const about = `${steadyPerSecond} events a second, ${timings.length} events`
  return [50, 99].map((percent) => ({
    metric: `ackP${percent}Ms`,
    value: percentile(acks, percent),
    unit: 'ms',
    about,
  }))
}

function memoryFigures(readyMs: number, readyMiB: number, endMiB: number, events: number): Figure[] {
  return [
    { metric: 'readyMs', value: readyMs, unit: 'ms', about: 'from the spawn to /readyz, with Slack on' },
    { metric: 'residentReadyMiB', value: readyMiB, unit: 'MiB', about: 'VmRSS when ready' },
    { metric: 'residentEndMiB', value: endMiB, unit: 'MiB', about: `VmRSS after ${events} events` },
  ]
}
