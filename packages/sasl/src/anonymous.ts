import { SettingsError } from '@posthorn/ground'
import type { Exchange, Mechanism, SaslContext } from './mechanism.js'

/** RFC 4505 3. */
const MAX_TRACE = 255

/** ANONYMOUS, RFC 4505. The user is sent as trace: an address, or a word that says nothing about anybody. Only used when it is named. */
export const anonymous: Mechanism = {
  name: 'ANONYMOUS',
  strength: 'none',
  oneStep: true,
  /** @throws {SettingsError} `credentials.trace` */
  begin({ user }: SaslContext): Exchange | null {
    if ([...user].length > MAX_TRACE || /\p{Cc}|\p{Cs}/u.test(user)) {
      throw new SettingsError('credentials.trace', 'credentials.user', 'cannot be the trace of an anonymous login', {
        phase: 'auth',
        hint: 'Give an address, or at most 255 characters without control characters, or leave it out.',
      })
    }
    return {
      initial: () => Buffer.from(user, 'utf8'),
      respond: () => null,
      mayEnd: () => true,
    }
  },
}
