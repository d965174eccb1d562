import { Secret } from '@posthorn/ground'
import type { ChannelBinding, Credentials, SaslContext } from '@posthorn/sasl'
import type { LoginSession } from './login-session.js'

/** What changes while a login goes from mechanism to mechanism. */
export interface LoginState {
  readonly accessToken: Secret | undefined
  readonly serviceHost: string
  readonly channelBindings: readonly ChannelBinding[]
}

/** What the mechanisms may know of a session and its credentials. Secrets are opened when they are asked for. */
export function saslContext(session: LoginSession, credentials: Credentials, state: LoginState): SaslContext {
  const { options, extensions, secure, logins } = session
  const password =
    'password' in credentials && credentials.password !== undefined ? Secret.of(credentials.password) : undefined
  return {
    service: 'smtp',
    get serviceHost() {
      return state.serviceHost
    },
    host: options.host,
    port: options.port,
    user: credentials.user ?? '',
    password: password && (() => password.reveal()),
    accessToken: 'accessToken' in credentials ? () => state.accessToken?.reveal() ?? '' : undefined,
    authorizationId: credentials.authorizationId,
    realm: credentials.realm,
    ntlm: credentials.ntlm,
    secure,
    offered: extensions.mechanisms,
    get channelBindings() {
      return state.channelBindings
    },
    keys: logins.keys,
  }
}
