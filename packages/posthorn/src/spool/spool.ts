import type { Clock } from '../oauth2/clock.js'
import type { Lookout } from './lookout.js'
import type { FolderFlush } from './folder-flush.js'
import type { Heartbeat } from './heartbeat.js'
import type { Owed } from './owed.js'
import type { Claimant } from './owner.js'

/** What the objects around one folder share. */
export interface Spool {
  readonly folder: string
  readonly clock: Clock
  readonly claimant: Claimant
  readonly heartbeat: Heartbeat
  readonly lookout: Lookout
  readonly flush: FolderFlush
  readonly owed: Owed
}
