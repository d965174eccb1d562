import { builtIn, onlyByName } from './built-in.js'
import type { Mechanism, Strength } from './mechanism.js'

/** The weakest first. */
const STRENGTHS: readonly Strength[] = ['none', 'cleartext', 'token', 'hash', 'mutual']

/** What `chooseMechanisms` goes by. */
export interface MechanismChoice {
  /** What the server offers, upper case. */
  readonly offered: readonly string[]
  /** Mechanisms of the caller's own, in place of the built-in ones of the same name. */
  readonly custom?: readonly Mechanism[] | undefined
  /** The caller's own order; what it does not name is left out. */
  readonly allowed?: readonly string[] | undefined
  /** The weakest kind that may be used. */
  readonly minimum?: Strength | undefined
}

/**
 * The mechanisms to try among those the server offers, strongest first (RFC 4422 6.1.2), or in the caller's own order. Without such an order
 * EXTERNAL, GSSAPI, GSS-SPNEGO and ANONYMOUS are left out. `tooWeak` names what only the minimum strength keeps out.
 */
export function chooseMechanisms({ offered, custom = [], allowed, minimum = 'none' }: MechanismChoice): {
  readonly mechanisms: Mechanism[]
  readonly tooWeak: readonly string[]
} {
  const known = [...custom, ...builtIn.filter((mechanism) => !custom.some(({ name }) => name === mechanism.name))]
  const usable = known.filter(({ name }) => offered.includes(name))
  const wanted =
    allowed === undefined
      ? usable
          .filter((mechanism) => custom.includes(mechanism) || !onlyByName.has(mechanism.name))
          .sort((a, b) => STRENGTHS.indexOf(b.strength) - STRENGTHS.indexOf(a.strength))
      : [...new Set(allowed.map((name) => name.toUpperCase()))].flatMap((name) =>
          usable.filter((mechanism) => mechanism.name === name),
        )
  const strong = ({ strength }: Mechanism): boolean => STRENGTHS.indexOf(strength) >= STRENGTHS.indexOf(minimum)
  return {
    mechanisms: wanted.filter(strong),
    tooWeak: wanted.filter((mechanism) => !strong(mechanism)).map(({ name }) => name),
  }
}
