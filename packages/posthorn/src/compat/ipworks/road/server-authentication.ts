import type { ServerCertificateFacts } from '@posthorn/net'
import { IPWorksError } from '../ipworks-error.js'
import { hintOf } from '../table/engine-words.js'
import { errorText } from '../table/errors.js'
import { SSLProvider } from '../table/properties.js'
import { flag } from '../table/row.js'
import { documentedName } from '../type/documented-name.js'
import type { SSLServerAuthenticationEvent } from '../table/events.js'
import type { ComponentValues } from '../values.js'

/**
 * The event for a server's certificate. `accept` holds the judgement, and what its handlers leave there counts.
 * [ipworks.event.SSLServerAuthentication]
 */
export function serverAuthentication(
  facts: ServerCertificateFacts,
  values: ComponentValues,
): SSLServerAuthenticationEvent {
  const { certificate, chain, subject, issuer, status, reason } = facts
  // the document: the internal provider always gives the chain
  const whole = values.config('SSLIncludeCertChain') || values.property('SSLProvider') === SSLProvider.sslpInternal
  const shown = whole ? chain : [certificate]
  return inEverySpelling({
    certEncoded: Buffer.from(shown.map(({ pem }) => pem).join(''), 'latin1'),
    certSubject: documentedName(subject),
    certIssuer: documentedName(issuer),
    status: status === 'ok' ? 'OK' : reason,
    accept: status === 'ok',
  })
}

/** `event.Accept = true`, as in C#, must not become a field of its own that decides nothing. */
function inEverySpelling(event: SSLServerAuthenticationEvent): SSLServerAuthenticationEvent {
  const fields = event as unknown as Record<string, unknown>
  for (const name of Object.keys(event)) {
    Object.defineProperty(event, name[0]!.toUpperCase() + name.slice(1), {
      get: () => fields[name],
      set: (value: unknown) => (fields[name] = value),
    })
  }
  return event
}

const ACCEPT = flag(false, { change: 'at once', says: 'The verdict.', to: '`tls.decide`' })

/**
 * What the handlers left in `accept`; 1 and 0 count as well.
 * @returns true
 * @throws {IPWorksError} 280 for false, with what is wrong with the certificate; 10022 for what is neither true nor false
 */
export function verdictOf({ accept }: SSLServerAuthenticationEvent, facts: ServerCertificateFacts): true {
  if (ACCEPT.check(accept, 'accept of SSLServerAuthentication')) return true
  const { host, status, reason } = facts
  const what = reason === '' ? `the certificate of ${host} is in order` : reason
  const hint = reason === '' ? undefined : hintOf({ code: status, hint: undefined })
  const text = [
    `${what}.`,
    ...(hint === undefined ? [] : [hint]),
    'A handler of SSLServerAuthentication left accept false.',
  ]
  throw new IPWorksError(280, `${errorText(280)}: ${text.join(' ')}`)
}
