// pg-boss as a side of the bench of jobs. JavaScript, so that it needs no types where this folder is not installed.
import { PgBoss } from 'pg-boss'

const name = 'bench'

/**
 * Does jobs with the PostgreSQL of this place; `Side` in ../tasks-side.ts says how. Each job is fetched and completed
 * by who sent one: its own workers ask again only every half second. What is completed is kept, as it is by default.
 */
export async function createPgBoss({ port, user, password }) {
  // Without its upkeep, which would cost it time.
  const boss = new PgBoss({
    host: '127.0.0.1',
    port,
    user,
    password,
    database: 'postgres',
    max: 32,
    supervise: false,
    schedule: false,
  })
  boss.on('error', (error) => console.error(error))
  await boss.start()
  await boss.createQueue(name)
  let last = 0
  return {
    job: async (output) => {
      await boss.send(name, { task: ++last % 200, due: last })
      let job
      // None is found where another took this one and its own came too late to be seen.
      while (job === undefined) [job] = await boss.fetch(name)
      await boss.complete(name, job.id, { output })
    },
    completed: async () => {
      const sql = `SELECT count(*)::int AS n FROM pgboss.job WHERE state = 'completed' AND output IS NOT NULL`
      const { rows } = await boss.getDb().executeSql(sql, [])
      return rows[0].n
    },
  }
}
