import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { resolve } from 'node:path'
import type { Writable } from 'node:stream'
import { SettingsError } from '@posthorn/ground'
import type { Profile } from '@posthorn/settings'
import type { TrailEvent } from '@posthorn/smtp'
import { hidingUsers } from './hidden-user.js'
import { entryJson, entryText, LEVELS, writtenEntry, type LogEntry, type WrittenEntry } from './log-entry.js'
import { LogFile } from './log-file.js'
import type { LogSink, MailLog } from './mail-log.js'
import { printable } from './printable.js'
import { StreamSink } from './stream-sink.js'
import { TrailEntries } from './trail-entries.js'
import { TrailFile } from './trail-file.js'

/** The settings `logging.*` of a profile. */
export type LoggingSettings = NonNullable<Profile['logging']>

export interface LogTerms {
  /** What paths start from; default: the folder of the process. */
  readonly directory?: string | undefined
  /** Default: that of the process. Gets the entries for `stderr`, and what is wrong with the other destinations. */
  readonly stderr?: Writable | undefined
  /** The names that log in, which `showUser: false` hides. */
  readonly users?: readonly string[] | undefined
}

const MAX_OCTETS = 10_000_000
const KEEP = 5
const CLOSE_MS = 5000

/**
 * Opens every destination of the settings. Afterwards nothing that happens to one of them, a full disk, a collector that is away, reaches a
 * send: it is said once on stderr. Opening and closing it is the check that a profile can be saved with.
 * @throws {SettingsError} `logging.file` when the log file or the trail file cannot be written to, `logging.syslog` for an address that is
 * none, `logging.syslog-ca`, `logging.eventlog` anywhere but on Windows
 */
export async function openLog(logging: LoggingSettings | undefined, terms: LogTerms = {}): Promise<MailLog> {
  const settings = logging ?? {}
  const console = new StreamSink(terms.stderr ?? process.stderr)
  const tell = (text: string) => console.line(printable(`posthorn: logging: ${text}`))
  const opened: { close(): Promise<void> }[] = [console]
  try {
    const sinks: LogSink[] = []
    for (const destination of new Set(settings.level === 'off' ? [] : settings.destinations)) {
      if (destination === 'stderr') {
        sinks.push(console)
        continue
      }
      const sink = await openSink(destination, settings, terms, tell)
      sinks.push(sink)
      opened.push(sink)
    }
    const hide = settings.showUser === false ? hidingUsers(terms.users ?? []) : (text: string) => text
    const trailFile =
      settings.trailFile === undefined ? undefined : new TrailFile(await openTrailFile(settings, terms, tell), hide)
    if (trailFile) opened.push(trailFile)
    return new OpenLog(settings, sinks, trailFile, hide, () => closeAll(opened))
  } catch (error) {
    await closeAll(opened)
    throw error
  }
}

class OpenLog implements MailLog {
  readonly wantsTrail: boolean
  readonly #sinks: readonly LogSink[]
  readonly #level: number
  readonly #hide: (text: string) => string
  readonly #trailFile: TrailFile | undefined
  readonly #closeAll: () => Promise<void>
  readonly #entries = new TrailEntries()
  /** Sessions count from 1 in each client: this tells them from those of an earlier process in the same file. */
  readonly #run = randomBytes(3).toString('hex')
  readonly #clients = new WeakMap<object, string>()
  #clientCount = 0
  #closing: Promise<void> | undefined

  constructor(
    settings: LoggingSettings,
    sinks: readonly LogSink[],
    trailFile: TrailFile | undefined,
    hide: (text: string) => string,
    closeEverything: () => Promise<void>,
  ) {
    const { level = 'info' } = settings
    this.#level = level === 'off' ? -1 : LEVELS.indexOf(level)
    this.#sinks = sinks
    this.#trailFile = trailFile
    this.#hide = hide
    this.#closeAll = closeEverything
    this.wantsTrail = trailFile !== undefined || (sinks.length > 0 && this.#level >= LEVELS.indexOf('warn'))
  }

  say(entry: LogEntry): void {
    if (this.#sinks.length === 0 || this.#closing || LEVELS.indexOf(entry.level) > this.#level) return
    this.#guarded(() => {
      const written = writtenEntry(entry, new Date(), this.#hide)
      for (const sink of this.#sinks) sink.write(written)
    })
  }

  trail(event: TrailEvent, from?: object): void {
    if (this.#closing) return
    const session = `${this.#run}-${this.#clientOf(from)}${event.session}`
    this.#guarded(() => {
      this.#trailFile?.write(event, session)
      if (this.#sinks.length > 0) for (const entry of this.#entries.of(event, session)) this.say(entry)
    })
  }

  /** Nothing for the first client, `2.` for the second. */
  #clientOf(from: object | undefined): string {
    if (!from) return ''
    const known = this.#clients.get(from)
    if (known !== undefined) return known
    const name = this.#clientCount++ === 0 ? '' : `${this.#clientCount}.`
    this.#clients.set(from, name)
    return name
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#closeAll())
  }

  /** An entry that cannot be written must not become the failure of a send. */
  #guarded(write: () => void): void {
    try {
      write()
    } catch (error) {
      for (const sink of this.#sinks) sink.write(failedEntry(error))
    }
  }
}

function failedEntry(error: unknown): WrittenEntry {
  const text = printable(`an entry could not be written: ${error instanceof Error ? error.message : String(error)}`)
  return { at: new Date(), level: 'error', event: 'logging', text, facts: {} }
}

async function openSink(
  destination: 'file' | 'syslog' | 'eventlog',
  settings: LoggingSettings,
  terms: LogTerms,
  tell: (text: string) => void,
): Promise<LogSink> {
  if (destination === 'syslog') return openSyslog(settings, terms, tell)
  if (destination === 'eventlog') {
    const { EventLog } = await import('./event-log.js')
    return new EventLog({ tell })
  }
  const { path, maxOctets = MAX_OCTETS, keep = KEEP, format = 'text' } = settings.file ?? {}
  const lineOf = format === 'json' ? entryJson : entryText
  const field = 'logging.file.path'
  if (path === undefined) {
    throw new SettingsError('logging.file', field, 'is missing', { hint: 'Give the path of the log file.' })
  }
  const file = await LogFile.open(
    {
      path: resolve(terms.directory ?? '.', path),
      maxOctets,
      keep,
      tell,
      lostLine: (count) => lineOf(lostEntry(count)),
    },
    field,
  )
  return { write: (entry) => file.write(lineOf(entry)), close: () => file.close() }
}

function openTrailFile(settings: LoggingSettings, terms: LogTerms, tell: (text: string) => void): Promise<LogFile> {
  const { maxOctets = MAX_OCTETS, keep = KEEP } = settings.file ?? {}
  const lostLine = (count: number) => `${new Date().toISOString()} - * ${lostText(count)}`
  const path = resolve(terms.directory ?? '.', settings.trailFile!)
  return LogFile.open({ path, maxOctets, keep, tell, lostLine }, 'logging.trailFile')
}

async function openSyslog(
  { syslog = {} }: LoggingSettings,
  terms: LogTerms,
  tell: (text: string) => void,
): Promise<LogSink> {
  const { SyslogSink } = await import('./syslog/syslog-sink.js')
  const { parseSyslogAddress } = await import('./syslog/syslog-address.js')
  const { wayTo } = await import('./syslog/syslog-way.js')
  const { address = 'udp://127.0.0.1:514', facility = 'mail', appName = 'posthorn', caFile } = syslog
  const where = parseSyslogAddress(address)
  const extraCa = caFile === undefined ? undefined : await readAuthorities(resolve(terms.directory ?? '.', caFile))
  return new SyslogSink({
    source: { facility, appName, hostName: hostname(), processId: process.pid },
    open: wayTo(where, extraCa === undefined ? undefined : { extraCa }),
    maxOctets: where.protocol === 'udp' ? 2048 : 8192,
    tell,
  })
}

function readAuthorities(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    const why = `${path} cannot be read (${error.code ?? 'unknown'})`
    throw new SettingsError('logging.syslog-ca', 'logging.syslog.caFile', why, {
      cause: error,
      hint: 'Give a file with the authorities of the collector, PEM.',
    })
  })
}

function lostEntry(count: number): WrittenEntry {
  return { at: new Date(), level: 'warn', event: 'dropped', text: lostText(count), facts: { count } }
}

function lostText(count: number): string {
  return `${count} entries before this one could not be written`
}

/** What does not close in time is left to itself: a file system may hang for ever. */
async function closeAll([console, ...others]: readonly { close(): Promise<void> }[]): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((done) => (timer = setTimeout(done, CLOSE_MS)))
  try {
    await Promise.race([Promise.all(others.map((each) => each.close())), late])
  } finally {
    clearTimeout(timer)
    await console?.close() // the last: the others may have something to tell there
  }
}
