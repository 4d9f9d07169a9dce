/** The process that reads one feed or one PDF: an Order in, its answer out. A hostile one costs its own time and memory only. */
import { Worker } from 'node:worker_threads'
import type { Order } from './parsing.ts'

/**
 * Ends this process once it takes too much memory, or nobody waits for it any more. It stands in a thread of its own,
 * because that which reads may never pause.
 */
function watch(maxBytes: number, parent: number): void {
  const look = (): void => {
    if (process.memoryUsage.rss() > maxBytes || process.ppid !== parent) process.kill(process.pid, 'SIGKILL')
  }
  setInterval(look, 10)
}

async function readerOf(order: Order): Promise<() => unknown> {
  if (order.kind === 'pdf') {
    const { pdfToText } = await import('./pdf.ts')
    return () => pdfToText(order.bytes, order.mostChars)
  }
  const { parseText } = await import('./parser.ts')
  return () => parseText(order.text, order.origin)
}

async function answer(order: Order): Promise<void> {
  const read = await readerOf(order)
  // The time of the text counts from here on, so it must be told before the text can keep this thread.
  await new Promise((told) => process.send?.('ready', told))
  process.send?.(await read())
}

// What stops the program may reach this process as well (Ctrl-C, systemd); the program itself says when this one ends.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined)
new Worker(`(${watch.toString()})(${process.argv[2]}, ${process.ppid})`, { eval: true }).unref()
process.on('message', (order: Order) => void answer(order))
