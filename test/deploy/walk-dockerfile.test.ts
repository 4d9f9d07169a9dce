import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseDockerfile, type Instruction } from '../../deploy/walk/dockerfile.ts'
import { parseIgnore } from '../../deploy/walk/ignore.ts'
import { mapText } from '../../deploy/walk/program.ts'

const house = join(import.meta.dirname, '../..')

function instructions(...lines: readonly string[]): readonly Instruction[] {
  return parseDockerfile(['FROM node:24', ...lines].join('\n'))
    .slice(1)
    .map(({ instruction }) => instruction)
}

test('each instruction is read with all that it says', () => {
  const cases: readonly (readonly [string, Instruction])[] = [
    ['FROM node:24-slim', { kind: 'from', image: 'node:24-slim', stage: undefined }],
    ['from node:24-slim as Build', { kind: 'from', image: 'node:24-slim', stage: 'build' }],
    ['WORKDIR /app', { kind: 'workdir', path: '/app' }],
    ['COPY a b/ ./', { kind: 'copy', from: undefined, chown: undefined, sources: ['a', 'b/'], target: './' }],
    [
      'COPY --from=build --chown=node:node /app/src ./src',
      { kind: 'copy', from: 'build', chown: 'node:node', sources: ['/app/src'], target: './src' },
    ],
    [
      'COPY ["a b", "/c/"]',
      { kind: 'copy', from: undefined, chown: undefined, sources: ['a b'], target: '/c/' },
    ],
    ['RUN echo "$HOME" && ls', { kind: 'run', command: { kind: 'shell', text: 'echo "$HOME" && ls' } }],
    ['RUN ["ls", "-l"]', { kind: 'run', command: { kind: 'exec', argv: ['ls', '-l'] } }],
    ['ENV A=1 B="two words"', { kind: 'env', variables: { A: '1', B: 'two words' } }],
    ['USER node', { kind: 'user', user: 'node' }],
    ['VOLUME /data /more', { kind: 'volume', paths: ['/data', '/more'] }],
    ['VOLUME ["/data"]', { kind: 'volume', paths: ['/data'] }],
    ['STOPSIGNAL SIGTERM', { kind: 'stopsignal', signal: 'SIGTERM' }],
    [
      'HEALTHCHECK --interval=1m30s --timeout=1m2.5s CMD curl -f localhost',
      { kind: 'healthcheck', command: { kind: 'shell', text: 'curl -f localhost' }, timeoutMs: 62_500 },
    ],
    [
      'HEALTHCHECK CMD ["node", "-e", "1"]',
      { kind: 'healthcheck', command: { kind: 'exec', argv: ['node', '-e', '1'] }, timeoutMs: 30_000 },
    ],
    ['CMD ["node", "x.js"]', { kind: 'cmd', command: { kind: 'exec', argv: ['node', 'x.js'] } }],
  ]
  for (const [line, expected] of cases) assert.deepEqual(instructions(line), [expected], line)
})

test('continued lines are one instruction, and comments between them are none of it', () => {
  const steps = parseDockerfile(
    '# first\nFROM node:24\n\nRUN a \\\n  # why\n\n  && b \\  \n  && c # d\n  USER node\n',
  )
  assert.deepEqual(
    steps.map(({ line, text }) => [line, text]),
    [
      [2, 'FROM node:24'],
      [4, 'RUN a && b && c # d'],
      [9, 'USER node'],
    ],
  )
})

test('what is not known is refused with its line, never guessed', () => {
  const refused = [
    'ADD https://example.org/a /a',
    'ARG VERSION',
    'EXPOSE 5000',
    'ENTRYPOINT ["node"]',
    'SHELL ["bash"]',
    'RUN --mount=type=cache,target=/x npm ci',
    'RUN <<EOF',
    'COPY *.json ./',
    'COPY a b target',
    'COPY only',
    'COPY --chmod=755 a b',
    'COPY --from a b',
    'COPY $A b',
    'WORKDIR $HOME',
    'WORKDIR',
    'ENV A b',
    'ENV A=$B',
    'ENV PATH=/x',
    'FROM --platform=linux/arm64 node:24',
    'FROM $IMAGE',
    'HEALTHCHECK NONE',
    'HEALTHCHECK --timeout=soon CMD ls',
    'CMD ["node", 1]',
    'CMD [node]',
    'CMD',
    'USER node \\',
  ]
  for (const line of refused) assert.throws(() => instructions('WORKDIR /app', line), /line 3: /u, line)
  assert.throws(() => parseDockerfile('# escape=`\nFROM node:24'), /line 1: parser directives/u)
  assert.throws(() => parseDockerfile('USER node\nFROM node:24'), /first instruction must be FROM/u)
  assert.throws(() => parseDockerfile(''), /first instruction must be FROM/u)
})

test('the last line of .dockerignore that fits a path or a folder above it decides', () => {
  const { leavesOut, mayHold } = parseIgnore('# comment\n*\n!src\n!deploy/warm.js\nsrc/**/*.log\nsrc/old/\n')
  const out = [
    '.env',
    'data/moltbot.db',
    'deploy/walk.ts',
    'src/a.log',
    'src/a/b/c.log',
    'src/old',
    'src/old/x.ts',
    'srcs/a.ts',
  ]
  const taken = ['src', 'src/a.ts', 'src/a/b.ts', 'deploy/warm.js', 'src/older.ts']
  assert.deepEqual(
    out.filter((path) => !leavesOut(path)),
    [],
  )
  assert.deepEqual(taken.filter(leavesOut), [])
  assert.deepEqual(['deploy', 'data', 'src/a', 'node_modules'].map(mayHold), [true, false, true, false])
  assert.throws(() => parseIgnore('[ab].ts'), /not known/u)
})

test('absolute paths of a shell line are those of the stage, all else stays', () => {
  const cases = [
    ['ln -s /app/x.js /usr/bin/x', 'ln -s /R/app/x.js /R/usr/bin/x'],
    ['A=/data cat < /etc/x >/tmp/y', 'A=/R/data cat < /R/etc/x >/R/tmp/y'],
    [`cd "/app" && ls '/data' /`, `cd "/R/app" && ls '/R/data' /R/`],
    ['curl http://a/b && cat a/b ./c > /dev/null', 'curl http://a/b && cat a/b ./c > /dev/null'],
  ]
  for (const [text = '', mapped] of cases) assert.equal(mapText(text, '/R'), mapped)
})

test('the Dockerfile of the house is understood, ends as node, and its context holds no more than it names', () => {
  const steps = parseDockerfile(readFileSync(join(house, 'Dockerfile'), 'utf8'))
  const users = steps.flatMap(({ instruction }) => (instruction.kind === 'user' ? [instruction.user] : []))
  assert.equal(users.at(-1), 'node')
  const { leavesOut } = parseIgnore(readFileSync(join(house, '.dockerignore'), 'utf8'))
  assert.deepEqual(
    [
      '.env',
      '.git/config',
      'data/moltbot.db',
      'node_modules/zod/index.js',
      'secrets/key',
      'test/house.test.ts',
    ].filter((path) => !leavesOut(path)),
    [],
  )
  const copied = steps.flatMap(({ instruction }) =>
    instruction.kind === 'copy' && instruction.from === undefined ? instruction.sources : [],
  )
  assert.deepEqual(copied.filter(leavesOut), [])
})
