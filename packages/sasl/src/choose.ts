import type { Mechanism } from './mechanism.js'
import { login } from './login.js'
import { plain } from './plain.js'
import { xoauth2 } from './xoauth2.js'

const BUILT_IN: readonly Mechanism[] = [xoauth2, plain, login]
const RANK = { mutual: 0, hash: 1, token: 2, cleartext: 3, none: 4 } as const

/**
 * The mechanisms to try, strongest first, among those the server offers (RFC 4422 6.1.2). A list of the caller's own decides the order
 * and leaves out what it does not name.
 */
export function chooseMechanisms(
  offered: readonly string[],
  custom: readonly Mechanism[],
  allowed: readonly string[] | undefined,
): Mechanism[] {
  const known = [...custom, ...BUILT_IN.filter((mechanism) => !custom.some(({ name }) => name === mechanism.name))]
  const usable = known.filter(({ name }) => offered.includes(name))
  if (allowed === undefined) return usable.sort((a, b) => RANK[a.strength] - RANK[b.strength])
  return allowed.flatMap((wanted) => usable.filter(({ name }) => name === wanted.toUpperCase()))
}
