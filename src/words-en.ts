import type { Fault } from './errors.ts'
import type { Role } from './people.ts'
import { modelsEnglish } from './words-models.ts'
import { placesWords } from './words-places.ts'
import { usageEnglish } from './words-usage.ts'

/** What each fault means to a person, as the end of a sentence. */
const faults: Readonly<Record<Fault, string>> = {
  network: 'nothing answered there, or the connection broke',
  timeout: 'it took too long',
  'rate-limit': 'it asks us to slow down',
  overloaded: 'it is overloaded just now',
  'bad-key': 'it does not accept our key',
  'no-credit': 'the account behind the key has no credit left',
  'too-long': 'it is too long',
  unsupported: 'that is not possible there',
  refused: 'it was refused',
  'over-budget': 'a spending cap is reached',
  'bad-request': 'the request was not right',
  'bad-answer': 'the answer made no sense',
  missing: 'it is not there',
  unreadable: 'it holds nothing I can read',
  cancelled: 'it was stopped',
  'disk-full': 'the disk is full',
  'read-only': 'the data folder cannot be written',
  corrupt: 'the database is damaged',
  'in-use': 'another process is using it',
  internal: 'that is a defect of mine',
}

export const english = {
  faults,
  noText: 'Hello! I see no words there. Ask me in plain words; /help shows what I can do.',
  tooLong: (mostChars: number) =>
    `That message is too long: I read at most ${mostChars.toLocaleString('en')} characters. Send it in parts, or as a file.`,
  leftUndone: 'All right, I leave that.',
  questionGone:
    'That question is no longer open, so this changed nothing. Ask again if it is still to be done.',
  questionOfOthers: 'That question was put to somebody else, so your answer does not count.',
  severalQuestions: (n: number) =>
    `${n} questions of mine are open here. Press the button of the one you mean, or answer in its thread.`,
  sayYes: 'Shall I? (yes / no)',
  yes: 'Yes',
  no: 'No',
  proposal: (name: string, args: Readonly<Record<string, unknown>>) =>
    `I would do this: /${name} ${argsLine(args)}`.trim(),
  oneAtATime: 'There was more to do; ask me again once this is settled.',
  misused: (missing: readonly string[], problem: string, usage: string) =>
    [
      missing.length > 0 ? `Missing: ${missing.join(', ')}.` : '',
      problem === '' ? '' : `${problem}.`,
      `Usage: /${usage}`,
    ]
      .filter(Boolean)
      .join(' '),
  unknownCommand: (name: string, nearest: string | undefined) =>
    `There is no command /${name}.${nearest === undefined ? '' : ` Did you mean /${nearest}?`} /help lists all.`,
  typeIt: (name: string) => `That is not for a model to do; type /${name}.`,
  notAllowed: (role: Role) => `That takes the role ${role}; you do not have it here.`,
  notThere: (place: string) => `You may not post to ${place}.`,
  failed: (reason: string, detail: string) => `That did not work: ${reason}. (${detail})`,
  inLog: (id: string) => `(In the log: ${id})`,
  defect: (id: string) => `Something went wrong inside me. The log has it under message ${id}.`,
  modelFailed: (route: string, reason: string, retryMs: number | undefined, detail: string | undefined) =>
    `No answer from ${route}: ${reason}.${detail === undefined ? '' : ` (${detail})`} ${retryMs === undefined ? 'Ask again' : `Ask again in ${modelsEnglish.wait(retryMs)}`}, or look at /model and /status.`,
  routeGone: (route: string) =>
    `This conversation uses ${route}, which is no longer there, so I asked no other. /model lists what there is; /model default reset goes back to the default route.`,
  brokenOff: (reason: string) => `(The answer broke off here: ${reason}.)`,
  answeredInstead: (by: string, first: string, reason: string) =>
    `(${by} answered in place of ${first}: ${reason}.)`,
  modelRefused: (model: string) => `${model} declined to answer that.`,
  modelSilent: (model: string) => `${model} answered nothing. Ask again, or choose another with /model.`,
  modelSpent: (model: string) =>
    `${model} used up the tokens of an answer before it said anything. The owner can raise conversation.answer_tokens in config.yaml.`,
  moreCalls: (n: number) => `(There were ${n} more proposals, which I left out.)`,
  cutShort: '(The answer was cut at its longest permitted length.)',
  posted: (place: string) => `I post it to ${place}.`,
  stopped: 'Stopped, as you asked.',
  gaveUp:
    'I started to answer this three times and never got to the end, so I gave up. Please ask in another way.',
  notWritten: (reason: string) =>
    `I cannot take this in: ${reason}. Nothing of it was kept; send it again when that is mended. /status still works.`,

  help: {
    intro: 'I am Moltbot. Write to me in plain words, or use a command:',
    outro: '/help <command> tells more. Plain words work too: “every weekday at 9 digest examples/feed.xml”.',
    one: (called: string, summary: string, usage: string, others: readonly string[]) =>
      `/${called}: ${summary}\nUsage: /${usage}\nAlso called: ${others.join(', ')}`,
  },
  started: {
    fresh: 'A new conversation. I have left behind what we said before.',
    stopped: (answers: number, runs: number) =>
      answers + runs === 0
        ? 'Nothing was running.'
        : `Stopped: ${[
            ...(answers === 0 ? [] : [count(answers, 'answer')]),
            ...(runs === 0 ? [] : [`${count(runs, 'run')} of tasks`]),
          ].join(', ')}.`,
  },
  status: {
    /** Of a length of time: days, hours, minutes, seconds. */
    units: ['d', 'h', 'm', 's'] satisfies readonly [string, string, string, string],
    up: (version: string, since: string) => `Moltbot ${version}, up ${since}`,
    model: (models: string) => `model: ${models}`,
    platforms: (platforms: string) => `platforms: ${platforms}`,
    tasks: (active: number, next: string | undefined) =>
      `${count(active, 'active task')}${next === undefined ? '' : `, next ${next}`}`,
    waiting: (n: number) => `${count(n, 'message')} waiting for an answer`,
    posts: (queued: number, held: number, unknown: number, failed: number) =>
      `posts: ${queued} on their way, ${held} held, ${unknown} unknown, ${failed} failed`,
    data: (path: string, mib: string) => `data in ${path} (${mib} MiB)`,
    memory: (mib: string) => `memory ${mib} MiB`,
    stalled: (ids: readonly number[]) =>
      `TROUBLE: tasks that had to be paused: ${ids.map((id) => `#${id}`).join(', ')}; see /tasks`,
    trouble: (what: string) => `TROUBLE: ${what}`,
    someTrouble: 'Not all is well; an admin sees more with /status.',
  },
  context: {
    total: (tokens: number) => `A “hi” sent now would cost about ${tokens} prompt tokens:`,
    shares: {
      instructions: 'instructions',
      commands: 'commands offered to the model',
      summary: 'summary of what was said earlier',
      turns: 'recent turns',
      message: 'the message itself',
    },
  },
  model: modelsEnglish,
  usage: usageEnglish,
  digest: {
    reading: (from: string) => `reading ${from}`,
    summarising: (items: number) => `summarising ${count(items, 'item')}`,
    title: (source: string, items: number) => `${source}: ${count(items, 'new item')}`,
    nothing: (source: string) => `${source}: nothing new.`,
    more: (items: number) => `… and ${items} more that are new; they count as read.`,
    plain: (reason: string) => `(These lines are the items' own words: the model gave none, ${reason}.)`,
    failed: (from: string, reason: string, detail: string) =>
      `I could not read ${from}: ${reason}. (${detail})`,
    badTarget: placesWords.en.unknown,
  },
  builtin: {
    whoIAm:
      'I am the built-in model: I read plain orders and shorten texts, and I make nothing up, so I have no answer to that. ' +
      'Write “help”, and I say what I can do. For conversation, connect a model: see config.yaml.',
  },
}

function argsLine(args: Readonly<Record<string, unknown>>): string {
  return Object.entries(args)
    .map(([key, value]) => `${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ')
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`
}
