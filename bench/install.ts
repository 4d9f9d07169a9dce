import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Figure } from './figures.ts'

type Package = { readonly path: string; readonly isDevelopment: boolean; readonly bytes: number }

const root = join(import.meta.dirname, '..')
const sdks = /^node_modules\/(?:openai|@anthropic-ai\/[^/]+)$/u

/** What node_modules takes on the disk, as `du` counts it. The compile cache, which is no package, is left out. */
export function measureInstall(): Figure[] {
  const packages = installedPackages()
  const production = packages.filter(({ isDevelopment }) => !isDevelopment)
  const withoutSdks = production.filter(({ path }) => !sdks.test(path))
  const all = diskBytes(join(root, 'node_modules'), ['.cache'])
  const sizes: readonly (readonly [string, number, string])[] = [
    ['installMiB', all, 'node_modules with development packages'],
    ['installProductionMiB', sumOf(production), "without development packages, with the vendors' SDKs"],
    ['installWithoutSdksMiB', sumOf(withoutSdks), 'and without openai and @anthropic-ai'],
  ]
  return [
    ...sizes.map(([metric, bytes, about]) => ({ metric, value: bytes / 2 ** 20, unit: 'MiB', about })),
    { metric: 'packages', value: production.length, unit: 'packages', about: 'without development packages' },
    {
      metric: 'packagesWithDevelopment',
      value: packages.length,
      unit: 'packages',
      about: 'with development packages',
    },
  ]
}

/** The packages of package-lock.json that are on the disk; those for other platforms are not. */
function installedPackages(): Package[] {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Readonly<Record<string, { dev?: boolean; devOptional?: boolean }>>
  }
  return Object.entries(lock.packages)
    .filter(([path]) => path !== '' && existsSync(join(root, path)))
    .map(([path, { dev, devOptional }]) => ({
      path,
      isDevelopment: dev === true || devOptional === true,
      // Packages inside a package have entries of their own.
      bytes: diskBytes(join(root, path), ['node_modules']),
    }))
}

function sumOf(packages: readonly Package[]): number {
  return packages.reduce((sum, { bytes }) => sum + bytes, 0)
}

/** Bytes of all blocks that a folder and what is in it take, without entries of these names at its top. */
function diskBytes(path: string, without: readonly string[] = []): number {
  const { blocks } = lstatSync(path)
  const inside = readdirSync(path, { withFileTypes: true })
    .filter(({ name }) => !without.includes(name))
    .map((entry) => {
      const inner = join(path, entry.name)
      return entry.isDirectory() ? diskBytes(inner) : lstatSync(inner).blocks * 512
    })
  return inside.reduce((sum, bytes) => sum + bytes, blocks * 512)
}
