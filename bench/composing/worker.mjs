// The process in which one composer lives. It does what its parent asks, one thing at a time, and reports what it cost.
import { createHash } from 'node:crypto'
import { answerJobs } from '../jobs.mjs'
import { peakMemory, restingMemory } from '../process-memory.mjs'

let module
let composer

answerJobs({
  /** Loads a composer, which fails when it is not built. */
  async load({ name }) {
    module = await import(`./${name}.mjs`)
  },

  async open(details) {
    composer = await module.open(details)
  },

  /** Composes once and says how many octets came. */
  async size() {
    return { sizeOctets: await composer.once() }
  },

  /** The message as a reader sees it. */
  async read() {
    const { simpleParser } = await import('mailparser')
    const octets = await composer.message()
    const mail = await simpleParser(octets, { skipHtmlToText: true, skipTextToHtml: true, skipImageLinks: true })
    return {
      sizeOctets: octets.length,
      text: mail.text,
      html: mail.html || undefined,
      signatures: mail.headerLines.filter(({ key }) => key === 'dkim-signature').length,
      files: mail.attachments.map(({ filename, contentType, content, cid }) => ({
        name: filename,
        type: contentType,
        cid,
        digest: createHash('sha256').update(content).digest('hex'),
      })),
    }
  },

  /** Composes until `forMs` is over, in batches that grow. Returns how many a second at the end. */
  async warmUp({ forMs }) {
    const started = performance.now()
    let perSecond = 0
    for (let batch = 1; performance.now() - started < forMs; batch = Math.min(batch * 2, 16_384)) {
      const before = performance.now()
      for (let index = 0; index < batch; index++) await composer.once()
      perSecond = (batch * 1000) / (performance.now() - before)
    }
    return { perSecond }
  },

  async run({ count }) {
    const cpu = process.cpuUsage()
    const started = performance.now()
    let sizeOctets = 0
    for (let index = 0; index < count; index++) sizeOctets = await composer.once()
    const elapsedMs = performance.now() - started
    const { user, system } = process.cpuUsage(cpu)
    return { count, elapsedMs, cpuUs: user + system, sizeOctets }
  },

  /** The longest pauses, as `watchLoop` counts them, while so many messages were composed. */
  async pause({ count }) {
    const clock = watchLoop()
    await clock.ticked()
    for (let index = 0; index < count; index++) await composer.once()
    await clock.ticked()
    return clock.stop()
  },

  /** One message: its time, its CPU, the longest pause of the event loop, and the memory above what the process had before. */
  async measure() {
    const clock = watchLoop()
    await clock.ticked()
    const idleOctets = restingMemory()
    const cpu = process.cpuUsage()
    const started = performance.now()
    const sizeOctets = await composer.once()
    const elapsedMs = performance.now() - started
    const { user, system } = process.cpuUsage(cpu)
    await clock.ticked()
    return {
      sizeOctets,
      elapsedMs,
      cpuUs: user + system,
      ...clock.stop(),
      idleOctets,
      peakOctets: peakMemory(),
    }
  },
})

/**
 * A timer of 1 ms: how late it ever was in milliseconds, and how much of that at most was work of this process, which is what its CPU time
 * grew by meanwhile. The rest is a CPU that something else had.
 */
function watchLoop() {
  let last = performance.now()
  let lastCpu = process.cpuUsage()
  let longestMs = 0
  let busyMs = 0
  let heard = []
  const timer = setInterval(() => {
    const now = performance.now()
    const cpu = process.cpuUsage()
    const spentMs = (cpu.user + cpu.system - lastCpu.user - lastCpu.system) / 1000
    longestMs = Math.max(longestMs, now - last - 1)
    busyMs = Math.max(busyMs, Math.min(now - last, spentMs) - 1)
    last = now
    lastCpu = cpu
    for (const each of heard) each()
    heard = []
  }, 1)
  return {
    ticked: () => new Promise((resolve) => heard.push(resolve)),
    stop() {
      clearInterval(timer)
      return { longestMs, busyMs }
    },
  }
}
