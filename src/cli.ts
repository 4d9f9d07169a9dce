import { Command as Program, CommanderError } from 'commander'
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { commandText } from './cli/command-text.ts'
import type { InstallOptions, ManifestOptions } from './cli/slack.ts'
import { cliLanguage, cliWords } from './cli/words.ts'
import { ConfigError, FaultError, faultOf, messageOf } from './errors.ts'
import type { ReplyStatus } from './message.ts'

/** Exit codes: 0 done, 1 failed, 2 wrong use, 3 refused. A question that waits for its yes is an answer, so 0. */
const exitCodes: Readonly<Record<ReplyStatus, number>> = {
  done: 0,
  asked: 0,
  failed: 1,
  misused: 2,
  refused: 3,
}

type JsonOption = { readonly json?: true }
type TalkOptions = JsonOption & { readonly yes?: true }
type ExplainOptions = JsonOption & {
  readonly stdin?: true
  readonly now?: string
  readonly zone?: string
}

const { env, stderr, stdout } = process
// Whoever reads the output may stop early (`| head`); what was begun is still brought to its end.
for (const output of [stdout, stderr]) {
  output.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
}
const language = cliLanguage(process.argv, env)
const words = cliWords(language)

/** Describes the command line. Each action loads what it needs when it runs, so that `--help` is quick. */
function describe(): Program {
  const program = new Program('moltbot')
    .description(words.description)
    .option('--lang <language>', words.lang)
    .version(readPackage().version, '-V, --version', words.version)
    .helpOption('-h, --help', words.help)
    .helpCommand(false)
    .addHelpText('after', `\n${words.exits}`)
    .configureHelp({ styleTitle: (title) => titleOf(title) })
    .configureOutput({ outputError: () => undefined })
    .exitOverride()
  const add = (name: string, description: string): Program =>
    program.command(name).description(description).helpOption('-h, --help', words.help).exitOverride()

  add('start', words.start).action(start)
  const talk = (
    name: string,
    description: string,
    toText: (given: readonly string[]) => string | undefined,
    examples = '',
  ): void => {
    const said = add(name, description).option('--json', words.json).option('--yes', words.yes)
    // What follows `run` is in the hands of the command that it names.
    if (examples !== '') said.addHelpText('after', `\n${examples}`)
    said.allowUnknownOption(name.startsWith('run')).action(async () => {
      const { converse, say } = await import('./cli/talk.ts')
      const text = toText(said.args)
      const open = await opener()
      process.exitCode =
        text === undefined
          ? await converse(open, words)
          : exitCodes[await say(open, text, said.opts<TalkOptions>(), words)]
    })
  }
  talk('chat [text...]', words.chat, (given) => (given.length === 0 ? undefined : given.join(' ')))
  talk('run <command...>', words.run, commandText)
  // Moltbot answers in the language that it is spoken to in.
  talk(
    'tasks [what...]',
    words.tasks,
    (given) => `${language === 'zh' ? '/任务' : '/tasks'} ${given.join(' ')}`,
    words.tasksExamples,
  )
  talk('status', words.status, () => (language === 'zh' ? '/状态' : '/status'))

  add('explain [text...]', words.explain)
    .option('--json', words.json)
    .option('--stdin', words.stdin)
    .option('--now <time>', words.now)
    .option('--zone <zone>', words.zone)
    .action(async (given: string[], options: ExplainOptions) => {
      const { explain } = await import('./cli/explain.ts')
      const zone = options.zone ?? (await configuration()).loaded.config.timezone
      const read = { ...options, text: given.join(' '), ...(zone === undefined ? {} : { zone }) }
      process.exitCode = await explain(read, language, words)
    })

  const config = add('config', words.config).helpCommand(false)
  config
    .command('check')
    .description(words.configCheck)
    .helpOption('-h, --help', words.help)
    .option('--json', words.json)
    .action(async (options: JsonOption) => {
      const checked = await configuration().catch((error: unknown) => {
        if (options.json === true && error instanceof ConfigError) return error
        throw error
      })
      if (checked instanceof ConfigError) {
        stdout.write(`${JSON.stringify({ valid: false, problems: checked.problems })}\n`)
        process.exitCode = exitCodes.misused
        return
      }
      const { loaded, source } = checked
      const models = [...loaded.config.models.keys()]
      const found =
        source.text === '' ? words.configMissing(source.file) : words.configFine(source.file, models)
      print({ valid: true, file: source.file, models }, found, options)
    })
  const slack = add('slack', words.slack).helpCommand(false)
  slack
    .command('manifest')
    .description(words.slackManifest)
    .helpOption('-h, --help', words.help)
    .option('--json', words.json)
    .option('--http <address>', words.slackHttp)
    .option('--name <name>', words.slackName, 'Moltbot')
    .action(async (options: ManifestOptions) => {
      const { printManifest } = await import('./cli/slack.ts')
      printManifest(options, language)
    })
  slack
    .command('install')
    .description(words.slackInstall)
    .helpOption('-h, --help', words.help)
    .option('--json', words.json)
    .option('--http <address>', words.slackAddress)
    .action(async (options: InstallOptions) => {
      const { printLeave } = await import('./cli/slack.ts')
      printLeave((await configuration()).loaded.config.slack, options, language)
    })
  add('doctor', words.doctor)
    .option('--json', words.json)
    .option('--post <place>', words.doctorPost)
    .action(async ({ json, post }: JsonOption & { readonly post?: string }) => {
      const { doctor } = await import('./cli/doctor.ts')
      process.exitCode = await doctor({ configuration, isJson: json === true, post, language }, words)
    })
  add('backup', words.backup)
    .option('--json', words.json)
    .action(async (options: JsonOption) => {
      const { backup } = await import('./store/backup.ts')
      const file = await backup(await folder(), { kind: 'ordered', nowMs: Date.now() })
      print({ file }, words.backedUp(file), options)
    })
  add('restore [file]', words.restore)
    .option('--json', words.json)
    .action(async (given: string | undefined, options: JsonOption) => {
      const [{ restore }, { listBackups }] = await Promise.all([
        import('./store/backup.ts'),
        import('./store/folder.ts'),
      ])
      const at = await folder()
      if (given === undefined && listBackups(at).length === 0) {
        throw new FaultError('bad-request', words.noBackup)
      }
      const { file, passedOver } = restore(at, given === undefined ? undefined : resolve(given))
      const isNewest = passedOver.length === 0
      const lines = [words.restored(file), ...(isNewest ? [] : [words.passedOver(passedOver)])]
      print(isNewest ? { file } : { file, passedOver }, lines.join('\n'), options)
    })
  return program
}

/** Starts Moltbot and keeps it up until a signal, or the end of the terminal's input. */
async function start(): Promise<void> {
  const { serve } = await import('./cli/serve.ts')
  await serve(await configuration(), words)
}

/** Reads and checks config.yaml, or the file that MOLTBOT_CONFIG names; a missing one leaves the defaults. */
async function configuration() {
  const { readConfig } = await import('./config/config.ts')
  const file = configFile()
  const text = readIfThere(file, env['MOLTBOT_CONFIG'] !== undefined)
  const load = (content: string) =>
    readConfig(content, { file, env, readFile: (path) => readFileSync(path, 'utf8') })
  return { loaded: load(text), source: { file, text, load } }
}

function configFile(): string {
  return resolve(env['MOLTBOT_CONFIG'] ?? 'config.yaml')
}

function readIfThere(file: string, isNamed: boolean): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (!isNamed && error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
    throw new FaultError('bad-request', words.configUnread(file, messageOf(error)), { cause: error })
  }
}

async function folder() {
  const { dataFolder } = await import('./store/folder.ts')
  return dataFolder((await configuration()).loaded.config.data)
}

/**
 * The way to a Moltbot: through the socket of the one that runs, or one of our own. The one that runs goes on with its
 * old settings while config.yaml holds a mistake, and can be reached then, too.
 */
async function opener() {
  const { findRunning, openSession } = await import('./cli/session.ts')
  try {
    const found = await configuration()
    return () => openSession(found)
  } catch (error) {
    const session = await findRunning(env['MOLTBOT_DATA'] ?? resolve(dirname(configFile()), 'data'))
    if (session === undefined) throw error
    stderr.write(`${messageOf(error)}\n${words.oldSettings}\n`)
    return () => Promise.resolve(session)
  }
}

function print(data: unknown, text: string, options: JsonOption): void {
  stdout.write(`${options.json === true ? JSON.stringify(data) : text}\n`)
}

function titleOf(title: string): string {
  const titles: Readonly<Record<string, string>> = {
    'Usage:': words.usage,
    'Options:': words.options,
    'Commands:': words.commands,
    'Arguments:': words.arguments,
  }
  return titles[title] ?? title
}

/** What was wrong with the words of the command line; the library knows English alone. */
function misuseOf({ code, message }: CommanderError): string {
  const [, what = ''] = /'([^']*)'/u.exec(message) ?? []
  switch (code) {
    case 'commander.unknownCommand':
      return words.unknownCommand(what)
    case 'commander.unknownOption':
      return words.unknownOption(what)
    case 'commander.missingArgument':
    case 'commander.optionMissingArgument':
      return words.missingArgument(what)
    case 'commander.excessArguments':
      return words.excessArguments
    default:
      return message
  }
}

function readPackage(): { version: string } {
  return JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
}

try {
  await describe().parseAsync()
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2
    if (error.message.startsWith('error: ')) stderr.write(`${misuseOf(error)}\n`)
  } else {
    stderr.write(`${messageOf(error)}\n`)
    process.exitCode = faultOf(error) === 'refused' ? 3 : faultOf(error) === 'bad-request' ? 2 : 1
  }
}
