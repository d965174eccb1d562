import type { Candidate, CandidateSettings, CandidateSource } from './discovery.js'
import type { Provider, ProviderMatch, ProviderServer } from './provider.js'

/**
 * How much a statement counts, best first; the numbers are an order and nothing else. Inside the domain its certificate proves a server to be
 * its own, so what the domain says there goes before everything; outside, a pointer in DNS alone proves nothing.
 */
export const RANKS = {
  ownSrv: 10,
  ownAutoconfig: 20,
  ownTable: 30,
  ownAutodiscover: 40,
  /** The host is one of the provider that has the mail exchangers. */
  knownSrv: 50,
  foreignSrv: 60,
  mxProvider: 70,
  foreignAutodiscover: 75,
  publicList: 80,
  ownMx: 85,
  guess: 90,
  foreignMx: 95,
  directSend: 100,
} as const

interface Entry {
  readonly rank: number
  readonly candidate: Candidate
}

/** What is known of a candidate when it is added. */
export type NewCandidate = Omit<Candidate, 'agrees' | 'delivers'> & Partial<Pick<Candidate, 'delivers'>>

/** The candidates, each server once, in their order. */
export class Shortlist {
  readonly #entries: Entry[] = []

  /** Adds a server, or notes that one more names it. What a better source leaves open, a lesser one may fill. */
  add(rank: number, given: NewCandidate): void {
    const candidate: Candidate = { agrees: [], delivers: 'anywhere', ...given }
    const at = this.#entries.findIndex((entry) => isSame(entry.candidate, candidate))
    if (at < 0) {
      this.#entries.push({ rank, candidate })
      return
    }
    const known = this.#entries[at]!
    const [first, second] = rank < known.rank ? [candidate, known.candidate] : [known.candidate, candidate]
    this.#entries[at] = { rank: Math.min(rank, known.rank), candidate: together(first, second) }
  }

  /** Best first; of equal rank in the order in which they came. */
  get candidates(): readonly Candidate[] {
    return [...this.#entries].sort((a, b) => a.rank - b.rank).map(({ candidate }) => candidate)
  }

  /** True when there is one that counts at least as much. */
  has(rank: number): boolean {
    return this.#entries.some((entry) => entry.rank <= rank)
  }

  /** Changes every candidate. */
  map(change: (candidate: Candidate) => Candidate): void {
    this.#entries.forEach(({ rank, candidate }, index) => {
      this.#entries[index] = { rank, candidate: change(candidate) }
    })
  }
}

function isSame(a: Candidate, b: Candidate): boolean {
  const { host, port, security } = a.settings
  return host === b.settings.host && port === b.settings.port && security === b.settings.security
}

function together(first: Candidate, second: Candidate): Candidate {
  const sources = [...first.agrees, second.source, ...second.agrees].filter((each) => each !== first.source)
  const { confirm, ...rest } = first
  const isDoubtful = confirm !== undefined && second.confirm !== undefined
  return {
    ...rest,
    settings: filledIn(first.settings, second.settings),
    agrees: [...new Set<CandidateSource>(sources)],
    ...(isDoubtful ? { confirm } : {}),
    ...((first.verified ?? second.verified) ? { verified: first.verified ?? second.verified } : {}),
  }
}

/** What one leaves open, the other may say. */
export function filledIn(settings: CandidateSettings, others: Partial<CandidateSettings>): CandidateSettings {
  const { login, user, password, oauth2, mechanisms, notes = [] } = others
  // a name belongs to the form it was said with
  const named =
    settings.login === undefined ? { ...(login ? { login } : {}), ...(user === undefined ? {} : { user }) } : {}
  return {
    ...(password ? { password } : {}),
    ...(oauth2 ? { oauth2 } : {}),
    ...(mechanisms ? { mechanisms } : {}),
    ...named,
    ...settings,
    notes: [...new Set([...settings.notes, ...notes])],
  }
}

/** What a provider says of logins, for a mailbox. */
export function providerTerms(
  { login, password, oauth2, note }: Provider,
  { address, localPart }: { readonly address: string; readonly localPart: string | undefined },
): Omit<CandidateSettings, 'host' | 'port' | 'security'> {
  const user = localPart === undefined || login === 'given' ? undefined : login === 'address' ? address : localPart
  return {
    login,
    ...(user === undefined ? {} : { user }),
    ...(password ? { password } : {}),
    ...(oauth2 ? { oauth2 } : {}),
    notes: note === undefined ? [] : [note],
  }
}

/** True when a host is one of the provider's submission servers. */
export function isServerOf(servers: readonly ProviderServer[], host: string): boolean {
  return servers.some((server) => server.host === host)
}

/** `gmail.com is a domain of Gmail`, `aspmx.l.google.com is a mail exchanger of Google Workspace`. */
export function whyProvider({ provider, by, matched }: ProviderMatch): string {
  return `${matched} is a ${by === 'domain' ? 'domain' : 'mail exchanger'} of ${provider.name}`
}
