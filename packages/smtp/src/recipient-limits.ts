import { SettingsError } from '@posthorn/ground'
import type { Session } from './session.js'
import { Transaction } from './transaction.js'

/** A larger group would only make the replies wait; most servers take no more (RFC 5321 4.5.3.1.8 asks for 100). */
const MAX_GROUP = 1000

/**
 * Which recipients of a transaction this session can serve in one (LIMITS RCPTMAX and RCPTDOMAINMAX, RFC 9422; what 452 taught), and
 * which must wait. All of them `here`, undefined `later`, is the usual case.
 * @param learntLimit recipients the relay was seen to take in one transaction
 */
function fitRecipients(
  session: Session,
  { job, indexes }: Transaction,
  learntLimit: number,
): { readonly here: readonly number[]; readonly later: readonly number[] } {
  const { rcptMax = Infinity, rcptDomainMax = Infinity } = session.extensions.limits
  const limit = Math.min(rcptMax, job.all ? Infinity : Math.min(learntLimit, MAX_GROUP))
  if (indexes.length <= limit && rcptDomainMax === Infinity) return { here: indexes, later: [] }
  // the required ones stand in front, and cannot be split whatever was learnt
  const limitFor = (index: number): number => (job.demanding && job.requires(index) ? rcptMax : limit)
  const here: number[] = []
  const later: number[] = []
  const domains = new Set(session.domains)
  for (const index of job.requiredFirst(indexes)) {
    const { domain } = job.addressees[index]!.path
    const fits = here.length < limitFor(index) && (domains.has(domain) || domains.size < rcptDomainMax)
    if (fits) domains.add(domain)
    ;(fits ? here : later).push(index)
  }
  if (later.length > 0 && (here.length === 0 || domains.size >= rcptDomainMax)) session.full = true
  if (job.envelope.keepOrder) for (const list of [here, later]) list.sort((one, other) => one - other)
  return { here, later }
}

/**
 * What this session can take of a transaction now, recorded (RFC 9422; RFC 5321 4.5.3.1.10).
 * @param back called with what waits: the rest, or all of it when the domains used before leave no room for the required ones
 * @returns undefined when nothing of it can go now; its stage is `done` when it never can, and its recipients are told so
 */
export function cutToLimits(
  session: Session,
  transaction: Transaction,
  learntLimit: number,
  back: (rest: Transaction) => void,
): Transaction | undefined {
  const { job, indexes, attempts } = transaction
  const { here, later } = fitRecipients(session, transaction, learntLimit)
  if (later.length > 0 && job.demanding && later.some((index) => job.requires(index))) {
    if (session.domains.size > 0) {
      session.full = true // one that has used no domain yet may have room for all of them
      back(transaction)
      return undefined
    }
    session.full = false
    transaction.lost(tooManyRecipients())
    return undefined
  }
  const held = later.length > 0 && job.demanding && here.some((index) => job.requires(index))
  if (later.length > 0 && !held) back(new Transaction(job, later, attempts))
  if (here.length === 0) return undefined
  if (session.extensions.limits.rcptDomainMax)
    for (const index of here) session.domains.add(job.addressees[index]!.path.domain)
  if (here === indexes) return transaction
  return new Transaction(job, here, attempts, held ? later : [])
}

/** For required recipients that no transaction of this server can hold. */
function tooManyRecipients(): SettingsError {
  return new SettingsError(
    'recipients.too-many',
    'envelope.recipients',
    'are more, or of more domains, than the server takes in one transaction',
    {
      hint: "Required recipients (recipients: 'all': every one) cannot be split; send to fewer, or require fewer.",
    },
  )
}
