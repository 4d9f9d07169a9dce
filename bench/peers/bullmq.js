// BullMQ as a side of the bench of jobs. JavaScript, so that it needs no types where this folder is not installed.
import { Queue, Worker } from 'bullmq'

/** Does jobs with the Redis of this place; `Side` in ../tasks-side.ts says how. What is completed is kept, as it is by default. */
export function createBullmq({ port, password }) {
  const connection = { host: '127.0.0.1', port, password, maxRetriesPerRequest: null }
  const queue = new Queue('bench', { connection })
  const waiting = new Map()
  const worker = new Worker('bench', async ({ id }) => waiting.get(id).output, {
    connection,
    concurrency: 32,
  })
  worker.on('completed', ({ id }) => {
    waiting.get(id).resolve()
    waiting.delete(id)
  })
  worker.on('failed', (job, error) => waiting.get(job?.id)?.reject(error))
  let last = 0
  return {
    job: async (output) => {
      // An id of its own keeps a job from being there twice, as the due time of a run does.
      const jobId = `due-${++last}`
      const completed = new Promise((resolve, reject) => waiting.set(jobId, { output, resolve, reject }))
      await Promise.all([queue.add('job', { task: last % 200, due: last }, { jobId }), completed])
    },
    completed: () => queue.getCompletedCount(),
  }
}
