import { Mailer, PosthornError, SettingsError } from 'posthorn'
import { SpoolFolder, type ProcessOptions, type SpooledMessage, type SpoolEvent } from 'posthorn/spool'
import { chosenWay, type OutputFlags, type WayFlags } from '../chosen-way.js'
import { exitCodeOf } from '../exit-code.js'
import { flagHint } from '../flag-hint.js'
import { fold, paintFor, type Style } from '../output.js'
import { reportFailure, sentence, toDo } from '../report.js'
import { EXIT } from '../sysexits.js'
import { TrailPrinter } from '../trail-printer.js'
import { usageError } from '../usage-error.js'
import { tellWarnings } from '../warnings.js'
import { sendSpooled } from './send-spooled.js'
import { SpoolTeller } from './spool-teller.js'

export type ProcessFlags = WayFlags &
  OutputFlags & {
    readonly keep?: boolean
    readonly watch?: boolean
    readonly concurrency: string
  }

const MAX_CONCURRENCY = 1000

/**
 * `posthorn spool process`: sends what waits by the chosen way. The first Ctrl-C lets what is under way end, the second one ends it. Gives
 * the exit code: that of the first message that failed, else 75 when some wait to be tried again. With `--watch`: that of what ended it by
 * itself, else 0, or 75 when the second Ctrl-C left messages that wait.
 */
export async function spoolProcessCommand(folder: string, flags: ProcessFlags): Promise<number> {
  const teller = new SpoolTeller(flags)
  const stop = new AbortController()
  const cut = new AbortController()
  let wasCut = false
  let mailer: Mailer | undefined
  let forget = () => {}
  let failure: { readonly error: unknown } | undefined
  try {
    const concurrency = concurrencyOf(flags.concurrency)
    const own = await mailerFor(flags)
    mailer = own
    forget = endAtSignals(stop, cut, own, teller)
    const spool = new SpoolFolder(folder)
    const send = (message: SpooledMessage) => {
      teller.begins(message)
      return sendSpooled(own, message) // without the signal: what is under way goes on to its end
    }
    const onEvent = (event: SpoolEvent) => {
      if (event.kind === 'released' && cut.signal.aborted) wasCut = true
      teller.tell(event)
    }
    const options = { concurrency, keep: flags.keep === true, signal: stop.signal, onEvent }
    if (flags.watch) failure = await watched(spool, send, options, stop, teller)
    else await spool.process(send, options)
  } catch (error) {
    if (!stop.signal.aborted) failure = { error }
    else if (error !== stop.signal.reason) failure = { error }
  } finally {
    forget()
  }
  await mailer?.close()
  if (mailer && (!failure || flags.json || teller.hasTold(failure.error))) teller.summary(flags.watch === true)
  if (failure) return reportEnd(failure.error, flags, teller)
  if (flags.watch) return wasCut ? EXIT.temporary : EXIT.ok
  return stop.signal.aborted && teller.exitCode === EXIT.ok ? EXIT.temporary : teller.exitCode
}

async function mailerFor(flags: ProcessFlags): Promise<Mailer> {
  const { profile, terms } = await chosenWay(flags, process.env)
  if (profile.transport === 'spool') {
    throw new SettingsError('settings.transport', 'transport', 'is spool, which would put each message into a folder', {
      hint: 'Say where they go: --server URL, --profile NAME, or --set transport=smtp when the profile names a relay, too.',
    })
  }
  const mailer = new Mailer(profile, terms)
  if (!flags.quiet) tellWarnings(mailer)
  if (flags.trail) {
    const look = { dialogue: true, progress: false }
    mailer.on('trail', new TrailPrinter(process.stderr, paintFor(process.stderr), look).print)
  }
  return mailer
}

/**
 * Watches until the signal. What may pass, such as a server that is away, is told and tried again; anything else, such as a login that is
 * refused, ends it, and is given back.
 */
async function watched(
  spool: SpoolFolder,
  send: Parameters<SpoolFolder['watch']>[0],
  options: ProcessOptions & { readonly signal: AbortSignal },
  stop: AbortController,
  teller: SpoolTeller,
): Promise<{ readonly error: unknown } | undefined> {
  let failure: { readonly error: unknown } | undefined
  let told: string | undefined
  const onError = (error: unknown) => {
    if (!(error instanceof PosthornError && error.outcome === 'transient')) {
      failure = { error }
      stop.abort()
    } else if (!stop.signal.aborted && told !== error.code) {
      told = error.code // once, however often it is tried
      say(
        'yellow',
        teller.hasTold(error)
          ? 'nothing goes out like this; it is tried again'
          : `${sentence(error)}; it is tried again [${error.code}]`,
      )
    }
  }
  const onEvent: ProcessOptions['onEvent'] = (event) => {
    if (event.kind === 'sent') told = undefined
    options.onEvent?.(event)
  }
  await spool.watch(send, { ...options, onEvent, onError })
  return failure
}

/** What ended the run says nothing about the message it came of. */
function reportEnd(error: unknown, flags: OutputFlags, teller: SpoolTeller): number {
  if (flags.json || !(error instanceof PosthornError) || !teller.hasTold(error)) return reportFailure(error, flags)
  say('red', `nothing goes out like this, and what was not tried still waits [${error.code}]`)
  toDo(flagHint(error))
  return exitCodeOf(error)
}

function say(style: Style, text: string): void {
  process.stderr.write(`${paintFor(process.stderr)(style, fold(`posthorn: ${text}`, process.stderr, 2))}\n`)
}

function concurrencyOf(text: string): number {
  if (/^\d{1,4}$/.test(text) && Number(text) >= 1 && Number(text) <= MAX_CONCURRENCY) return Number(text)
  throw usageError('--concurrency', `must be a whole number from 1 to ${MAX_CONCURRENCY}`, 'Write --concurrency 4.')
}

/** The first signal ends the taking, the second one cuts off what is under way, and a third one finds us as it would without this. */
function endAtSignals(stop: AbortController, cut: AbortController, mailer: Mailer, teller: SpoolTeller): () => void {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  const forget = () => signals.forEach((signal) => process.off(signal, end))
  const end = () => {
    if (stop.signal.aborted) {
      forget()
      cut.abort()
      void mailer.close({ now: true })
      return
    }
    stop.abort()
    const count = teller.underWay
    if (count > 0)
      process.stderr.write(
        `posthorn: ${count} ${count === 1 ? 'message is' : 'messages are'} finished first; Ctrl-C again ends at once\n`,
      )
  }
  signals.forEach((signal) => process.on(signal, end))
  return forget
}
