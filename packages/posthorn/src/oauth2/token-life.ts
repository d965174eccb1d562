import type { Secret } from '@posthorn/ground'
import type { StoredTokens } from './token-store.js'

/** What a provider that says nothing is taken to mean. */
const ASSUMED_LIFETIME_MS = 3_600_000
/** A token of the future: the clock was turned back, and its end says nothing any more. */
const MAX_CLOCK_STEP_MS = 60_000
/** A token nearer to its end is not given out, even when there is no other. */
const LAST_MOMENT_MS = 5_000

/** How early a token is renewed. */
export interface RenewalTerms {
  readonly marginMs: number
  /** From 0 to 1: the share of a tenth of the margin that is added, so that many processes do not ask at one moment. */
  readonly jitter: number
}

/** Whether a token may be given out without asking for another. */
export function isFresh(tokens: StoredTokens, rejected: Secret | undefined, now: number, terms: RenewalTerms): boolean {
  if (!mayServe(tokens, rejected) || now < tokens.obtainedAt - MAX_CLOCK_STEP_MS) return false
  const end = tokens.expiresAt ?? tokens.obtainedAt + ASSUMED_LIFETIME_MS
  // a token that lives no longer than the margin would be renewed for every session
  const margin = Math.min(terms.marginMs * (1 + terms.jitter / 10), (end - tokens.obtainedAt) / 2)
  return now < end - margin
}

/** Whether a token still serves when no other can be had. */
export function isSpare(tokens: StoredTokens, rejected: Secret | undefined, now: number): boolean {
  if (!mayServe(tokens, rejected) || now < tokens.obtainedAt - MAX_CLOCK_STEP_MS) return false
  return now < (tokens.expiresAt ?? tokens.obtainedAt + ASSUMED_LIFETIME_MS) - LAST_MOMENT_MS
}

function mayServe({ accessToken }: StoredTokens, rejected: Secret | undefined): boolean {
  return accessToken !== undefined && !sameSecret(accessToken, rejected)
}

export function sameSecret(a: Secret | undefined, b: Secret | undefined): boolean {
  return a !== undefined && b !== undefined && a.reveal() === b.reveal()
}
