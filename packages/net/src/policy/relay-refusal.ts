import { ConnectError } from '@posthorn/ground'

/** Why a server must not be used for a domain. */
export type RelayRefusalCode = 'policy.tlsa-lookup-failed' | 'policy.mx-not-allowed' | 'policy.requiretls'

/** The error of a server that must not be used; transient unless it says otherwise. */
export function relayRefusal(
  code: RelayRefusalCode,
  message: string,
  facts: { readonly hint: string; readonly outcome?: 'permanent'; readonly cause?: unknown },
): ConnectError {
  return new ConnectError(code, message, { outcome: 'transient', phase: 'resolve', ...facts })
}
