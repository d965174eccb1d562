import { SettingsError, type PosthornError } from '@posthorn/ground'
import type { Lessons } from './lessons.js'
import type { Session } from './session.js'
import { Transaction } from './transaction.js'

const MAX_ATTEMPTS = 3

/** Where transactions come from and go back to: the pool. */
export interface Work {
  /** The next transaction for this session; undefined when there is none or the session should not carry more. */
  next(session: Session): Transaction | undefined
  /** Back to the front of the queue: nothing of its content was sent. */
  again(transaction: Transaction): void
  readonly lessons: Lessons
  /** A transaction that failed is left open at the end. */
  readonly leavesDirty?: boolean
}

/** Writes the commands of a transaction down. False: the server lacks what the message needs; its send is settled, nothing was sent. */
export function planned(session: Session, transaction: Transaction): boolean {
  try {
    transaction.plan(session)
    return true
  } catch (error) {
    const fault =
      error instanceof SettingsError
        ? error
        : new SettingsError('envelope.type', 'envelope', 'has a value of the wrong type', {
            cause: error,
            hint: 'Compare the envelope with its documentation.',
          })
    transaction.stage = 'done'
    transaction.job.fault(transaction.undecided(), 'notSent', fault)
    return false
  }
}

/** A required recipient was refused: nobody else of the transaction gets the message. */
function withhold(transaction: Transaction): void {
  transaction.stage = 'done'
  for (const index of transaction.undecided()) transaction.job.decide(index, 'notSent', 'rcpt')
}

/** Those held back are served now that the required ones were, or never. */
export function releaseHeld(work: Work, transaction: Transaction): void {
  const { job, heldBack } = transaction
  if (job.doomed) return withhold(transaction)
  work.again(new Transaction(job, heldBack))
}

/** Back to the queue when that is safe and may help, else settled by the fault. */
export function giveBack(work: Work, transaction: Transaction, error: PosthornError, mayHelp: boolean): void {
  if (transaction.stage === 'done') return
  if (transaction.stage === 'envelope' && transaction.job.doomed) return withhold(transaction)
  const again =
    transaction.stage === 'envelope' && mayHelp && transaction.attempts < MAX_ATTEMPTS && !transaction.job.settled
  if (!again) return transaction.lost(error)
  transaction.stage = 'done'
  const rest = transaction.undecided()
  if (rest.length > 0) work.again(new Transaction(transaction.job, rest, transaction.attempts))
}
