import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Figure } from '../bench/figures.ts'
import { createSlackDouble } from '../test/doubles/slack/slack.ts'
import { startEcho } from './echo.ts'
import { createPlace, integrityOf, type Place } from './moltbot.ts'
import type { Proof } from './proof.ts'
import { between, createRandom, type Random } from './random.ts'
import { untilQuiet } from './rows.ts'
import { createCrowd, type SlackDouble } from './slack-crowd.ts'
import { proveSteps, type StepsOutcome } from './slack-steps.ts'
import { readAnswers, slackBreaches, type SlackBreach } from './slack-verdict.ts'
import { createWeather } from './slack-weather.ts'

export type Transport = 'socket' | 'http'

/** How a proof over one transport went. */
export type SlackOutcome = {
  readonly transport: Transport
  readonly kills: number
  readonly questions: number
  /** Events that were sent, every copy counted. */
  readonly events: number
  readonly answers: number
  readonly givenUp: number
  /** Calls of the Web API that Slack broke, refused for now, or answered too late. */
  readonly faults: number
  readonly refreshes: number
  readonly breaches: readonly SlackBreach[]
}

type Options = {
  /** The path of what is started. */
  readonly program: string
  readonly transport: Transport
  readonly kills: number
  readonly seed: number
  readonly say: (line: string) => void
}

const mostLifeMs = 1_500
/** One life in eight is so long that what was cut short gets its grace time and is looked up. */
const longShare = 0.125
const mostLongLifeMs = 9_000
const startingShare = 0.2
const mostReachMs = 3_000
const pollMs = 10
const mostStartingMs = 1_000
const slowShare = 0.25
const slowPieceMs = 250
const mostQuietMs = 180_000
const shownBreaches = 10
const shortStep = 50

/**
 * Kills a Moltbot that talks in Slack, again and again, while the double of Slack sends each event three times, out of order
 * and in both shapes, changes and deletes some, breaks its answers, refuses for now, and asks its sockets to reconnect every
 * second. At the end each question must have one answer in its thread, and nothing else of ours may stand there.
 *
 * What it does not prove: the double is not Slack, and shows what it took within five seconds.
 */
export const slackProof: Proof = {
  name: 'slack',
  summary: 'Slack events three times each, over SIGKILL, resets and storms: answered once each',
  run: async ({ isShort, seed, say }) => {
    const program = join(import.meta.dirname, '../src/moltbot.js')
    const kills = isShort ? 4 : 120
    const outcomes: SlackOutcome[] = []
    const steps: StepsOutcome[] = []
    for (const transport of ['socket', 'http'] as const) {
      outcomes.push(await proveSlack({ program, transport, kills, seed, say }))
      steps.push(await proveSteps({ program, transport, step: isShort ? shortStep : 1, say }))
    }
    const breaches = [...outcomes, ...steps].flatMap((outcome) => outcome.breaches)
    for (const { kind, what } of breaches.slice(0, shownBreaches)) say(`${kind}: ${what}`)
    return { figures: figuresOf(outcomes, steps, seed), holds: breaches.length === 0 }
  },
}

/** Runs it against one program over one transport. Throws where it cannot be carried through at all. */
export async function proveSlack({ program, transport, kills, seed, say }: Options): Promise<SlackOutcome> {
  const random = createRandom(seed + (transport === 'http' ? 7 : 0))
  await using slack = await createSlackDouble()
  let isCalm = false
  await using model = await startEcho(() => (!isCalm && random() < slowShare ? slowPieceMs : 0))
  await using place = await createPlace(program, configOf(slack, transport, model.endpoint), {
    SLACK_BOT_TOKEN: slack.bot.token,
    SLACK_APP_TOKEN: slack.appToken,
    SLACK_SIGNING_SECRET: slack.signingSecret,
  })
  if (transport === 'http') slack.eventsUrl(`http://127.0.0.1:${place.port}/slack/events`)

  const crowd = createCrowd(slack, random)
  const weather = createWeather(slack, random)
  const breaches: SlackBreach[] = []
  for (let kill = 1; kill <= kills; kill++) {
    place.start()
    await untilKill(place, random, () => transport === 'http' || slack.sockets() > 0)
    await place.kill()
    const integrity = integrityOf(place.database)
    if (integrity !== 'ok') breaches.push({ kind: 'corrupt', what: `after kill ${kill}: ${integrity}` })
    if (kill % 10 === 0) say(`${transport}: ${kill} kills, ${crowd.questions().length} questions`)
  }
  isCalm = true
  weather.calmDown()
  place.start()
  await place.ready()
  await crowd.leave()
  await untilQuiet(place.database, mostQuietMs)
  await place.stop()
  const verdict = slackBreaches(slack, crowd.questions(), readAnswers(place.database))
  return {
    transport,
    kills,
    questions: crowd.questions().length,
    events: crowd.events(),
    ...weather.counts(),
    answers: verdict.answers,
    givenUp: verdict.givenUp,
    breaches: [...breaches, ...verdict.breaches],
  }
}

function configOf({ apiUrl }: SlackDouble, transport: Transport, endpoint: string): string {
  const way =
    transport === 'socket' ? 'app_token: ${SLACK_APP_TOKEN}' : 'signing_secret: ${SLACK_SIGNING_SECRET}'
  return `model_provider: { type: open_api, endpoint: "${endpoint}", model: echo }
slack:
  bot_token: \${SLACK_BOT_TOKEN}
  ${way}
  api_url: ${apiUrl}
  people: everyone
`
}

/** Resolves where a life is to end: while it starts, or some time after Slack reaches it. */
async function untilKill(place: Place, random: Random, isReached: () => boolean): Promise<void> {
  if (random() < startingShare) return sleep(between(random, 0, mostStartingMs))
  await place.opened()
  for (let waitedMs = 0; !isReached() && waitedMs < mostReachMs; waitedMs += pollMs) await sleep(pollMs)
  await sleep(between(random, 0, random() < longShare ? mostLongLifeMs : mostLifeMs))
}

function figuresOf(
  outcomes: readonly SlackOutcome[],
  steps: readonly StepsOutcome[],
  seed: number,
): Figure[] {
  const figures = outcomes.flatMap((outcome): Figure[] => {
    const { transport, breaches } = outcome
    const name = (metric: string): string =>
      `${transport}${metric.slice(0, 1).toUpperCase()}${metric.slice(1)}`
    const count = (kind: SlackBreach['kind']): number => breaches.filter((one) => one.kind === kind).length
    const rows: readonly (readonly [metric: string, value: number, unit: string, about: string])[] = [
      ['kills', outcome.kills, 'kills', 'by SIGKILL, each followed by integrity_check'],
      ['questions', outcome.questions, 'questions', 'of people, in threads of three'],
      ['events', outcome.events, 'events', 'sent for them: three of each, in both shapes'],
      ['faults', outcome.faults, 'calls', 'that Slack broke, refused for now or answered too late'],
      ['refreshes', outcome.refreshes, 'times', 'that all sockets were asked to reconnect'],
      ['answers', outcome.answers, 'answers', 'in the threads at the end'],
      ['lost', count('lost'), 'breaches', 'questions without an answer'],
      ['doubled', count('doubled'), 'breaches', 'answers'],
      ['left', count('left'), 'breaches', 'drafts, streams, statuses and stop buttons that stay behind'],
      ['stale', count('stale'), 'breaches', 'answers to what had been changed or taken back'],
      ['outOfOrder', count('outOfOrder'), 'breaches', 'within a thread'],
      ['corrupt', count('corrupt'), 'checks', 'integrity_check not ok'],
      ['givenUp', outcome.givenUp, 'answers', 'cut short three times, and said so'],
    ]
    return rows.map(([metric, value, unit, about]) => ({ metric: name(metric), value, unit, about }))
  })
  return [
    ...figures,
    {
      metric: 'steps',
      value: steps.reduce((sum, { points }) => sum + points, 0),
      unit: 'kills',
      about: 'each at another step of one conversation',
    },
    {
      metric: 'stepBreaches',
      value: steps.flatMap(({ breaches }) => breaches).length,
      unit: 'breaches',
      about: 'of any kind after them',
    },
    { metric: 'seed', value: seed, unit: '', about: 'of the moments' },
  ]
}
