// Proves what Moltbot promises, on real processes. Needs no network and no quiet machine.
//
//   npm run proof -- <case> [--json] [--short] [--seed <number>]
import { parseArgs } from 'node:util'
import { toJsonLines, toTable, type Figure } from '../bench/figures.ts'
import { messageOf } from '../src/errors.ts'
import { clocksProof } from './clocks.ts'
import { controlsProof } from './controls.ts'
import { killProof } from './kill.ts'
import { powerProof } from './power.ts'
import { slackProof } from './slack.ts'
import { syscallsProof } from './syscalls.ts'

/** What can be proved. `holds` is false where the figures show that it does not. */
export type Proof = {
  readonly name: string
  readonly summary: string
  readonly run: (
    options: ProofOptions,
  ) => Promise<{ readonly figures: readonly Figure[]; readonly holds: boolean }>
}

/** `isShort` asks for less than 45 seconds; `say` tells a person who waits what is being done. */
export type ProofOptions = {
  readonly isShort: boolean
  readonly seed: number
  readonly say: (line: string) => void
}

const proofs: readonly Proof[] = [
  killProof,
  controlsProof,
  syscallsProof,
  powerProof,
  clocksProof,
  slackProof,
]

const help = `npm run proof -- <case> [--json] [--short] [--seed <number>]

Cases:
${proofs.map(({ name, summary }) => `  ${name.padEnd(8)}  ${summary}`).join('\n')}

  --json   one line for each figure: {"case", "metric", "value", "unit"}
  --short  less of it
  --seed   repeats the random moments of an earlier run
`

async function prove(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: {
      json: { type: 'boolean' },
      short: { type: 'boolean' },
      seed: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
    allowPositionals: true,
  })
  const [name, ...rest] = positionals
  if (values.help === true || name === undefined) {
    process.stdout.write(help)
    return 0
  }
  const found = proofs.find((one) => one.name === name)
  const seed = Number(values.seed ?? Date.now() % 1_000_000)
  if (found === undefined || rest.length > 0 || !Number.isSafeInteger(seed)) {
    process.stderr.write(`There is no such proof: ${process.argv.slice(2).join(' ')}\n\n${help}`)
    return 2
  }
  const say = (line: string): void => void process.stderr.write(`${line}\n`)
  say(`seed ${seed}`)
  const { figures, holds } = await found.run({ isShort: values.short === true, seed, say })
  process.stdout.write((values.json === true ? toJsonLines : toTable)(name, figures))
  return holds ? 0 : 1
}

// What was started ends with us: the listeners for `exit` see to it.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
try {
  process.exitCode = await prove()
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`)
  process.exitCode = 1
}
