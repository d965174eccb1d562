import { validityProblem } from '../certificate-problem.js'
import type { StoredCertificate } from './opener.js'
import { isAnything, subjectNames, subjectTests } from './subject.js'
import type { SubjectNames } from './subject.js'
import { Turn } from './turn.js'
import type { Steps } from './steps.js'

/** Whether the private key of a certificate is there, there but not opened, or not there. */
export type KeyState = 'open' | 'closed' | 'none'

/** Chooses one certificate of a store; undefined when none fits. */
export type CertificateChoice = (subject: string | undefined, now: Date) => StoredCertificate | undefined

/**
 * How one certificate is chosen. The strictest way in which any certificate of the store fits decides, whether or not it has a private key: who
 * asks for Ann is not given Joanna because her key is there. Of those that fit in this way, the first with a key that is open, then with
 * one that was not opened; of these, the first that is valid now.
 * @param stored in the order of preference
 */
export function* certificateChoice(
  stored: readonly StoredCertificate[],
  keyState: (stored: StoredCertificate) => KeyState,
): Steps<CertificateChoice> {
  const names: SubjectNames[] = []
  const turn = new Turn()
  for (const each of stored) {
    yield* turn.pass()
    names.push(subjectNames(each))
  }
  const rank = (each: StoredCertificate, now: Date) =>
    RANKS[keyState(each)] + (validityProblem(each.certificate, now) ? 1 : 0)
  // without a key, an authority is seldom the one that is meant
  const isLast = (each: StoredCertificate) => each.certificate.isAuthority && keyState(each) === 'none'
  return (subject, now) => {
    if (isAnything(subject)) return best(stored, (each) => rank(each, now) + (isLast(each) ? AUTHORITY : 0))
    for (const test of subjectTests(subject)) {
      const fitting = stored.filter((_, index) => test(names[index]!))
      if (fitting.length > 0) return best(fitting, (each) => rank(each, now))
    }
    return undefined
  }
}

/** Two for each state, of which one is for what is not valid. */
const RANKS: Readonly<Record<KeyState, number>> = { open: 0, closed: 2, none: 4 }
const AUTHORITY = 2

/** The first of those with the lowest rank. */
function best(
  stored: readonly StoredCertificate[],
  rank: (stored: StoredCertificate) => number,
): StoredCertificate | undefined {
  let [found, lowest]: [StoredCertificate | undefined, number] = [undefined, Infinity]
  for (const each of stored) {
    const own = rank(each)
    if (own < lowest) [found, lowest] = [each, own]
  }
  return found
}
