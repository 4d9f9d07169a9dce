// Measures Moltbot. Needs Linux (/proc), and a quiet machine for figures worth keeping.
//
//   npm run bench -- <case> [--json] [--short]
import { parseArgs } from 'node:util'
import { messageOf } from '../src/errors.ts'
import { describeLoad, toJsonLines, toTable, type Case } from './figures.ts'
import { messageCase } from './message.ts'
import { routerCase } from './router.ts'
import { hitCase } from './router-inside.ts'
import { slackCase } from './slack.ts'
import { startCase } from './start.ts'
import { tasksCase } from './tasks.ts'

const cases: readonly Case[] = [startCase, messageCase, routerCase, hitCase, tasksCase, slackCase]

const help = `npm run bench -- <case> [--json] [--short]

Cases:
${cases.map(({ name, summary }) => `  ${name.padEnd(8)}  ${summary}`).join('\n')}

  --json   one line for each figure: {"case", "metric", "value", "unit"}
  --short  less than 45 seconds, and less exact
`

async function bench(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { json: { type: 'boolean' }, short: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
    allowPositionals: true,
  })
  const [name, ...rest] = positionals
  if (values.help === true || name === undefined) {
    process.stdout.write(help)
    return 0
  }
  const found = cases.find((one) => one.name === name)
  if (found === undefined || rest.length > 0) {
    process.stderr.write(`There is no case ${positionals.join(' ')}.\n\n${help}`)
    return 2
  }
  const say = (line: string): void => void process.stderr.write(`${line}\n`)
  say(describeLoad())
  const figures = await found.run({ isShort: values.short === true, say })
  process.stdout.write((values.json === true ? toJsonLines : toTable)(found.figuresAs ?? name, figures))
  return 0
}

// What was started ends with us: the listeners for `exit` see to it.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
try {
  process.exitCode = await bench()
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`)
  process.exitCode = 1
}
