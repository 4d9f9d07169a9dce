import { adapterContract } from '../contracts/adapter.ts'
import { createFakeTerminal, terminalOn } from './fake-terminal.ts'

const here = { adapter: 'terminal', account: 'local', channel: 'terminal' }

adapterContract('a terminal', async () => {
  // So wide that no row wraps: a text arrives as the rows that it was sent in.
  const screen = createFakeTerminal({ columns: 1_000_000 })
  const adapter = terminalOn(screen, { now: Date.now })
  let refused = 0
  let taken = 0
  let isOpen = false
  return {
    adapter: {
      ...adapter,
      start: (receive) => {
        isOpen = true
        return adapter.start(
          async (message) => {
            try {
              return await receive(message)
            } catch (error) {
              refused++
              throw error
            } finally {
              taken++
            }
          },
          async () => {},
        )
      },
      stop: () => {
        isOpen = false
        return adapter.stop()
      },
    },
    canRepeat: false,
    here,
    targets: ['terminal', '终端'],
    say: async (text) => {
      const before = { taken, refused }
      await screen.type(`${text}\r`)
      const hasAnswer = (): boolean => !isOpen || taken > before.taken
      while (!hasAnswer()) await screen.type('')
      // What a terminal has instead of an acknowledgement is the absence of a reason why not.
      return taken > before.taken && refused === before.refused ? 'acknowledged' : 'refused'
    },
    arrived: async () =>
      (await screen.seen())
        .slice(0, -1)
        .join('\n')
        .split(/\n(?!lines)/u),
    wire: screen.raw,
  }
})

adapterContract('an output that nobody types at', async () => {
  const screen = createFakeTerminal({ isTTY: false })
  const adapter = terminalOn(screen, { now: Date.now })
  return {
    adapter,
    canRepeat: false,
    here,
    targets: ['terminal'],
    // The person speaks through a command line.
    say: async (text) => {
      const answered = adapter.ask(text, new AbortController().signal)
      return answered.then(
        () => 'acknowledged',
        () => 'refused',
      )
    },
    arrived: async () => {
      await screen.seen()
      return screen
        .raw()
        .trimEnd()
        .split(/\n(?!lines)/u)
    },
    wire: screen.raw,
  }
})
