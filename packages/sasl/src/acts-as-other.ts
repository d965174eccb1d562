import type { SaslContext } from './mechanism.js'

/** True when the login is to act as somebody else: a mechanism that cannot say so must not be used, it would act as the wrong one. */
export function actsAsOther({ user, authorizationId }: SaslContext): boolean {
  return authorizationId !== undefined && authorizationId !== '' && authorizationId !== user
}
