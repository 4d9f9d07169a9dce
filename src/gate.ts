/** Lets a bounded number in at a time; the others wait in the order in which they came. */
export type Gate = {
  /** Resolves with what lets go of the place; to be called once. */
  readonly enter: () => Promise<() => void>
}

export function createGate(mostAtOnce: number): Gate {
  let inside = 0
  const waiting: (() => void)[] = []
  let first = 0
  const leave = (): void => {
    const next = waiting[first]
    if (next === undefined) {
      inside--
      return
    }
    // The place goes to the next one. A queue of many is not moved up at each step.
    first++
    if (first === waiting.length) waiting.length = first = 0
    next()
  }
  return {
    enter: async () => {
      if (inside < mostAtOnce) inside++
      else await new Promise<void>((resolve) => waiting.push(resolve))
      return leave
    },
  }
}
