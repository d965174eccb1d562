/** Does what the parent of this process asks (child.mjs), one job at a time, until the parent goes away. */
export function answerJobs(jobs) {
  process.on('message', async ({ job, ...details }) => {
    try {
      process.send({ value: (await jobs[job](details)) ?? {} })
    } catch (error) {
      process.send({ error: error?.stack ?? String(error) })
    }
  })
  process.on('disconnect', () => process.exit(0))
}
