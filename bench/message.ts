import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { percentile, type Case, type Figure } from './figures.ts'
import { startMoltbot } from './moltbot.ts'
import { cpuMsOf, residentMiBOf, startProgram } from './process.ts'
import { get, sendMessages } from './requests.ts'
import { rowTroubles } from './rows.ts'
import { vendorAnswer } from './vendor.ts'

/** One side of the comparison: a process that answers messages. */
type Side = { readonly pid: number; readonly port: number }

/** A timed stretch of messages. */
type Stretch = {
  readonly durationMs: number
  readonly cpuMs: number
  readonly latenciesMs: readonly number[]
}

const steps = [1, 16, 64] as const
const ratioAt = 16
/** Where nothing is timed: /new, and the messages that only memory is watched over. */
const soakAtOnce = 16

/**
 * A round gives every conversation so many messages, so a prompt holds between 0 and 4 earlier questions with their
 * answers; then /new, outside the timed stretch, makes all of them short again.
 */
const conversations = 200
const messagesInRound = 5 * conversations

/** What is still being written when the last reply is out gets so long before processor time or memory is read. */
const restMs = 200

/**
 * `rounds`: for each number at a time, first untimed as a warm-up, then timed. `messages`: at least so many in all
 * after the warm-up, for the growth of memory.
 */
const sizes = {
  short: { rounds: 1, messages: 5_000 },
  long: { rounds: 5, messages: 100_000 },
} as const

/** Moltbot over HTTP with an instant model in another process, beside a bare bot, in turns on the same machine. */
export const messageCase: Case = {
  name: 'message',
  summary: 'messages a second, delays, processor time and memory with an instant model, beside a bare bot',
  run: async ({ isShort, say }) => {
    const size = isShort ? sizes.short : sizes.long
    await using vendor = startProgram([join(import.meta.dirname, 'vendor.ts')])
    const vendorPort = Number(await vendor.firstLine)
    const endpoint = `http://127.0.0.1:${vendorPort}/v1`
    await using moltbot = await startMoltbot(configOf(endpoint))
    await using bare = startProgram([join(import.meta.dirname, 'peer.ts'), endpoint])
    const peer = { pid: bare.pid, port: Number(await bare.firstLine) }

    const sent = { messages: 0, modelAnswers: 0, byPeer: 0 }
    const round = async (atOnce: number): Promise<Stretch> => {
      const stretch = await measure(moltbot, atOnce)
      await startOver(moltbot)
      sent.messages += messagesInRound + conversations
      sent.modelAnswers += messagesInRound
      return stretch
    }
    const peerRound = async (atOnce: number): Promise<Stretch> => {
      sent.byPeer += messagesInRound
      return measure(peer, atOnce)
    }

    for (const atOnce of steps) {
      for (let i = 0; i < size.rounds; i++) {
        await round(atOnce)
        await peerRound(atOnce)
      }
    }
    await sleep(restMs)
    const warmMiB = residentMiBOf(moltbot.pid)
    const warmMessages = sent.messages
    say(`warm: ${Math.round(warmMiB)} MiB after ${warmMessages} messages`)

    const figures: Figure[] = []
    for (const atOnce of steps) {
      const own: Stretch[] = []
      const others: Stretch[] = []
      for (let i = 0; i < size.rounds; i++) {
        own.push(await round(atOnce))
        others.push(await peerRound(atOnce))
      }
      figures.push(...figuresOf(atOnce, joined(own), joined(others)))
      say(`${atOnce} at a time: done`)
    }
    while (sent.messages - warmMessages < size.messages) {
      await round(soakAtOnce)
      if (sent.messages % 12_000 === 0)
        say(`${sent.messages} messages: ${Math.round(residentMiBOf(moltbot.pid))} MiB`)
    }
    await sleep(restMs)
    const endMiB = residentMiBOf(moltbot.pid)

    await moltbot.stop()
    const asked = Number((await get(vendorPort, '/')).body) - sent.byPeer
    const troubles = [
      ...(asked === sent.modelAnswers ? [] : [`calls of the model: ${asked}, not ${sent.modelAnswers}`]),
      ...rowTroubles(moltbot.dataPath, sent),
    ]
    if (troubles.length > 0)
      throw new Error(`what was sent and what was kept differ:\n${troubles.join('\n')}`)
    say(`${sent.messages} messages: each answered once, one row in, one row out, integrity_check ok`)
    return [...figures, ...memoryFigures(warmMiB, endMiB, sent.messages - warmMessages)]
  },
}

function configOf(endpoint: string): string {
  // The same few prompts come again and again; what is measured is the way to the model and back.
  return `model_provider:\n  type: open_api\n  endpoint: ${endpoint}\n  model: bench\ncache: { enabled: false }\n`
}

async function measure({ pid, port }: Side, atOnce: number): Promise<Stretch> {
  const cpuBeforeMs = cpuMsOf(pid)
  const load = { port, messages: messagesInRound, atOnce, conversations, text: 'hi' }
  const result = await sendMessages({ ...load, expected: (reply) => reply === vendorAnswer })
  await sleep(restMs)
  return { ...result, cpuMs: cpuMsOf(pid) - cpuBeforeMs }
}

async function startOver({ port }: Side): Promise<void> {
  await sendMessages({
    port,
    messages: conversations,
    atOnce: soakAtOnce,
    conversations,
    text: '/new',
    expected: (reply) => reply !== '' && reply !== vendorAnswer,
  })
}

function joined(stretches: readonly Stretch[]): Stretch {
  return {
    durationMs: stretches.reduce((sum, { durationMs }) => sum + durationMs, 0),
    cpuMs: stretches.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
    latenciesMs: stretches.flatMap(({ latenciesMs }) => latenciesMs),
  }
}

function figuresOf(atOnce: number, own: Stretch, peer: Stretch): Figure[] {
  const count = own.latenciesMs.length
  const about = `${atOnce} at a time, ${count} messages`
  const perSecond = ({ durationMs, latenciesMs }: Stretch): number =>
    (latenciesMs.length * 1_000) / durationMs
  const cpuMs = (stretch: Stretch): number => stretch.cpuMs / stretch.latenciesMs.length
  const figure = (metric: string, value: number, unit: string, more = ''): Figure => ({
    metric,
    value,
    unit,
    about: about + more,
  })
  return [
    figure(`perSecond${atOnce}`, perSecond(own), 'messages/s'),
    figure(`p50Ms${atOnce}`, percentile(own.latenciesMs, 50), 'ms'),
    figure(`p99Ms${atOnce}`, percentile(own.latenciesMs, 99), 'ms'),
    figure(`cpuMsPerMessage${atOnce}`, cpuMs(own), 'ms', ', all threads of Moltbot'),
    figure(`peerPerSecond${atOnce}`, perSecond(peer), 'messages/s', ', the bare bot'),
    figure(`peerCpuMsPerMessage${atOnce}`, cpuMs(peer), 'ms', ', the bare bot'),
    ...(atOnce === ratioAt
      ? [figure('cpuRatioToPeer', cpuMs(own) / cpuMs(peer), 'times', ', Moltbot to the bare bot')]
      : []),
  ]
}

function memoryFigures(warmMiB: number, endMiB: number, count: number): Figure[] {
  const after = `after ${count} more messages`
  return [
    {
      metric: 'residentWarmMiB',
      value: warmMiB,
      unit: 'MiB',
      about: 'VmRSS after the warm-up, 1, 16 and 64 at a time',
    },
    { metric: 'residentEndMiB', value: endMiB, unit: 'MiB', about: `VmRSS ${after}` },
    {
      metric: 'residentGrowthMiB',
      value: endMiB - warmMiB,
      unit: 'MiB',
      about: `VmRSS ${after}, less the above`,
    },
    { metric: 'residentGrowthMessages', value: count, unit: 'messages', about: 'sent between the two' },
  ]
}
