import { accessSync, constants as fileConstants } from 'node:fs'
import { constants } from 'node:os'
import { isSendFailure, Mailer, SettingsError, type Delivery, type MailReceipt, type RawMessage } from 'posthorn'
import { chosenWay, type ChosenWay } from '../chosen-way.js'
import { paintFor } from '../output.js'
import { reportFailure, reportReceipt } from '../report.js'
import { TrailPrinter } from '../trail-printer.js'
import { usageError } from '../usage-error.js'
import { keepUnsent } from './keep-unsent.js'
import { localMessage } from './local-message.js'
import { readMessageInput } from './message-input.js'
import { parseSendmailArguments, type SendmailArguments } from './sendmail-arguments.js'
import { StandardInput } from './standard-input.js'

/**
 * `posthorn sendmail`: what programs call as sendmail(8). Gives the exit code, which is that of sysexits.h as they expect it. Nothing is
 * printed when everybody got the message: cron would mail it.
 */
export async function sendmailCommand(args: readonly string[]): Promise<number> {
  const input = new StandardInput(process.stdin)
  leaveStrangeHome()
  try {
    const asked = parseSendmailArguments(args)
    if (asked.mode === 'smtp') {
      const { speakSmtp } = await import('./speak-smtp.js')
      return await speakSmtp(await wayOf(), process.stdin, process.stdout)
    }
    if (asked.recipients.length === 0 && !asked.readRecipients)
      throw usageError('-t', 'or recipients are missing', 'Write sendmail -t, or sendmail you@example.org.')
    return await sendInput(asked, input)
  } catch (error) {
    return reportFailure(error, {})
  } finally {
    await input.end()
  }
}

/** One message from standard input. Without a usable way out it is read all the same, and kept. */
async function sendInput(asked: SendmailArguments, input: StandardInput): Promise<number> {
  const way = await wayOf().catch((error: unknown) => {
    if (process.stdin.isTTY || !(error instanceof SettingsError)) throw error // nobody need type a message for that
    return error
  })
  const profile = way instanceof SettingsError ? {} : way.profile
  const { NAME } = process.env
  const message = await localMessage(
    await readMessageInput(input.chunks(), asked.ignoreDots),
    { ...asked, fullName: asked.fullName ?? NAME },
    profile,
  )
  input.whole()
  const flags = flagsOf(asked, way)
  const forget = keepAtSignals({ message, recipients: message.envelope.recipients, why: 'ended by a signal', flags })
  try {
    if (way instanceof SettingsError) throw way
    const receipt = await handOver(message, asked, way)
    const missing = receipt.deliveries.filter(({ outcome }) => outcome !== 'delivered')
    const exitCode = reportReceipt(receipt, { quiet: true })
    if (missing.length > 0) await keepUnsent({ message, ...told(missing), flags })
    return exitCode
  } catch (error) {
    const exitCode = reportFailure(error, {})
    const missing = isSendFailure(error) ? error.receipt.deliveries.filter(isMissing) : []
    const recipients = missing.length > 0 ? told(missing).recipients : message.envelope.recipients
    const why = error instanceof Error ? error.message : 'unexpected'
    await keepUnsent({ message, recipients, why, flags })
    return exitCode
  } finally {
    forget()
    message.content.release?.()
  }
}

async function handOver(message: RawMessage, asked: SendmailArguments, way: ChosenWay): Promise<MailReceipt> {
  await using mailer = new Mailer(way.profile, way.terms)
  if (asked.verbose) {
    const look = { dialogue: true, progress: false }
    mailer.on('trail', new TrailPrinter(process.stderr, paintFor(process.stderr), look).print)
  }
  const { notify, ret, envelopeId } = asked
  return await mailer.send(message, {
    envelope: {
      ...(notify === undefined ? {} : { notify: { prefer: notify } }),
      ...(ret === undefined ? {} : { ret: { prefer: ret } }),
      ...(envelopeId === undefined ? {} : { envelopeId: { prefer: envelopeId } }),
    },
  })
}

/**
 * A daemon that runs a job as somebody else, as cron does, may have left HOME as its own. What cannot be entered is not the home of who calls;
 * without the variable it is that of the user.
 */
function leaveStrangeHome(): void {
  const { HOME } = process.env
  if (HOME === undefined) return
  try {
    accessSync(HOME, fileConstants.R_OK | fileConstants.X_OK)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EACCES') delete process.env['HOME']
  }
}

/** The way out of whoever calls. @throws {SettingsError} `settings.*`; nobody who calls sendmail can give a flag */
async function wayOf(): Promise<ChosenWay> {
  try {
    return await chosenWay({}, process.env)
  } catch (error) {
    if (!(error instanceof SettingsError) || error.field !== '--server' || !error.message.includes('is missing'))
      throw error
    throw new SettingsError('settings.no-profile', 'profile', 'is missing: who calls has none, nor has the machine', {
      hint: 'Write /etc/posthorn/profile.yaml for everybody, or as this user: posthorn profile use NAME.',
    })
  }
}

const isMissing = ({ outcome }: Delivery) => outcome !== 'delivered'

/** Who has not got it, and what became of it there. */
function told(missing: readonly Delivery[]): { readonly recipients: readonly string[]; readonly why: string } {
  const outcomes = [...new Set(missing.map(({ outcome }) => outcome))].join(', ')
  return { recipients: missing.map(({ recipient }) => recipient), why: `${missing.length} without it: ${outcomes}` }
}

/** What `posthorn send` must be told to do the same. */
function flagsOf({ notify, ret, envelopeId }: SendmailArguments, way: ChosenWay | SettingsError): string[] {
  const { POSTHORN_SITE: site = '' } = process.env
  return [
    ...(way instanceof SettingsError || way.file === undefined ? [] : ['--profile', way.file]),
    ...(site === '' ? [] : ['--site', site]),
    ...(notify === undefined ? [] : ['--notify', notify.join(',')]),
    ...(ret === undefined ? [] : ['--ret', ret]),
    ...(envelopeId === undefined ? [] : ['--envid', envelopeId]),
  ]
}

/**
 * A message that was taken over outlives its caller: who hangs up does not stop it, and who ends us finds it kept. Gives what takes this
 * back.
 */
function keepAtSignals(unsent: Parameters<typeof keepUnsent>[0]): () => void {
  const hangUp = () => {} // a mail program that left its terminal has done its part
  const end = (signal: NodeJS.Signals) =>
    void keepUnsent(unsent).finally(() => process.exit(128 + constants.signals[signal]))
  process.on('SIGHUP', hangUp).on('SIGINT', end).on('SIGTERM', end)
  return () => void process.off('SIGHUP', hangUp).off('SIGINT', end).off('SIGTERM', end)
}
