import { checkDeadline, ConnectError, PosthornError, startDeadline, unlessAborted } from '@posthorn/ground'
import type { DiscoverOptions, Discovery } from './discovery.js'
import { readMailAddress } from './mail-address.js'

const DEADLINE_MS = 20_000

/**
 * The submission server for a mail address, or for a domain: who names it, in which order they are believed, and what was seen.
 *
 * The order is that of safety, then of truth. A server inside the domain goes first when the domain itself names it (SRV, RFC 6186 and
 * RFC 8314 5.1), as its certificate proves that it belongs there; then what the domain says over HTTPS (Thunderbird's autoconfiguration), which the
 * certificate of the web server proves; then the table of providers, for domains that are a provider's own; then Autodiscover of the domain. A server
 * outside the domain that SRV records name comes after them, since anybody on the way can write DNS: with `confirm` set, unless it is one
 * of the provider that has the mail exchangers. Then the provider the mail exchangers tell, the public list of Thunderbird, and names that are
 * guessed and proved by connecting. The mail exchanger itself, which takes mail for its own domain without login, comes last.
 * A domain that says by "." that it offers no submission is believed, and nothing is guessed.
 *
 * Everything is asked over https: alone, or of DNS; no credentials are sent to anybody, whoever asks for them, and no candidate is ever worth
 * more than its certificate: settings in clear text are not candidates.
 * @throws {SettingsError} `discover.address`; `discover.none`: nothing was found, and the name must be given; `discover.not-offered`: the
 * domain says that there is none
 * @throws {ConnectError} `discover.no-answer` when that may be the fault of the network; `aborted` with the signal's reason as its cause
 * @source RFC 6186, RFC 8314 5.1, RFC 7505; MS-OXDISCO, MS-OXDSCLI; RunMyJobs, server detection
 */
export async function discover(address: string, options: DiscoverOptions = {}): Promise<Discovery> {
  const { deadlineMs = DEADLINE_MS, signal } = options
  checkDeadline(deadlineMs)
  const start = readMailAddress(address)
  const limit = new AbortController()
  const giveUp = () => limit.abort(signal?.reason)
  if (signal?.aborted) throw aborted(start.domain, signal)
  signal?.addEventListener('abort', giveUp, { once: true })
  const timer = startDeadline(deadlineMs, () => limit.abort(new Error(`not done within ${deadlineMs} ms`)))
  try {
    const { search } = await import('./search.js') // here, so that mail by SMTP does not load it
    const searching = search(start, options, limit.signal)
    // at the deadline the steps that run end by themselves, and what is known by then is given
    return await (signal ? unlessAborted(searching, signal) : searching)
  } catch (error) {
    if (signal?.aborted) throw aborted(start.domain, signal)
    throw error
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', giveUp)
  }
}

/** True for an error of `discover` that carries what was asked, and what came back. */
export function isDiscoverFailure(error: unknown): error is PosthornError & { readonly discovery: Discovery } {
  return error instanceof PosthornError && 'discovery' in error
}

function aborted(domain: string, signal: AbortSignal): ConnectError {
  return new ConnectError('aborted', `the search for the server of ${domain} was given up`, {
    outcome: 'transient',
    phase: 'resolve',
    hint: 'The caller gave up.',
    cause: signal.reason,
  })
}
