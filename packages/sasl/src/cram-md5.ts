import { createHmac } from 'node:crypto'
import { badChallenge } from './exchange-error.js'
import { actsAsOther } from './acts-as-other.js'
import type { Exchange, Mechanism, SaslContext } from './mechanism.js'
import { refuseNul } from './refuse.js'

/** CRAM-MD5, RFC 2195: the user, and a digest of the server's challenge keyed with the password. The server proves nothing. */
export const cramMd5: Mechanism = {
  name: 'CRAM-MD5',
  strength: 'hash',
  oneStep: false,
  begin(context: SaslContext): Exchange | null {
    const { user, password } = context
    if (password === undefined || actsAsOther(context)) return null
    refuseNul({ user })
    let digest: string | undefined
    return {
      initial: () => undefined,
      respond(challenge) {
        if (digest !== undefined) return null
        // the digest of an empty challenge would be the same every time
        if (challenge.length === 0) throw badChallenge('CRAM-MD5', 'the challenge is empty')
        digest = createHmac('md5', Buffer.from(password(), 'utf8')).update(challenge).digest('hex')
        return Buffer.from(`${user} ${digest}`, 'utf8')
      },
      mayEnd: () => digest !== undefined,
      secrets: () => (digest === undefined ? [] : [digest]),
    }
  },
}
