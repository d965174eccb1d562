import { basename } from 'node:path'
import { Mailer, type RawMessage } from 'posthorn'
import type { OutputFlags } from '../chosen-way.js'
import { envelopeTerms, type EnvelopeFlags } from '../envelope-flags.js'
import { rawFromFlags } from '../raw-message.js'
import { reportFailure } from '../report.js'

export interface AddFlags extends EnvelopeFlags, OutputFlags {
  readonly from?: string
  readonly to?: readonly string[]
  readonly readRecipients?: boolean
  readonly keepBcc?: boolean
  readonly all?: boolean
}

/** `posthorn spool add`: one message from standard input. Without `--to` its header says who gets it. Gives the exit code. */
export async function spoolAddCommand(folder: string, flags: AddFlags): Promise<number> {
  let message: RawMessage | undefined
  try {
    const envelope = envelopeTerms(flags)
    await using mailer = new Mailer({ transport: 'spool', spool: { directory: folder } })
    await mailer.verify() // before anything is typed or read
    const { stdin } = process
    if (stdin.isTTY)
      process.stderr.write('posthorn: type a message; a line with Ctrl-D alone (Windows: Ctrl-Z) ends it\n')
    const readRecipients = flags.readRecipients === true || flags.to === undefined
    message = await rawFromFlags({ ...flags, raw: '-', readRecipients }, stdin)
    const receipt = await mailer.send(message, { envelope, ...(flags.all ? { recipients: 'all' as const } : {}) })
    const file = receipt.file!
    const recipients = receipt.deliveries.map(({ recipient }) => recipient)
    if (flags.json)
      process.stdout.write(
        `${JSON.stringify({ ok: true, name: basename(file), file, messageId: receipt.messageId ?? null, recipients })}\n`,
      )
    else if (!flags.quiet) process.stdout.write(`${basename(file)}\n`)
    return 0
  } catch (error) {
    return reportFailure(error, flags)
  } finally {
    message?.content.release?.()
    process.stdin.destroy() // a writer that never ends must not keep us
  }
}
