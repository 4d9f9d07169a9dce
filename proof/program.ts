// Moltbot as `moltbot start` runs it, with one more platform: the chat platform of the proofs, which PROOF_CHAT_URL and
// PROOF_CHAT_TOKEN name.
import { readFileSync } from 'node:fs'
import module from 'node:module'
import { join } from 'node:path'
import { z } from 'zod'

/** How the adapter waits for its platform, in milliseconds: grace for what was taken late and shown later still. */
const timeoutMs = 1_000
const graceMs = 700
const paceMs = 20
const mostStopMs = 8_000

const environment = z.object({
  MOLTBOT_CONFIG: z.string(),
  PROOF_CHAT_URL: z.url(),
  PROOF_CHAT_TOKEN: z.string(),
})

async function start(): Promise<void> {
  const { env, stdin, stdout, stderr } = process
  const { MOLTBOT_CONFIG: file, PROOF_CHAT_URL: url, PROOF_CHAT_TOKEN: token } = environment.parse(env)
  const [{ readConfig }, { createMoltbot }, { createChat }] = await Promise.all([
    import('../src/config/config.ts'),
    import('../src/main.ts'),
    import('./chat.ts'),
  ])
  const load = (content: string) =>
    readConfig(content, { file, env, readFile: (path) => readFileSync(path, 'utf8') })
  const text = readFileSync(file, 'utf8')
  const stop = (): void => {
    moltbot.stop(mostStopMs).then(
      () => process.exit(0),
      (error: unknown) => {
        stderr.write(`${String(error)}\n`)
        process.exit(1)
      },
    )
  }
  const moltbot = await createMoltbot({
    loaded: load(text),
    source: { file, text, load },
    serves: true,
    input: stdin,
    output: stdout,
    writeLog: (line) => void stderr.write(line),
    onEnd: () => undefined,
    platforms: () => [createChat({ url, token, timeoutMs, graceMs, paceMs })],
  })
  process.once('SIGTERM', stop)
  await moltbot.start(() => stdout.write(`${moltbot.status().platforms.join(', ')}\n`))
}

module.enableCompileCache(join(import.meta.dirname, '../node_modules/.cache/moltbot'))
await start()
