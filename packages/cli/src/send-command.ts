import { compose, Mailer, type RawMessage } from 'posthorn'
import { draftFrom, type DraftSource } from './composed-draft.js'
import { envelopeTerms, type EnvelopeFlags } from './envelope-flags.js'
import { paintFor } from './output.js'
import { protectionFromFlags, type ProtectionFlags } from './protection-flags.js'
import { rawFromFlags, type RawFlags } from './raw-message.js'
import { reportFailure, reportReceipt } from './report.js'
import { serverOptions, type OutputFlags, type ServerFlags } from './server-flags.js'
import { TrailPrinter } from './trail-printer.js'

export interface SendFlags extends ServerFlags, OutputFlags, RawFlags, EnvelopeFlags, DraftSource, ProtectionFlags {
  readonly all?: boolean
}

/** `posthorn send`: one message. Gives the exit code. */
export async function sendCommand(flags: SendFlags): Promise<number> {
  let mailer: Mailer | undefined
  let printer: TrailPrinter | undefined
  let raw: RawMessage | undefined
  try {
    const smtp = await serverOptions(flags, process.env)
    const envelope = envelopeTerms(flags)
    mailer = new Mailer({ smtp })
    const message =
      flags.raw === undefined
        ? await compose(await draftFrom(flags, process.stdin), await protectionFromFlags(flags))
        : (raw = await rawFromFlags(flags, process.stdin))
    const progress = process.stderr.isTTY && !flags.quiet
    if (flags.trail || progress) {
      printer = new TrailPrinter(process.stderr, paintFor(process.stderr), { dialogue: flags.trail === true, progress })
      mailer.on('trail', printer.print)
    }
    const receipt = await mailer.send(message, { envelope, recipients: flags.all ? 'all' : 'any' })
    printer?.end()
    await mailer.close()
    return reportReceipt(receipt, flags)
  } catch (error) {
    printer?.end()
    await mailer?.close()
    return reportFailure(error, flags)
  } finally {
    raw?.content.release?.()
    if (readsStdin(flags)) process.stdin.destroy() // a writer that never ends must not keep us
  }
}

function readsStdin({ raw, draft, text, html, htmlFile }: SendFlags): boolean {
  if (draft !== undefined) return draft === '-'
  return raw === undefined ? text === undefined && html === undefined && htmlFile === undefined : raw === '-'
}
