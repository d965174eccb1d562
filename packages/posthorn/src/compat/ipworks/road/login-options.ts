import { Secret } from '@posthorn/ground'
import { MECHANISM_NAMES } from '@posthorn/settings/ipworks'
import type { SmtpOptions } from '@posthorn/smtp'
import { IPWorksError } from '../ipworks-error.js'
import { errorText } from '../table/errors.js'
import { AuthMechanism } from '../table/properties.js'
import type { ComponentValues } from '../values.js'

/** Everything of the engine that is about the login. */
export type LoginOptions = Pick<SmtpOptions, 'credentials' | 'mechanisms' | 'mechanismFallback'>

/**
 * Who logs in, and how. Nobody does without `User` and `Password`; XOAUTH2 takes `AuthorizationIdentity` for the password, and Kerberos the
 * ticket that is there. [ipworks.prop.AuthMechanism]
 * @throws {IPWorksError} 211 for amAPOP
 */
export function loginOptions(values: ComponentValues, note: (text: string) => void): LoginOptions {
  const number = values.property('AuthMechanism')
  const mechanism = MECHANISM_NAMES[number]
  const [user, password] = [values.property('User'), values.property('Password')]
  const identity = values.config('AuthorizationIdentity')
  if (number === AuthMechanism.amAPOP)
    throw new IPWorksError(
      211,
      `${errorText(211)}: AuthMechanism amAPOP is for fetching mail; amCRAMMD5 is its like for sending`,
    )
  const secret = number === AuthMechanism.amXOAUTH2 ? identity : password
  if (number !== AuthMechanism.amKerberos && (user === '' || secret === '')) {
    const secretName = number === AuthMechanism.amXOAUTH2 ? 'AuthorizationIdentity' : 'Password'
    if (user !== '' || secret !== '') note(`There is no login: ${user === '' ? 'User' : secretName} is empty`)
    return {}
  }
  if (number === AuthMechanism.amXOAUTH2)
    // the engine writes the word itself
    return { credentials: { user, accessToken: new Secret(identity.replace(/^Bearer +/i, '')), mechanism: 'XOAUTH2' } }
  const login = { user, password: new Secret(password) }
  if (mechanism === undefined) return { credentials: login, mechanisms: ['PLAIN', 'LOGIN'], mechanismFallback: false }
  const actsAs = number === AuthMechanism.amSASLPlain || number === AuthMechanism.amSASLDigestMD5
  return {
    mechanismFallback: false,
    credentials: {
      ...(number === AuthMechanism.amKerberos ? filled({ user, password }) : login),
      mechanism,
      ...(actsAs && identity !== '' ? { authorizationId: identity } : {}),
      ...(number === AuthMechanism.amNTLM ? { ntlm: { version: values.config('UseNTLMv2') ? 2 : 1 } } : {}),
    },
  }
}

function filled({ user, password }: { readonly user: string; readonly password: string }): {
  readonly user?: string
  readonly password?: Secret
} {
  return { ...(user === '' ? {} : { user }), ...(password === '' ? {} : { password: new Secret(password) }) }
}
