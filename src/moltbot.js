#!/usr/bin/env node
// The one file that is not TypeScript: it turns the compile cache on before the first .ts file is read, so that types
// are stripped once and not at every start (a third of a second and 30 MiB), also for the threads that come later.
import module from 'node:module'
import { join } from 'node:path'
import v8 from 'node:v8'

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 24 || (major === 24 && minor < 12)) {
  const way = 'run it by npm (npm start, npm exec moltbot -- …), which brings Node 24 along'
  process.stderr.write(`Moltbot needs Node 24.12 or newer, this is ${process.version}; ${way}.\n`)
  process.exit(1)
}
// While modules load, V8 lets the room for young objects grow to 32 MiB, and later the heap to twice what lives in it.
// Neither is of use to an assistant: smaller steps keep it below 100 MiB at the start and flat for weeks, for a few
// per cent of its time.
v8.setFlagsFromString('--semi-space-growth-factor=1')
v8.setFlagsFromString('--heap-growing-percent=30')

const cache = process.env.NODE_COMPILE_CACHE ?? join(import.meta.dirname, '../node_modules/.cache/moltbot')
if (module.enableCompileCache(cache).directory !== undefined) process.env.NODE_COMPILE_CACHE = cache
await import('./cli.ts')
