import { ProtocolError } from '@posthorn/ground'

/** The server sent a challenge that its mechanism does not allow: `sasl.challenge`. The sentence never quotes what was sent to it. */
export function badChallenge(mechanism: string, what: string, hint?: string): ProtocolError {
  return new ProtocolError('sasl.challenge', `${mechanism}: ${what}`, {
    phase: 'auth',
    outcome: 'permanent',
    hint:
      hint ??
      `The server, or something between, does not keep to ${mechanism}; name another mechanism if you trust it.`,
  })
}

/**
 * The server should have proven that it knows the password, and did not: `sasl.server-proof`. Whoever it is must not be told the
 * password by another mechanism.
 */
export function proofFailed(mechanism: string, what: string): ProtocolError {
  return new ProtocolError('sasl.server-proof', `${mechanism}: ${what}`, {
    phase: 'auth',
    outcome: 'permanent',
    hint: 'Do not trust this server: it does not know the password. Someone may sit between.',
  })
}
