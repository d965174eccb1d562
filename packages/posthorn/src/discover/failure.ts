import { ConnectError, SettingsError } from '@posthorn/ground'
import type { Discovery } from './discovery.js'

const ASK = 'Ask the operator of the mail service for the name of its submission server, and give it.'

/** Nobody named a server, and nothing answered. */
export function nothing(discovery: Discovery): SettingsError {
  const error = new SettingsError('discover.none', 'server', `no submission server is known for ${discovery.domain}`, {
    hint: ASK,
  })
  return withDiscovery(error, discovery)
}

/** The domain says so itself. */
export function notOffered(discovery: Discovery): SettingsError {
  const error = new SettingsError(
    'discover.not-offered',
    'server',
    `${discovery.domain} says in its SRV records that it has no submission server`,
    { hint: ASK },
  )
  return withDiscovery(error, discovery)
}

/** Nothing is known, and it may be the fault of the network. */
export function noAnswer(discovery: Discovery): ConnectError {
  const error = new ConnectError(
    'discover.no-answer',
    `nobody answered who could name the server of ${discovery.domain}`,
    {
      outcome: 'transient',
      phase: 'resolve',
      hint: 'Check the network and the name servers of this machine and try again, or give the name of the server.',
    },
  )
  return withDiscovery(error, discovery)
}

/** Not enumerable, so that no log writes it out by itself. */
function withDiscovery<E extends Error>(error: E, discovery: Discovery): E {
  return Object.defineProperty(error, 'discovery', { value: discovery })
}
