import {
  isSendFailure,
  PosthornError,
  replyText,
  SettingsError,
  type Delivery,
  type MailReceipt,
  type SpooledDelivery,
} from 'posthorn'
import { exitCodeOf, exitCodeOfReceipt } from './exit-code.js'
import { flagHint } from './flag-hint.js'
import { fold, paintFor, printable } from './output.js'
import type { OutputFlags } from './chosen-way.js'

const SHOWN_RECIPIENTS = 20

/**
 * Says what became of a message that somebody got, and gives the exit code. Files that the profile let it go without are a warning and
 * change no exit code: the profile asked for it, and the message was delivered.
 */
export function reportReceipt(receipt: MailReceipt, flags: OutputFlags): number {
  const { deliveries, messageId, file, leftOut = [] } = receipt
  const missing = deliveries.filter(({ outcome }) => outcome !== 'delivered')
  const partial = missing.length > 0 ? partialDelivery(deliveries.length, missing) : undefined
  if (flags.json)
    printJson({
      ok: !partial,
      messageId: messageId ?? null,
      ...(file === undefined ? {} : { file }),
      deliveries,
      ...(leftOut.length === 0 ? {} : { leftOut }),
      ...(partial ? { error: partial } : {}),
    })
  else {
    for (const { name, code } of leftOut)
      // with --quiet, too: a part of the message is missing
      process.stderr.write(
        `${paintFor(process.stderr)('yellow', fold(`warning: the message went without ${printable(name)} (${code})`, process.stderr, 2))}\n`,
      )
    if (!flags.quiet && file !== undefined) reportFiles(receipt)
    else if (!flags.quiet) {
      if (messageId !== undefined) process.stdout.write(`sent ${messageId}\n`)
      list(
        deliveries.filter(({ outcome }) => outcome === 'delivered'),
        process.stdout,
      )
    }
    if (partial) {
      happened(partial.message, partial.code)
      list(missing, process.stderr)
      toDo(partial.hint)
    }
  }
  return exitCodeOfReceipt(receipt)
}

/** A message in a spool folder is not sent yet. */
function reportFiles({ messageId, deliveries }: MailReceipt): void {
  if (messageId) process.stdout.write(`queued ${messageId}\n`)
  const files = new Set((deliveries as readonly SpooledDelivery[]).map(({ file }) => file))
  for (const file of files) process.stdout.write(`  ${printable(file)}\n`)
}

/** Says in one line what happened and in one line what to do, and gives the exit code. */
export function reportFailure(error: unknown, flags: OutputFlags): number {
  const exitCode = exitCodeOf(error)
  const receipt = isSendFailure(error) ? error.receipt : undefined
  if (flags.json) {
    const facts =
      error instanceof PosthornError
        ? { ...error.toJSON(), hint: flagHint(error) }
        : { code: 'unexpected', message: String(error) }
    printJson({ ok: false, messageId: receipt?.messageId ?? null, deliveries: receipt?.deliveries ?? [], error: facts })
    return exitCode
  }
  if (!(error instanceof PosthornError)) {
    // not one of ours, so a defect: the stack is what a report needs
    process.stderr.write(
      `posthorn: unexpected: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    )
    toDo('This is a defect of Posthorn; please report it.')
    return exitCode
  }
  happened(sentence(error), error.code)
  if (receipt && receipt.deliveries.length > 1) list(receipt.deliveries, process.stderr)
  toDo(flagHint(error))
  return exitCode
}

/** "--server is missing" and not "--server: is missing": what is said about a flag or a setting goes on from its name. */
export function sentence(error: PosthornError): string {
  // the folder is named in what is said
  if (error instanceof SettingsError && error.code.startsWith('spool.'))
    return error.message.replace(/^(?:spool|name): /, '')
  const named = error instanceof SettingsError && /^(?:usage|settings)\.|^oauth2\.file$/.test(error.code)
  return named ? error.message.replace(`${error.field}: `, `${error.field} `) : error.message
}

interface PartialDelivery {
  readonly code: 'delivery.partial'
  readonly message: string
  readonly hint: string
}

function partialDelivery(total: number, missing: readonly Delivery[]): PartialDelivery {
  const later = missing.some(
    ({ outcome, reply }) => outcome === 'notSent' || (outcome === 'refused' && (reply?.code ?? 500) < 500),
  )
  return {
    code: 'delivery.partial',
    message: `${missing.length} of ${total} recipients did not get the message, the others did`,
    hint: `Do not send it to all of them again.${later ? ' Those refused with 4yz can be tried later, on their own;' : ''} ${later ? 'correct' : 'Correct'} the addresses refused with 5yz, or send with --all to have all or none.`,
  }
}

function list(deliveries: readonly Delivery[], out: NodeJS.WriteStream): void {
  const width = Math.max(...deliveries.map(({ recipient }) => recipient.length), 0)
  for (const { outcome, recipient, reply } of deliveries.slice(0, SHOWN_RECIPIENTS)) {
    out.write(`  ${outcome.padEnd(9)}  ${recipient.padEnd(reply ? width : 0)}${reply ? `  ${replyText(reply)}` : ''}\n`)
  }
  const more = deliveries.length - SHOWN_RECIPIENTS
  if (more > 0) out.write(`  and ${more} more; --json lists them all\n`)
}

function happened(message: string, code: string): void {
  const paint = paintFor(process.stderr)
  const [first = '', ...rest] = fold(`posthorn: ${message} [${code}]`, process.stderr, 2).split('\n')
  process.stderr.write(`${[paint('red', first), ...rest.map((line) => paint('red', line))].join('\n')}\n`)
}

/** What to do about an error that was told already. */
export function toDo(hint: string | undefined): void {
  if (hint !== undefined) process.stderr.write(`${fold(`what to do: ${hint}`, process.stderr, 2)}\n`)
}

function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}
