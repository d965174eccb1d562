import type { Provider } from './provider.js'
import { GERMAN_SPEAKING } from './providers/german-speaking.js'
import { HOSTING } from './providers/hosting.js'
import { NATIONAL } from './providers/national.js'
import { NO_MAILBOXES } from './providers/no-mailboxes.js'
import { WORLDWIDE } from './providers/worldwide.js'

/** The providers that discovery knows by their domains or mail exchangers, in the order in which domains are looked up. */
export const PROVIDERS: readonly Provider[] = [
  ...WORLDWIDE,
  ...GERMAN_SPEAKING,
  ...HOSTING,
  ...NATIONAL,
  ...NO_MAILBOXES,
]
