// The program whose disk is taken away: it writes rows through the store and says each that has been promised.
//
//   node proof/power-writer.ts <data folder> <rows>
import { writeSync } from 'node:fs'
import type { Message, Post } from '../src/message.ts'
import { openStore } from '../src/store/store.ts'
import { createRandom } from './random.ts'

const [folder = '', rows = '0'] = process.argv.slice(2)
const address = { adapter: 'proof', account: 'home', channel: 'power' }
/** So many orders are under way at once, so that commits are shared. */
const atOnce = 8
const mostChars = 6_000

const store = await openStore(folder)
const random = createRandom(1)
let next = 1

const message = (id: number, text: string): Message => ({
  id: String(id),
  address,
  author: { id: 'ann', name: 'Ann' },
  text,
  sentAtMs: id,
})
const post = (id: number, text: string): Post => ({
  key: String(id),
  address,
  answers: String(id),
  reply: { text, status: 'done' },
  createdAtMs: id,
})

async function writeOn(): Promise<void> {
  for (let id = next++; id <= Number(rows); id = next++) {
    const text = 'x'.repeat(Math.ceil(random() ** 3 * mostChars))
    await store.writeAll([
      ['inbox.receive', message(id, text), id],
      ['outbox.queue', post(id, text)],
      ['seen.add', 'power', [String(id)], id],
    ])
    // One call for each line, so that what was told stands in its place among the calls of the disk.
    writeSync(1, `${id}\n`)
  }
}

await Promise.all(Array.from({ length: atOnce }, writeOn))
// Nothing is closed: a power cut comes to a program in the middle of its work.
process.kill(process.pid, 'SIGKILL')
