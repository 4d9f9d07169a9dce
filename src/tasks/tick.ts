import { schedule } from 'node-cron'

/** How long the tick may be silent before it is set up anew, in milliseconds. */
const silenceMs = 5_000

/** Calls a function each second of the wall clock until it is stopped. */
type Beat = (onBeat: () => void) => { readonly stop: () => void }

/** Calls a function again and again by a clock that cannot be set, until it is stopped. */
type Watch = (everyMs: number, onWatch: () => void) => () => void

/**
 * Calls `onTick` about once a second until the function it returns is called. When the wall clock was set back, or
 * for any other reason no tick came for five seconds, it ticks at once and sets itself up anew. Keeps no program alive.
 */
export function startTick(
  onTick: () => void,
  beat: Beat = eachSecond,
  watch: Watch = byInterval,
): () => void {
  let isSilent = false
  const onBeat = (): void => {
    isSilent = false
    onTick()
  }
  let current = beat(onBeat)
  const unwatch = watch(silenceMs, () => {
    if (isSilent) {
      current.stop()
      current = beat(onBeat)
      onTick()
    }
    isSilent = true
  })
  return () => {
    unwatch()
    current.stop()
  }
}

/** Node-cron computes its next second from the wall clock: set back by an hour, it is silent for an hour. */
const eachSecond: Beat = (onBeat) => {
  const task = schedule('* * * * * *', onBeat, { unref: true, suppressMissedWarning: true })
  return { stop: () => void task.destroy() }
}

const byInterval: Watch = (everyMs, onWatch) => {
  const timer = setInterval(onWatch, everyMs)
  timer.unref()
  return () => clearInterval(timer)
}
