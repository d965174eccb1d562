import {
  ConnectError,
  InvariantError,
  PosthornError,
  ProtocolError,
  ReplyError,
  replyText,
  SettingsError,
  type ErrorFacts,
  type ErrorOutcome,
  type Phase,
} from '@posthorn/ground'
import { hintFor } from './hint.js'
import { isTransient, type Delivery, type Receipt } from './receipt.js'

/** What `send` rejects with: why, and what became of each recipient. */
export type SendFailure = PosthornError & { readonly receipt: Receipt }

/** True for an error of `send`: it carries the receipt. */
export function isSendFailure(error: unknown): error is SendFailure {
  return error instanceof PosthornError && 'receipt' in error
}

/** Every recipient was refused, or one of them that is required (`recipients: 'all'`: each of them). Nobody got the message. */
export class RecipientsRefused extends ReplyError {
  /** The recipients that were refused, each with its reply. */
  readonly refused: readonly Delivery[]

  /** @param decisive those of them for whose sake nobody got it; they make the reply, the outcome and the hint */
  constructor(refused: readonly Delivery[], decisive: readonly Delivery[] = refused) {
    const first = decisive[0]!
    const others = refused.length > 1 ? ` (and ${refused.length - 1} more)` : ''
    super('smtp.rcpt.refused', `recipient ${first.recipient} refused: ${replyText(first.reply!)}${others}`, {
      phase: 'rcpt',
      reply: first.reply!,
      outcome: decisive.every(isTransient) ? 'transient' : 'permanent',
      hint: hintFor('rcpt', first.reply!),
    })
    this.refused = refused
  }
}

/** The error of a send that delivered to nobody, made for this send alone, with its receipt. */
export function sendFailure(
  receipt: Receipt,
  cause: PosthornError | undefined,
  required: (index: number) => boolean = () => false,
): SendFailure {
  const error = outOf(receipt.deliveries, cause, required)
  Object.defineProperty(error, 'receipt', { value: receipt, enumerable: true })
  return error as SendFailure
}

function outOf(
  deliveries: readonly Delivery[],
  cause: PosthornError | undefined,
  required: (index: number) => boolean,
): PosthornError {
  const unknown = deliveries.some(({ outcome }) => outcome === 'unknown')
  if (cause) return copyOf(cause, unknown ? 'unknown' : cause.outcome)
  const refused = deliveries.filter(({ outcome, reply }) => outcome === 'refused' && reply)
  const first = refused[0]
  if (!first) return new InvariantError('a send failed without a reason')
  if (refused.every(({ phase }) => phase === 'rcpt')) {
    const decisive = deliveries.filter(({ outcome }, index) => outcome === 'refused' && required(index))
    return new RecipientsRefused(refused, decisive.length > 0 ? decisive : refused)
  }
  const reply = first.reply!
  return new ReplyError(
    `smtp.${first.phase}.refused`,
    `${PHASES[first.phase] ?? first.phase} refused: ${replyText(reply)}`,
    {
      phase: first.phase,
      reply,
      outcome: reply.code < 500 ? 'transient' : 'permanent',
      hint: hintFor(first.phase, reply),
    },
  )
}

const PHASES: Partial<Record<Phase, string>> = {
  mail: 'sender',
  rcpt: 'recipient',
  data: 'message',
  content: 'message',
  final: 'message',
}

/** One fault may end many sends, and each gets an error of its own. */
function copyOf(error: PosthornError, outcome: ErrorOutcome): PosthornError {
  const facts: ErrorFacts = {
    phase: error.phase,
    outcome,
    reply: error.reply,
    hint: unknownHint(outcome) ?? error.hint,
    cause: error,
  }
  if (error instanceof SettingsError)
    return new SettingsError(error.code, error.field, error.message.slice(error.field.length + 2), facts)
  if (error instanceof ReplyError) return new ReplyError(error.code, error.message, { ...facts, reply: error.reply })
  if (error instanceof ConnectError) return new ConnectError(error.code, error.message, facts)
  if (error instanceof InvariantError) return new InvariantError(error.message, error)
  return new ProtocolError(error.code, error.message, facts)
}

function unknownHint(outcome: ErrorOutcome): string | undefined {
  return outcome === 'unknown'
    ? 'The content was sent and no reply came: it may have been delivered. Sending again may make a second copy; keep the Message-ID if you do.'
    : undefined
}
