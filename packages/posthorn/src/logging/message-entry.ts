import { PosthornError, replyText } from '@posthorn/ground'
import { isSendFailure, type Delivery, type Outcome, type Receipt } from '@posthorn/smtp'
import type { LeftOut } from '../attachments/left-out.js'
import type { LogEntry } from './log-entry.js'

/** Which message it was. */
export interface MessageFacts {
  /** With its angle brackets. */
  readonly messageId?: string | undefined
  /** '' for the null reverse-path. */
  readonly reversePath?: string | undefined
  readonly profile?: string | undefined
}

/** Recipients that are named in one entry; of further ones the number is told. */
const MAX_NAMED = 50

/** The entry for a send that delivered to somebody: `accepted`, or `accepted-in-part` (a warning). No content, no subject. */
export function receiptEntry(receipt: Receipt, message: MessageFacts = {}): LogEntry {
  const { deliveries } = receipt
  const failed = deliveries.filter(({ outcome }) => outcome !== 'delivered')
  const last = deliveries.findLast(({ outcome, reply }) => outcome === 'delivered' && reply)?.reply
  const facts = { ...identity(message), ...outcomes(deliveries), reply: last && replyText(last) }
  if (failed.length === 0) {
    return { level: 'info', event: 'accepted', text: `${nameOf(message)} was accepted`, facts }
  }
  const text = `${nameOf(message)} was accepted for ${deliveries.length - failed.length} of ${deliveries.length} recipients: ${told(failed)}`
  return { level: 'warn', event: 'accepted-in-part', text, facts }
}

/** The warning for a draft that goes without files it names: each by the last part of its name, and why. */
export function leftOutEntry(leftOut: readonly LeftOut[], message: MessageFacts = {}): LogEntry {
  const files = named(leftOut.map(({ name, code }) => `${name} (${code})`))
  const what = leftOut.length === 1 ? 'a file' : `${leftOut.length} files`
  const text = `${nameOf(message)} goes without ${what}: ${files}`
  return { level: 'warn', event: 'left-out', text, facts: { ...identity(message), files } }
}

/** The entry for a send that delivered to nobody: `refused`, `failed`, or `unknown` when the message may have been delivered. */
export function failureEntry(error: unknown, message: MessageFacts = {}): LogEntry {
  const deliveries = isSendFailure(error) ? error.receipt.deliveries : []
  const why = error instanceof PosthornError ? error : undefined
  const isRefused = deliveries.some(({ outcome }) => outcome === 'refused')
  const event = why?.outcome === 'unknown' ? 'unknown' : isRefused ? 'refused' : 'failed'
  const words = { unknown: 'may have been delivered, or not', refused: 'was refused', failed: 'was not sent' }
  return {
    level: 'error',
    event,
    text: `${nameOf(message)} ${words[event]}: ${error instanceof Error ? error.message : String(error)}`,
    facts: {
      ...identity(message),
      ...outcomes(deliveries),
      code: why?.code,
      phase: why?.phase,
      outcome: why?.outcome,
      hint: why?.hint,
    },
  }
}

function nameOf({ messageId }: MessageFacts): string {
  return messageId === undefined ? 'a message' : `message ${messageId}`
}

function identity({ messageId, reversePath, profile }: MessageFacts): Record<string, unknown> {
  return { messageId, from: reversePath === undefined ? undefined : `<${reversePath}>`, profile }
}

function outcomes(deliveries: readonly Delivery[]): Record<string, unknown> {
  const of = (wanted: Outcome) => {
    const names = deliveries.filter(({ outcome }) => outcome === wanted).map(({ recipient }) => recipient)
    if (names.length === 0) return undefined
    return named(names)
  }
  return { delivered: of('delivered'), refused: of('refused'), notSent: of('notSent'), unknown: of('unknown') }
}

function told(failed: readonly Delivery[]): string {
  return named(
    failed.map(({ recipient, outcome, reply }) => `${recipient} ${reply ? replyText(reply) : outcome}`),
    '; ',
  )
}

function named(names: readonly string[], between = ', '): string {
  const more = names.length - MAX_NAMED
  return names.slice(0, MAX_NAMED).join(between) + (more > 0 ? ` and ${more} more` : '')
}
