import { PosthornError } from 'posthorn'
import type { SpooledMessage, SpoolEvent } from 'posthorn/spool'
import type { OutputFlags } from '../chosen-way.js'
import { exitCodeOf } from '../exit-code.js'
import { flagHint } from '../flag-hint.js'
import { cut, fold, paintFor, printable, type Style } from '../output.js'
import { sentence } from '../report.js'
import { EXIT } from '../sysexits.js'

/** What is shown of a message on its line. */
interface Shown {
  readonly reversePath: string
  readonly recipients: readonly string[]
  readonly more: number
  readonly sizeOctets: number
}

/** No line names more recipients. */
const MAX_NAMED = 2
const INDENT = 8

/** Tells what becomes of the messages of a spool folder, a line each, and counts. What went wrong goes to standard error. */
export class SpoolTeller {
  /**
   * Counted here and not taken from the `SpoolRun`, which neither a watch nor a run that ends by an error gives. `skipped` are those that are
   * told of; a `SpoolRun` counts those, too, that another process was quicker to take.
   */
  readonly counts = { sent: 0, failed: 0, released: 0, skipped: 0, takenOver: 0 }
  readonly #flags: OutputFlags
  /** Messages under way, by the name of their files. */
  readonly #shown = new Map<string, Shown>()
  /** Of processes elsewhere, which may be gone. */
  readonly #waiting = new Set<string>()
  #failure: unknown
  #skipped: unknown
  /** The last one that stands beside a message on the screen. */
  #told: unknown

  constructor(flags: OutputFlags) {
    this.#flags = flags
  }

  /** Messages that are being sent. */
  get underWay(): number {
    return this.#shown.size
  }

  /** That of the first message that failed; 75 when some wait to be tried again. */
  get exitCode(): number {
    if (this.counts.failed > 0) return exitCodeOf(this.#failure)
    if (this.counts.released > 0 || this.#waiting.size > 0) return EXIT.temporary
    return this.#skipped === undefined ? EXIT.ok : exitCodeOf(this.#skipped)
  }

  /** True when this error was shown already, beside the message it came of. */
  hasTold(error: unknown): boolean {
    return this.#told !== undefined && this.#told === error
  }

  /** To be told in front of its send. */
  begins({ name, submission, sizeOctets }: SpooledMessage): void {
    const { reversePath, recipients } = submission.envelope
    const named = recipients.slice(0, recipients.length > MAX_NAMED ? 1 : MAX_NAMED)
    const more = recipients.length - named.length
    this.#shown.set(name, { reversePath, recipients: named.map(addressOf), more, sizeOctets })
  }

  /** Shows one event. An arrow function, to be handed to `onEvent`. */
  readonly tell = (event: SpoolEvent): void => {
    this.#count(event)
    if (this.#flags.json) this.#json(event)
    else this.#line(event)
    if (event.kind === 'waiting') this.#waiting.add(event.name)
    else this.#waiting.delete(event.name)
    if (event.kind !== 'partly-sent' && event.kind !== 'claimed') this.#shown.delete(event.name)
  }

  /** How it ended, in one line. @param tries true: a message may have been tried several times, so those that wait are not counted */
  summary(tries: boolean): void {
    const { sent, failed, released, skipped, takenOver } = this.counts
    if (this.#flags.json) {
      print(process.stdout, JSON.stringify({ event: 'end', ...this.counts }))
      return
    }
    if (this.#flags.quiet) return
    const waiting = this.#waiting.size
    const parts = [
      `${sent} sent`,
      ...(failed > 0 ? [`${failed} failed`] : []),
      ...(released > 0 && !tries ? [`${released} ${released === 1 ? 'waits' : 'wait'} to be tried again`] : []),
      ...(skipped > 0 ? [`${skipped} skipped`] : []),
      ...(takenOver > 0 ? [`${takenOver} taken over from a process that is gone`] : []),
      ...(waiting > 0 ? [`${waiting} ${waiting === 1 ? 'belongs' : 'belong'} to a process elsewhere`] : []),
    ]
    const nothing = sent + failed + released + skipped + waiting === 0
    print(process.stdout, nothing ? 'nothing was waiting' : parts.join(', '))
  }

  #count({ kind, error }: SpoolEvent): void {
    const { counts } = this
    if (kind === 'sent' || kind === 'partly-sent') counts.sent++
    else if (kind === 'failed') {
      counts.failed++
      this.#failure ??= error
    } else if (kind === 'released') counts.released++
    else if (kind === 'skipped') {
      counts.skipped++
      this.#skipped ??= error
    } else if (kind === 'taken-over') counts.takenOver++
  }

  #json({ kind, name, error, receipt, delivered, signMs, waitMs }: SpoolEvent): void {
    const { reversePath, sizeOctets } = this.#shown.get(name) ?? {}
    const facts = error instanceof PosthornError ? { ...error.toJSON(), hint: flagHint(error) } : undefined
    const told = error === undefined ? undefined : (facts ?? { code: 'unexpected', message: textOf(error) })
    const silentSince = signMs === undefined ? undefined : new Date(signMs).toISOString()
    const fate = { delivered, silentSince, waitMs, deliveries: receipt?.deliveries, error: told }
    const line = { event: kind, name, reversePath, sizeOctets, ...fate }
    print(process.stdout, JSON.stringify(line))
  }

  #line({ kind, name, error, receipt, delivered, signMs = 0, waitMs = 0 }: SpoolEvent): void {
    const { stdout, stderr } = process
    switch (kind) {
      case 'sent':
        return this.#say(stdout, 'green', 'sent', name)
      case 'partly-sent': {
        const deliveries = receipt?.deliveries ?? []
        const have = deliveries.filter(({ outcome }) => outcome === 'delivered').length
        return this.#say(stdout, 'yellow', 'partly', name, `${have} of ${deliveries.length} recipients have it`)
      }
      case 'released':
        if (!this.#flags.quiet) this.#told = error
        return this.#say(stdout, 'yellow', 'later', name, reasonOf(error))
      case 'failed':
        return this.#say(stderr, 'red', 'failed', name, reasonOf(error))
      case 'skipped':
        return this.#say(stderr, 'red', 'skipped', name, reasonOf(error))
      case 'lost-claim':
        return this.#say(
          stderr,
          delivered ? 'red' : 'yellow',
          'lost',
          name,
          delivered
            ? 'another process took it over, and it had been delivered: it is sent twice'
            : 'another process took it over',
        )
      case 'waiting': {
        const since = `belongs to a process elsewhere, silent since ${new Date(signMs).toISOString()}`
        return this.#say(stderr, 'yellow', 'waits', name, `${since}; looked at again in ${Math.ceil(waitMs / 1000)} s`)
      }
      case 'claimed':
      case 'taken-over':
      case 'garbage': // `failed` follows, with the same error
        return
    }
  }

  #say(out: NodeJS.WriteStream, style: Style, word: string, name: string, reason?: string): void {
    if (this.#flags.quiet && out === process.stdout) return
    const file = printable(name)
    const shown = this.#shown.get(name)
    const route = shown === undefined ? '' : routeOf(shown)
    const room = out.isTTY ? Math.max(20, (out.columns ?? 80) - 1 - INDENT - file.length - 2) : Infinity
    print(out, `${paintFor(out)(style, word.padEnd(INDENT - 1))} ${file}${route === '' ? '' : `  ${cut(route, room)}`}`)
    if (reason !== undefined) print(out, `${' '.repeat(INDENT)}${fold(printable(reason), out, INDENT)}`)
  }
}

function routeOf({ reversePath, recipients, more }: Shown): string {
  return printable(`${reversePath || '<>'} > ${recipients.join(', ')}${more > 0 ? ` and ${more} more` : ''}`)
}

function addressOf(recipient: SpooledMessage['submission']['envelope']['recipients'][number]): string {
  return typeof recipient === 'string' ? recipient : recipient.address
}

function reasonOf(error: unknown): string | undefined {
  if (error === undefined) return undefined
  return error instanceof PosthornError ? `${sentence(error)} [${error.code}]` : textOf(error)
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : 'it is no error'
}

function print(out: NodeJS.WriteStream, line: string): void {
  out.write(`${line}\n`)
}
