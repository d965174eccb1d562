// The process in which one client lives. It does what its parent asks, one thing at a time, and reports what it cost. Nothing
// else runs here, so that process.cpuUsage() is the client's alone.
import { answerJobs } from './jobs.mjs'
import { contentOf, trickyContent } from './messages.mjs'
import { peakMemory, restingMemory } from './process-memory.mjs'

let client
let module

answerJobs({
  /** Loads the module of the client, which fails when it is not built. */
  async load({ name }) {
    module = await import(`./clients/${name}.mjs`)
  },

  /** Opens the client towards a sink; `sizeOctets` undefined means the short message with awkward dots. */
  async open({ settings, sizeOctets }) {
    client = await module.open(settings, sizeOctets === undefined ? trickyContent() : contentOf(sizeOctets))
  },

  /** Sends until `forMs` is over, in batches that grow. Returns how many were sent, and how many a second at the end. */
  async warmUp({ forMs, atLeast }) {
    const started = performance.now()
    let messages = 0
    let perSecond = 0
    for (let batch = atLeast; performance.now() - started < forMs; batch = Math.min(batch * 2, 16_384)) {
      const before = performance.now()
      await client.run(batch)
      perSecond = (batch * 1000) / (performance.now() - before)
      messages += batch
    }
    return { messages, perSecond }
  },

  async run({ count }) {
    const cpu = process.cpuUsage()
    const started = performance.now()
    await client.run(count)
    const elapsedMs = performance.now() - started
    const { user, system } = process.cpuUsage(cpu)
    return { count, elapsedMs, cpuUs: user + system }
  },

  async close() {
    await client.close()
    client = undefined
  },

  /** Sends `count` messages over each of several sessions at once, each a client of its own that has sent one message before. */
  async sideBySide({ settings, sizeOctets, sessions, count }) {
    const content = contentOf(sizeOctets)
    const opened = await Promise.all(Array.from({ length: sessions }, () => module.open(settings, content)))
    await Promise.all(opened.map((each) => each.run(1)))
    const runs = await Promise.all(
      opened.map(async (each) => {
        const started = performance.now()
        await each.run(count)
        return { count, elapsedMs: performance.now() - started }
      }),
    )
    await Promise.all(opened.map((each) => each.close()))
    return { runs }
  },

  /** One message on a new connection. */
  async first({ settings, sizeOctets }) {
    return { elapsedMs: await module.first(settings, contentOf(sizeOctets)) }
  },

  /** Sends one file and says what memory it took above what the process had with everything loaded. */
  async memory({ settings, kind, path }) {
    const file = await module.prepareFile(settings, kind, path)
    const idle = restingMemory()
    const started = performance.now()
    const cpu = process.cpuUsage()
    await file.send()
    const { user, system } = process.cpuUsage(cpu)
    const elapsedMs = performance.now() - started
    const peakOctets = peakMemory()
    await file.close()
    return { idleOctets: idle, peakOctets, elapsedMs, cpuUs: user + system }
  },
})
