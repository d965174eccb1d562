import { SettingsError } from '@posthorn/ground'
import type { Session } from './session.js'
import type { Transaction } from './transaction.js'

/** A larger group would only make the replies wait; most servers take no more (RFC 5321 4.5.3.1.8 asks for 100). */
const MAX_GROUP = 1000

/**
 * Which recipients of a transaction this session can serve in one (LIMITS RCPTMAX and RCPTDOMAINMAX, RFC 9422; what 452 taught), and
 * which must wait. All of them `here`, undefined `later`, is the usual case.
 * @param learntLimit recipients the relay was seen to take in one transaction
 */
export function fitRecipients(
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
  for (const index of indexes) {
    const { domain } = job.addressees[index]!.path
    const fits = here.length < limitFor(index) && (domains.has(domain) || domains.size < rcptDomainMax)
    if (fits) domains.add(domain)
    ;(fits ? here : later).push(index)
  }
  if (later.length > 0 && (here.length === 0 || domains.size >= rcptDomainMax)) session.full = true
  return { here, later }
}

/** For required recipients that no transaction of this server can hold. */
export function tooManyRecipients(): SettingsError {
  return new SettingsError(
    'recipients.too-many',
    'envelope.recipients',
    'are more, or of more domains, than the server takes in one transaction',
    {
      hint: "Required recipients (recipients: 'all': every one) cannot be split; send to fewer, or require fewer.",
    },
  )
}
