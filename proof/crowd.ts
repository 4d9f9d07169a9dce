import { setTimeout as sleep } from 'node:timers/promises'
import type { Clients, Sent } from './clients.ts'
import { keepOrdering, type Ordered, type Repeated } from './orders.ts'
import { between, createRandom, type Random } from './random.ts'

const talkers = 16
const conversationsEach = 4
const orderers = 4
/** One message in three is a command, which takes no time and would overtake others if it could. */
const commandShare = 1 / 3
/** Half of the messages wait for their reply; one in twelve is sent twice though it was answered. */
const waitingShare = 0.5
const twiceShare = 1 / 12

/** People who talk and order, until they are told to leave; that resolves with what came of their orders. */
export type Crowd = { readonly leave: () => Promise<readonly Ordered[]> }

/** Lets people in: they talk, and order tasks and more runs of those that repeat, with pauses of up to `mostPauseMs`. */
export function createCrowd(
  clients: Clients,
  repeated: readonly Repeated[],
  { seed, mostPauseMs }: { readonly seed: number; readonly mostPauseMs: number },
): Crowd {
  let isOpen = true
  const goesOn = (random: Random) => async (): Promise<boolean> => {
    if (mostPauseMs > 0) await sleep(between(random, 0, mostPauseMs))
    return isOpen
  }
  const talking = Array.from({ length: talkers }, (_, i) => {
    const random = createRandom(seed + i + 1)
    return talk(clients, `talk-${i}`, random, goesOn(random))
  })
  const ordering = Array.from({ length: orderers }, (_, i) => {
    const random = createRandom(seed - i - 1)
    return keepOrdering(clients, `order-${i}`, repeated, random, goesOn(random))
  })
  const ended = Promise.all([Promise.all(ordering), ...talking])
  // It is awaited at the end; a client that fails before is not to end the process.
  ended.catch(() => undefined)
  return {
    leave: async () => {
      isOpen = false
      const [ordered] = await ended
      return ordered.flat()
    },
  }
}

/** True for what goes to the model: each is a turn. */
export function isTalk({ conversation, text }: Sent): boolean {
  return conversation.startsWith('talk-') && !text.startsWith('/')
}

async function talk(
  clients: Clients,
  name: string,
  random: Random,
  goesOn: () => Promise<boolean>,
): Promise<void> {
  for (let i = 1; await goesOn(); i++) {
    const conversation = `${name}-${Math.floor(random() * conversationsEach)}`
    const [wait, twice] = [random() < waitingShare, random() < twiceShare]
    const text = random() < commandShare ? '/model' : `${name} says ${i}`
    await clients.say(conversation, text, { wait, twice })
  }
}
