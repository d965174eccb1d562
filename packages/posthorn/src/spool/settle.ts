import { join } from 'node:path'
import { SettingsError } from '@posthorn/ground'
import type { Receipt, Submission } from '@posthorn/smtp'
import type { Claim } from './claim.js'
import { failureNote } from './failure-note.js'
import type { Owed } from './owed.js'
import type { Claimant } from './owner.js'
import type { ReadSpooled } from './read-spooled.js'
import { isGone, spoolFault, systemCode } from './spool-error.js'
import type { SpoolEvent } from './spool-event.js'
import type { Verdict } from './verdict.js'

/** What became of a claim in the folder. */
export type Settled = {
  readonly sent: boolean
  readonly failed: boolean
  readonly released: boolean
}

/** What settling needs to know of the run. */
export interface SettleTerms {
  readonly folder: string
  readonly claimant: Claimant
  readonly owed: Owed
  readonly keep: boolean
  /** What may be tried again fails all the same. */
  readonly failAll: boolean
  readonly now: () => Date
  readonly tell: (event: SpoolEvent) => void
}

const NOTHING: Settled = { sent: false, failed: false, released: false }

/**
 * Records what became of a message. What has been delivered is written down synchronously, before this function first gives way: between the
 * receipt and that moment a process that is killed makes a second copy.
 * @throws {SettingsError} `spool.settle` when a message that was delivered cannot be recorded as such; `spool.*`
 */
export async function settle(
  claim: Claim,
  message: ReadSpooled,
  verdict: Verdict,
  receipt: Receipt | undefined,
  terms: SettleTerms,
): Promise<Settled> {
  const { stem: name } = claim
  const { delivered, error } = verdict
  const facts = receipt ? { receipt } : {}
  let recorded = true
  try {
    if (verdict.again.length === 0 && verdict.failed.length === 0) {
      claim.recordSent(terms.keep)
      terms.tell({ kind: 'sent', name, ...facts })
      return { ...NOTHING, sent: true }
    }
    if (delivered.length > 0) {
      recorded = claim.markRecipients(message, delivered, 'SENT')
      terms.tell({ kind: 'partly-sent', name, ...facts, error })
    }
  } catch (cause) {
    if (!isGone(cause)) {
      terms.owed.add(claim, () => {
        claim.recordSent(terms.keep)
        return { kind: 'sent', name, ...facts }
      })
      throw unsettled(claim, cause)
    }
    terms.tell({ kind: 'lost-claim', name, ...facts, delivered: true })
    return NOTHING
  }
  return settleRest(claim, message, verdict, recorded, terms)
}

/** @param recorded false when the file may still name those to whom it was delivered */
async function settleRest(
  claim: Claim,
  message: ReadSpooled,
  verdict: Verdict,
  recorded: boolean,
  terms: SettleTerms,
): Promise<Settled> {
  const { folder, claimant, tell } = terms
  const { stem: name } = claim
  const { delivered, deliveries, error } = verdict
  // those who wait again have reasons of their own
  const why = (!terms.failAll && verdict.refusal) || { error, deliveries }
  const failed = terms.failAll ? [...verdict.failed, ...verdict.again].sort((a, b) => a - b) : verdict.failed
  const again = terms.failAll ? [] : verdict.again
  const temporary = () => join(folder, `.${claimant.next()}.tmp`)
  const note = failureNote(why.error, why.deliveries, terms.now())
  const sent = delivered.length > 0
  let isRecorded = recorded
  try {
    if (failed.length > 0 && again.length > 0) {
      await claim.fail(note, { submission: only(message, failed), temporary: temporary() })
      claim.markRecipients(message, failed, 'FAIL')
    }
    const rest = again.length > 0 ? again : failed
    if (rest.length < message.submission.envelope.recipients.length) {
      await claim.replace(only(message, rest), message, temporary())
      isRecorded = true
    }
    if (again.length > 0) claim.release()
    else await claim.fail(note)
  } catch (cause) {
    if (claim.isOurs()) {
      const marks = isRecorded ? undefined : () => claim.markRecipients(message, delivered, 'SENT')
      throw afterTrouble(claim, cause, marks, terms)
    }
    tell({ kind: 'lost-claim', name, error, delivered: sent })
    return NOTHING
  }
  if (failed.length > 0) tell({ kind: 'failed', name, error: why.error })
  if (again.length > 0) tell({ kind: 'released', name, error })
  return { sent, failed: failed.length > 0, released: again.length > 0 }
}

/**
 * The folder cannot be worked in, for want of room say: the message waits again, which takes none, for those who are not marked as done with.
 * What cannot be done now is owed.
 * @param marks marks them, where that was not possible yet
 * @returns the error of the run
 */
function afterTrouble(
  claim: Claim,
  cause: unknown,
  marks: (() => boolean) | undefined,
  { folder, owed, tell }: SettleTerms,
): SettingsError {
  const error = spoolFault(cause, folder)
  const pay = (): SpoolEvent => {
    if (marks && !marks()) throw error
    claim.release()
    return { kind: 'released', name: claim.stem, error }
  }
  try {
    tell(pay())
    return error
  } catch {
    owed.add(claim, pay)
    return marks ? unsettled(claim, cause) : error
  }
}

/** The same message for some of its recipients. */
function only({ submission }: ReadSpooled, indexes: readonly number[]): Submission {
  const { envelope, content } = submission
  return { envelope: { ...envelope, recipients: indexes.map((index) => envelope.recipients[index]!) }, content }
}

function unsettled(claim: Claim, cause: unknown): SettingsError {
  return new SettingsError(
    'spool.settle',
    'spool',
    `${claim.file} was delivered, and that cannot be recorded (${systemCode(cause) ?? 'unknown'})`,
    {
      outcome: 'unknown',
      cause,
      hint: 'Delete that file, or it is sent again once this process has ended; then see why the folder cannot be written to.',
    },
  )
}
