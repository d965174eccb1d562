import { Mailer, type MailReceipt, type RawMessage } from 'posthorn'
import { chosenWay, type OutputFlags, type WayFlags } from './chosen-way.js'
import { draftFrom, type DraftSource } from './composed-draft.js'
import { envelopeTerms, type EnvelopeFlags } from './envelope-flags.js'
import { paintFor } from './output.js'
import { protectionFromFlags, type ProtectionFlags } from './protection-flags.js'
import { rawFromFlags, type RawFlags } from './raw-message.js'
import { reportFailure, reportReceipt } from './report.js'
import { TrailPrinter } from './trail-printer.js'
import { tellWarnings } from './warnings.js'

export interface SendFlags extends WayFlags, OutputFlags, RawFlags, EnvelopeFlags, DraftSource, ProtectionFlags {
  readonly all?: boolean
}

/** `posthorn send`: one message. Gives the exit code. */
export async function sendCommand(flags: SendFlags): Promise<number> {
  let mailer: Mailer | undefined
  let printer: TrailPrinter | undefined
  let raw: RawMessage | undefined
  try {
    const way = await chosenWay(flags, process.env)
    const envelope = envelopeTerms(flags)
    mailer = new Mailer(way.profile, way.terms)
    if (!flags.quiet) tellWarnings(mailer)
    const progress = process.stderr.isTTY && !flags.quiet
    if (flags.trail || progress) {
      printer = new TrailPrinter(process.stderr, paintFor(process.stderr), { dialogue: flags.trail === true, progress })
      mailer.on('trail', printer.print)
    }
    const options = { envelope, ...(flags.all ? { recipients: 'all' as const } : {}) }
    let receipt: MailReceipt
    if (flags.raw === undefined) {
      const { sender, attachments } = way.profile
      const needs = {
        from: sender?.from === undefined,
        recipients: sender?.defaultRecipient === undefined,
        ownFiles: attachments !== undefined,
      }
      const draft = await draftFrom(flags, process.stdin, needs)
      receipt = await mailer.send(draft, { ...options, compose: await protectionFromFlags(flags) })
    } else {
      raw = await rawFromFlags(flags, process.stdin)
      receipt = await mailer.send(raw, options)
    }
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
