import { greetings } from './hostile/greetings.js'
import { hellos } from './hostile/hellos.js'
import { logins } from './hostile/logins.js'
import { transactions } from './hostile/transactions.js'
import { upgrades } from './hostile/upgrades.js'
import type { Hostile } from './hostile/script-parts.js'

/** All of them, by where they begin. */
export const hostileServers: Record<string, Hostile[]> = {
  'at the greeting': greetings,
  'at EHLO': hellos,
  'in a transaction': transactions,
  'at AUTH': logins,
  'at STARTTLS': upgrades,
}
