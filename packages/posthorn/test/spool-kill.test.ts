import { spawn } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { random, SinkServer, type SinkMessage } from '@posthorn/testkit'
import { SmtpClient } from '@posthorn/smtp'
import { expect, it } from 'vitest'
import { SpoolFolder } from '../src/spool/index.js'
import { Folder } from './oauth2/folder.js'

const WORKER = fileURLToPath(new URL('./spool/killed-worker.mjs', import.meta.url))
const BUILT = [
  new URL('../dist/spool/index.js', import.meta.url).href,
  new URL('../../smtp/dist/index.js', import.meta.url).href,
]
const MESSAGES = 2_000
const KILLS = 300
const WORKERS = 3
const LIMIT_MS = 300_000
/** A message has about 15 lines, so a run lives for four messages on average, and all kinds of lines are met. */
const MOST_LINES = 120

interface JournalLine {
  readonly run: number
  readonly kind: string
  readonly of: string
}

/** Runs one worker to its end. @returns true when it was killed */
async function worker(folder: string, port: number, journal: string, run: number, killAt: number): Promise<boolean> {
  const child = spawn(process.execPath, [WORKER, ...BUILT, folder, `${port}`, journal, `${run}`, `${killAt}`], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) =>
    child.once('close', (...how) => resolve(how)),
  )
  if (signal !== 'SIGKILL') expect([code, signal]).toEqual([0, null])
  return signal === 'SIGKILL'
}

function contentOf(number: number): string {
  const filler = `${'0123456789'.repeat(7)}\r\n`.repeat(number % 25 === 0 ? 3_000 : 5)
  return `Subject: ${number}\r\n\r\n${filler}`
}

it(
  'loses nothing when workers are killed, and a second copy is only made between the last octet and the record of its reply',
  { timeout: LIMIT_MS },
  async () => {
    await using folder = await Folder.make()
    await using outside = await Folder.make()
    await using sink = await SinkServer.start()
    const spool = new SpoolFolder(folder.path)
    const numbers = [...Array(MESSAGES).keys()]
    const next = numbers[Symbol.iterator]()
    const queueing = async (): Promise<void> => {
      for (const number of next) {
        const envelope = { reversePath: `${number}@example.test`, recipients: ['to@example.test'] }
        await spool.queue({ envelope, content: contentOf(number) })
      }
    }
    await Promise.all(Array.from({ length: 16 }, queueing))

    const journal = outside.file('journal')
    const chance = random(20_261_122)
    let kills = 0
    let runs = 0
    const killed = new Set<number>()
    const workers = async (): Promise<void> => {
      for (;;) {
        const run = runs++
        const killAt = kills < KILLS ? 1 + chance.integer(MOST_LINES) : 0
        if (killAt > 0) kills++
        if (await worker(folder.path, sink.port, journal, run, killAt)) killed.add(run)
        else if (killAt === 0) return
        else kills-- // it had nothing left to do before that line
      }
    }
    await Promise.all(Array.from({ length: WORKERS }, workers))
    await using client = new SmtpClient({ host: '127.0.0.1', port: sink.port, security: 'none' })
    await spool.process((message) => client.send(message.submission))

    const lines = (await readFile(journal, 'utf8')).trim().split('\n').map(read)
    const copies = new Map<number, SinkMessage[]>()
    for (const message of sink.ledger) {
      const number = Number.parseInt(message.reversePath)
      copies.set(number, [...(copies.get(number) ?? []), message])
    }
    const doubtful = doubtfulIn(lines, killed)
    const twice = numbers.filter((number) => (copies.get(number)?.length ?? 0) > 1)
    report(lines, killed, twice)

    expect(killed.size).toBe(KILLS)
    expect(recordsBehindReceipts(lines)).toBeGreaterThan(MESSAGES / 2)
    expect(numbers.filter((number) => !copies.has(number))).toEqual([])
    expect(copies.size).toBe(MESSAGES)
    for (const [number, messages] of copies) {
      for (const { octets } of messages) expect(octets).toBe(contentOf(number).length)
      expect(messages.length - 1, `message ${number}`).toBeLessThanOrEqual(doubtful.get(`${number}`) ?? 0)
    }
    expect(await readdir(folder.path)).toEqual([])
  },
)

function read(line: string): JournalLine {
  const [run, kind, of] = line.split(' ')
  return { run: Number(run), kind: kind!, of: of! }
}

/**
 * Expects that a run does nothing between a receipt and its record: their lines are neighbours, unless it was killed there.
 * @returns how many there were
 */
function recordsBehindReceipts(lines: readonly JournalLine[]): number {
  const runs = new Map<number, JournalLine[]>()
  for (const line of lines) {
    const own = runs.get(line.run)
    if (own) own.push(line)
    else runs.set(line.run, [line])
  }
  let records = 0
  for (const own of runs.values()) {
    for (const [index, { kind, of }] of own.entries()) {
      if (kind !== 'receipt') continue
      const behind = own.slice(index + 1, index + 3).map((line) => `${line.kind} ${line.of}`)
      expect(behind, `behind the receipt of ${of}`).toEqual(
        ['before-unlinkSync -', `sent ${of}`].slice(0, behind.length),
      )
      if (behind.length === 2) records++
    }
  }
  return records
}

/** How often each message was sent whole by a run that was killed before it had recorded the reply. */
function doubtfulIn(lines: readonly JournalLine[], killed: ReadonlySet<number>): Map<string, number> {
  const doubtful = new Map<string, number>()
  const recorded = new Set(lines.filter(({ kind }) => kind === 'sent').map(({ run, of }) => `${run} ${of}`))
  for (const { run, kind, of } of lines) {
    if (kind !== 'content-done' || !killed.has(run) || recorded.has(`${run} ${of}`)) continue
    doubtful.set(of, (doubtful.get(of) ?? 0) + 1)
  }
  return doubtful
}

/** Where the kills fell, by the last line of each run; and of what was sent twice, where the run was killed that had sent it before. */
function report(lines: readonly JournalLine[], killed: ReadonlySet<number>, twice: readonly number[]): void {
  const last = new Map<number, JournalLine>()
  const senders = new Map<string, number>()
  for (const line of lines) {
    last.set(line.run, line)
    if (line.kind === 'content-done' && !senders.has(line.of)) senders.set(line.of, line.run)
  }
  const counted = (runs: Iterable<number | undefined>): string => {
    const counts = new Map<string, number>()
    for (const run of runs) {
      const kind = run === undefined ? 'nobody' : (last.get(run)?.kind ?? 'nothing yet')
      counts.set(kind, (counts.get(kind) ?? 0) + 1)
    }
    return [...counts]
      .sort()
      .map(([kind, count]) => `${kind} ${count}`)
      .join(', ')
  }
  console.log(`${killed.size} workers killed, after: ${counted(killed)}`)
  console.log(
    `${twice.length} messages sent twice, the first one killed after: ${counted(twice.map((each) => senders.get(`${each}`)))}`,
  )
}
