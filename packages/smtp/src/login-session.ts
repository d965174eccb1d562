import type { Reply } from '@posthorn/ground'
import type { Command } from './command.js'
import type { Extensions } from './extensions.js'
import type { LoginMemory } from './login-memory.js'
import type { SettledOptions } from './settled-options.js'
import type { Wire } from './wire.js'

/** What AUTH needs of a session. */
export interface LoginSession {
  readonly options: SettledOptions
  readonly extensions: Extensions
  readonly secure: boolean
  readonly pipelining: boolean
  readonly wire: Wire
  readonly logins: LoginMemory
  exchange(command: Command): Promise<Reply>
}
