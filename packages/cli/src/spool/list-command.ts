import { join } from 'node:path'
import { PosthornError } from 'posthorn'
import { readSpooled, SpoolFolder, type SpoolEntry } from 'posthorn/spool'
import type { OutputFlags } from '../chosen-way.js'
import { fold, paintFor, printable, sizeText, type Style } from '../output.js'
import { reportFailure, sentence } from '../report.js'

/** Up to so many files are shown the oldest first; of more, those behind them as the folder has them. */
const MAX_SORTED = 10_000

/** An entry with what its file says. */
interface Listed extends SpoolEntry {
  readonly file: string
  /** Absent where the file is no message, or cannot be read. */
  readonly reversePath?: string
  readonly recipients?: number
}

/** `posthorn spool list`. Gives the exit code. */
export async function spoolListCommand(folder: string, flags: OutputFlags): Promise<number> {
  const counts: Record<SpoolEntry['state'], number> = { queued: 0, sending: 0, sent: 0, failed: 0 }
  try {
    for await (const entry of inOrder(new SpoolFolder(folder).entries())) {
      const listed = await withEnvelope(folder, entry)
      if (!listed) continue // it was sent meanwhile
      counts[entry.state]++
      if (flags.json) process.stdout.write(`${JSON.stringify(listed)}\n`)
      else if (!flags.quiet) show(listed, Date.now())
    }
  } catch (error) {
    return reportFailure(error, flags)
  }
  if (!flags.json && !flags.quiet) process.stdout.write(`${summary(counts)}\n`)
  return 0
}

async function* inOrder(entries: AsyncIterable<SpoolEntry>): AsyncGenerator<SpoolEntry, void, undefined> {
  let held: SpoolEntry[] | undefined = []
  const sorted = (some: SpoolEntry[]) =>
    some.sort((a, b) => a.at.getTime() - b.at.getTime() || (a.name < b.name ? -1 : 1))
  for await (const entry of entries) {
    if (!held) yield entry
    else if (held.push(entry) === MAX_SORTED) {
      yield* sorted(held)
      held = undefined
    }
  }
  if (held) yield* sorted(held)
}

/** Undefined when the file is not there any more. */
async function withEnvelope(folder: string, entry: SpoolEntry): Promise<Listed | undefined> {
  const { name, state, owner } = entry
  const file = `${name}${owner === undefined ? '' : `~${owner}`}.${state}`
  try {
    const { envelope } = (await readSpooled(join(folder, file), name)).submission
    return { ...entry, file, reversePath: envelope.reversePath, recipients: envelope.recipients.length }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT') return undefined
    const problem = error instanceof PosthornError ? sentence(error) : `it cannot be read (${code ?? 'unknown'})`
    return { reason: problem, ...entry, file } // why it failed says more
  }
}

const STYLES: Readonly<Record<SpoolEntry['state'], Style>> = {
  queued: 'cyan',
  sending: 'magenta',
  sent: 'green',
  failed: 'red',
}

function show({ state, at, sizeOctets, name, reversePath, recipients, reason }: Listed, now: number): void {
  const paint = paintFor(process.stdout)
  const age = ageText(now - at.getTime()).padStart(5)
  const size = sizeText(sizeOctets).padStart(7)
  const route = reversePath === undefined ? 'unknown' : `${reversePath || '<>'} > ${counted(recipients!, 'recipient')}`
  process.stdout.write(
    `${paint(STYLES[state], state.padEnd(7))} ${age} ${size}  ${printable(name)}  ${printable(route)}\n`,
  )
  if (reason !== undefined)
    process.stdout.write(`        ${fold(printable(reason.replace(/^spool: /, '')), process.stdout, 8)}\n`)
}

function summary(counts: Readonly<Record<SpoolEntry['state'], number>>): string {
  const some = Object.entries(counts).filter(([, count]) => count > 0)
  return some.length === 0 ? 'nothing is in the folder' : some.map(([state, count]) => `${count} ${state}`).join(', ')
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

/** `42 s`, `7 min`, `3 h`, `12 d`. */
function ageText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`
  return `${Math.floor(seconds / 86_400)} d`
}
