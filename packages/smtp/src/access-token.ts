import { PosthornError, ProtocolError, Secret, SettingsError } from '@posthorn/ground'
import type { AccessToken } from '@posthorn/sasl'

/** A token as a login uses it. */
export interface FetchedToken {
  readonly secret: Secret
  /** Milliseconds since 1970. */
  readonly expiresAt: number | undefined
}

/**
 * A line end in a secret comes from the file it was read from, and makes another secret of it.
 * @throws {SettingsError} `credentials.control-character`, naming the field and never its value
 */
export function refuseLineEnd(field: string, value: string | Secret): void {
  if (!/[\r\n]/.test(Secret.of(value).reveal())) return
  throw new SettingsError('credentials.control-character', field, 'holds a line end', {
    hint: 'Files often end with one: take it off where the value is read.',
  })
}

/** Takes the token that a source gave. @throws {ProtocolError} `smtp.auth.token` when it gave none, or failed */
export async function fetchToken(ask: () => AccessToken | Promise<AccessToken>): Promise<FetchedToken> {
  try {
    const given = await ask()
    const bare = typeof given === 'string' || given instanceof Secret
    const { token, expiresAt } = bare ? { token: given, expiresAt: undefined } : given
    const secret = Secret.of(token)
    if (secret.reveal() === '') throw new TypeError('the access token is empty')
    refuseLineEnd('credentials.accessToken', secret)
    return { secret, expiresAt: expiresAt === undefined ? undefined : Number(expiresAt) }
  } catch (cause) {
    const known = cause instanceof PosthornError ? cause : undefined
    throw new ProtocolError('smtp.auth.token', `no access token could be had${known ? `: ${known.message}` : ''}`, {
      phase: 'auth',
      outcome: known?.outcome ?? 'transient',
      cause,
      hint: known?.hint ?? 'See the cause; the function in credentials.accessToken failed.',
    })
  }
}
