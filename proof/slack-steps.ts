import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { slackAddress } from '../src/adapters/slack/contract.ts'
import { openStore } from '../src/store/store.ts'
import { usualOptions } from '../src/task.ts'
import { createSlackDouble } from '../test/doubles/slack/slack.ts'
import { atLength, echoOf, startEcho } from './echo.ts'
import { createPlace, integrityOf, type Place } from './moltbot.ts'
import { countOpen } from './rows.ts'
import type { Question, SlackDouble } from './slack-crowd.ts'
import { createGate } from './slack-gate.ts'
import { postBreaches, readAnswers, readPostKeys, slackBreaches, type SlackBreach } from './slack-verdict.ts'
import type { Transport } from './slack.ts'

/** How the kills at each step went. */
export type StepsOutcome = { readonly points: number; readonly breaches: readonly SlackBreach[] }

type Options = {
  readonly program: string
  readonly transport: Transport
  /** Of the points each so-manieth is tried. */
  readonly step: number
  readonly say: (line: string) => void
}

const mostPoints = 800
/** So many conversations at a time: they wait more than they work. */
const atOnce = 4
const pieceMs = 120
const pollMs = 20
/** What is said after the last answer has its points, too. */
const afterwardsMs = 500
const mostWaitMs = 40_000
const dayMs = 86_400_000

/**
 * Carries on one conversation (a question, its status, the answer as it grows, a press of its button, a second question, the
 * stop button, an answer with a file), while a task shows how it comes along and posts to another channel, as often as Moltbot and Slack say something to each other in it, and kills Moltbot at another of these points
 * each time: before it is carried out, before it is answered, and after that. After another start the same must stand there.
 */
export async function proveSteps({ program, transport, step, say }: Options): Promise<StepsOutcome> {
  const breaches: SlackBreach[] = []
  let points = 0
  let isDone = false
  let next = 1
  const walk = async (): Promise<void> => {
    while (!isDone && next <= mostPoints) {
      const at = next
      next += step
      const { point, found } = await converse(program, transport, at)
      if (point === undefined) isDone = true
      else points++
      breaches.push(
        ...found.map(({ kind, what }) => ({ kind, what: `${at}, ${point ?? 'no kill'}: ${what}` })),
      )
    }
  }
  await Promise.all(Array.from({ length: atOnce }, walk))
  say(`${transport}: ${points} kills, each at another step of one conversation`)
  return { points, breaches }
}

async function converse(
  program: string,
  transport: Transport,
  at: number,
): Promise<{ readonly point: string | undefined; readonly found: readonly SlackBreach[] }> {
  await using slack = await createSlackDouble()
  await using model = await startEcho(() => pieceMs)
  await using pair = await createPair(program, transport, slack, model.endpoint)
  const { place, gate } = pair
  const found: SlackBreach[] = []
  if (transport === 'http') slack.eventsUrl(gate.eventsUrl)
  const news = slack.channel('news')
  await addTask(place, slack, news)
  place.start()
  await place.opened()
  gate.arm(at, async () => {
    await place.kill()
    const integrity = integrityOf(place.database)
    if (integrity !== 'ok') found.push({ kind: 'corrupt', what: integrity })
    place.start()
    await place.opened()
  })
  if (transport === 'socket') await until(() => slack.sockets() > 0)
  const questions = await talk(slack, place)
  const isQuiet = (): boolean => countOpen(place.database) === 0
  await until(isQuiet)
  await sleep(afterwardsMs)
  await gate.disarm()
  await until(isQuiet)
  // What a killed run showed goes only once Slack's history must tell of it.
  const ofTask = (): SlackBreach[] => postBreaches(slack, news, readPostKeys(place.database))
  await until(() => ofTask().length === 0)
  await place.stop()
  found.push(...slackBreaches(slack, questions, readAnswers(place.database)).breaches, ...ofTask())
  return { point: gate.struck(), found }
}

async function createPair(program: string, transport: Transport, slack: SlackDouble, endpoint: string) {
  // The gate needs to know the port of the program, and the program's config that of the gate.
  let moltbot = ''
  const gate = await createGate(new URL(slack.apiUrl).origin, () => moltbot)
  const way =
    transport === 'socket' ? 'app_token: "${SLACK_APP_TOKEN}"' : 'signing_secret: "${SLACK_SIGNING_SECRET}"'
  const config = `model_provider: { type: open_api, endpoint: "${endpoint}", model: echo }
slack: { bot_token: "\${SLACK_BOT_TOKEN}", ${way}, api_url: "${gate.apiUrl}", people: everyone }
`
  const place = await createPlace(program, config, {
    SLACK_BOT_TOKEN: slack.bot.token,
    SLACK_APP_TOKEN: slack.appToken,
    SLACK_SIGNING_SECRET: slack.signingSecret,
  })
  moltbot = `http://127.0.0.1:${place.port}`
  return {
    gate,
    place,
    [Symbol.asyncDispose]: async () => {
      await place[Symbol.asyncDispose]()
      await gate[Symbol.asyncDispose]()
    },
  }
}

/** Writes a task down before the program starts: a digest of a file, which takes the model some seconds, for a channel. */
async function addTask({ database }: Place, slack: SlackDouble, channel: string): Promise<void> {
  const folder = dirname(database)
  const store = await openStore(folder)
  const from = join(folder, 'news.txt')
  writeFileSync(from, 'Something new, and more of it. '.repeat(40))
  const nowMs = Date.now()
  await store.write('tasks.add', 1, {
    command: 'digest',
    args: { from },
    schedule: { everyMs: dayMs },
    options: usualOptions,
    zone: 'UTC',
    person: 'terminal/local/owner',
    address: slackAddress(slack.team, channel),
    language: 'en',
    nextDueMs: nowMs + dayMs,
    createdAtMs: nowMs,
  })
  // What a person ordered shows in a channel how it comes along.
  await store.write('runs.add', 1, nowMs)
  await store.close()
}

/** What people do; whoever is not heard does it once more. */
async function talk(slack: SlackDouble, place: Place): Promise<Question[]> {
  const [channel, user] = [slack.channel('place'), slack.user('ann')]
  const ask = async (text: string, root?: string): Promise<Question> => {
    const said = { channel, user, text: `<@${slack.bot.userId}> ${text}` }
    const { ts } = await slack.say({ ...said, ...(root === undefined ? {} : { thread: root }) })
    const thread = root ?? ts
    const place = root === undefined ? {} : { thread_ts: root }
    const event = { type: 'app_mention', ...said, ts, event_ts: ts, team: slack.team, ...place }
    await until(async () => (await slack.emit(event)) === 'acknowledged')
    return { channel, thread, ts, user, versions: [{ text, takenAtMs: -Infinity }] }
  }
  const first = await ask('first')
  const { thread } = first
  const answer = () =>
    slack.messages(channel).find(({ metadata, asSeen }) => metadata && asSeen.includes(echoOf('first')))
  await until(() => answer() !== undefined)
  const { ts = '' } = answer() ?? {}
  await until(async () => (await slack.click({ channel, ts, user }, '👍')) === 'acknowledged')
  const second = await ask('second', thread)
  const isSettled = ({ ts }: Question): boolean =>
    readAnswers(place.database).some(({ answers }) => answers === `${channel}/${ts}`)
  await until(async () => {
    if (isSettled(second)) return true
    const isGrowing = slack.messages(channel).some(({ streaming }) => streaming)
    if (isGrowing && slack.statuses(channel, thread).session === 'processing')
      await slack.pressStop(channel, thread, user)
    return false
  })
  const third = await ask(`third, ${atLength}`, thread)
  await until(() => isSettled(third))
  return [first, second, third]
}

/** Resolves when it is so, or after a while: the verdict tells then. */
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = performance.now() + mostWaitMs
  while (performance.now() < endMs && !(await isSo())) await sleep(pollMs)
}
