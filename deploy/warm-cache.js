// Fills the compile cache that src/moltbot.js reads, so that the first start is as quick as any other. Plain JavaScript,
// because it also runs after an install, by whatever Node is there; and since a cache is no reason for an install to
// fail, it ends with 0 whatever goes wrong. The vendors' SDKs are not warmed: they load no quicker from a cache.
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import module from 'node:module'
import { fileURLToPath } from 'node:url'

const src = new URL('../src/', import.meta.url)
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('../node_modules/.cache/moltbot', import.meta.url))
try {
  if (module.enableCompileCache(process.env.NODE_COMPILE_CACHE).directory !== undefined) {
    // Nothing is done at import in this house, but for the command line: that one runs, so it gets its own process.
    spawnSync(process.execPath, [fileURLToPath(new URL('moltbot.js', src)), '--version'], {
      stdio: 'ignore',
      timeout: 10_000,
    })
    const files = readdirSync(src, { recursive: true }).filter(
      (file) => file.endsWith('.ts') && file !== 'cli.ts',
    )
    await Promise.allSettled(files.map((file) => import(new URL(file, src).href)))
    module.flushCompileCache()
  }
} catch {
  // An old Node, or a folder that cannot be written: the next start only takes a little longer.
}
