import { askAutoconfig, autoconfigUrls, type NamedServers } from './autoconfig.js'
import { askAutodiscover, autodiscoverUrls } from './autodiscover.js'
import type { Candidate, CandidateSettings, DiscoverOptions, DiscoveredProvider, Discovery } from './discovery.js'
import { noAnswer, notOffered, nothing } from './failure.js'
import { addGuesses, directSend, outside } from './guesses.js'
import type { MailAddress } from './mail-address.js'
import { askMx } from './mx.js'
import { providerOfDomain, providerOfMx, serversOf, type ProviderMatch } from './provider.js'
import { PROVIDERS } from './providers.js'
import { prepareQuestion, type Question } from './question.js'
import { filledIn, isServerOf, providerTerms, RANKS, Shortlist, whyProvider } from './shortlist.js'
import { askSrv, type SrvService } from './srv.js'
import { verify } from './verify.js'

/** How many candidates are proved by connecting, at most. */
const MAX_VERIFIED = 10

/** What is found for an address until the signal says that it is enough. @throws as `discover` */
export async function search(address: MailAddress, options: DiscoverOptions, limit: AbortSignal): Promise<Discovery> {
  const question = await prepareQuestion(address, options, limit)
  const shortlist = new Shortlist()
  const { steps, resolver, signal } = question
  const { domain } = address

  const byDomain = providerOfDomain(PROVIDERS, domain)
  if (byDomain) steps.note('provider-table', domain, 'found', whyProvider(byDomain))
  else steps.note('provider-table', domain, 'none', 'no provider has this domain')

  const [submissions, submission, exchangers, ...configs] = await Promise.all([
    askSrv(resolver, steps, '_submissions', domain, signal),
    askSrv(resolver, steps, '_submission', domain, signal),
    askMx(resolver, steps, domain, signal),
    ...autoconfigUrls(address).map((url) => askAutoconfig(question.fetch, steps, 'autoconfig', url, address, signal)),
  ])
  const services = [submissions, submission]
  const isNamed = configs.some(({ servers }) => servers.length > 0)
  if (!isNamed && services.some(({ isRefused }) => isRefused) && services.every(isWithoutTarget)) {
    throw notOffered(empty(question, byDomain))
  }
  const byMx = firstProvider(exchangers.hosts)
  if (byMx) steps.note('provider-table', byMx.matched, 'found', whyProvider(byMx))

  for (const { url, servers } of configs) addNamed(shortlist, RANKS.ownAutoconfig, 'autoconfig', url, servers)
  if (byDomain) addProvider(shortlist, RANKS.ownTable, byDomain, address)
  const known = [byDomain, byMx].flatMap((match) => (match ? serversOf(match, domain) : []))
  for (const [service, security] of [[submissions, 'implicit'] as const, [submission, 'starttls'] as const]) {
    addSrv(shortlist, service, security, question, (host) => isServerOf(known, host))
  }
  if (byMx && byMx.provider.id !== byDomain?.provider.id) addProvider(shortlist, RANKS.mxProvider, byMx, address)

  if (!shortlist.has(RANKS.mxProvider)) await addAutodiscovered(question, shortlist)
  if (!shortlist.has(RANKS.foreignAutodiscover)) await addPublic(question, shortlist, exchangers.hosts)
  const [exchanger] = byDomain ? [] : exchangers.hosts
  const direct =
    exchanger === undefined ? undefined : directSend(exchanger, domain, byMx?.provider.id === 'microsoft-365')
  const isNamedEnough = shortlist.has(RANKS.publicList) && (await someAnswer(question, shortlist))
  if (!isNamedEnough && question.verify !== 'none') {
    const [proof] = await Promise.all([
      direct && verify(direct.settings, question.road, steps, signal),
      addGuesses(question, shortlist, exchangers.hosts),
    ])
    if (direct && proof?.greeted) shortlist.add(RANKS.directSend, { ...direct, verified: proof })
  } else if (direct) shortlist.add(RANKS.directSend, direct)

  const matches = [byDomain, byMx].filter((match) => match !== undefined)
  shortlist.map((candidate) => ({ ...candidate, settings: withTerms(candidate.settings, address, matches) }))
  vouchForHosts(shortlist)
  const candidates = await proved(question, shortlist.candidates)
  const result = { ...empty(question, byDomain ?? byMx), candidates }
  if (
    candidates.length > 0 &&
    !(question.verify === 'all' && candidates.every(({ verified }) => verified?.greeted === false))
  ) {
    return result
  }
  const isFault = [submissions, submission, exchangers].every(({ isAnswered }) => !isAnswered)
  throw isFault || signal.aborted ? noAnswer(result) : nothing(result)
}

function addSrv(
  shortlist: Shortlist,
  { targets }: SrvService,
  security: CandidateSettings['security'],
  { address, isInside }: Question,
  isKnown: (host: string) => boolean,
): void {
  for (const { host, port, record } of targets) {
    const candidate = {
      source: 'srv',
      from: `the SRV record ${record}`,
      settings: { host, port, security, notes: [] },
    } as const
    if (isInside(host)) shortlist.add(RANKS.ownSrv, candidate)
    else if (isKnown(host)) shortlist.add(RANKS.knownSrv, candidate)
    else shortlist.add(RANKS.foreignSrv, { ...candidate, confirm: outside(host, address.domain, 'an SRV record') })
  }
}

function addNamed(
  shortlist: Shortlist,
  rank: number,
  source: 'autoconfig' | 'autodiscover',
  url: string,
  servers: readonly CandidateSettings[],
  confirm?: (host: string) => string | undefined,
): void {
  const from = new URL(url)
  for (const settings of servers) {
    const doubt = confirm?.(settings.host)
    shortlist.add(rank, {
      source,
      from: `${from.origin}${from.pathname}`,
      settings,
      ...(doubt === undefined ? {} : { confirm: doubt }),
    })
  }
}

function addProvider(shortlist: Shortlist, rank: number, match: ProviderMatch, address: MailAddress): void {
  const source = match.by === 'domain' ? 'provider-table' : 'mx'
  const terms = providerTerms(match.provider, address)
  for (const { host, port, security } of serversOf(match, address.domain)) {
    shortlist.add(rank, { source, from: whyProvider(match), settings: { host, port, security, ...terms } })
  }
}

const isWithoutTarget = ({ isAnswered, targets }: SrvService) => isAnswered && targets.length === 0

/** The provider of the first mail exchanger that has the mailboxes; a filter in front counts only when there is no other. */
function firstProvider(hosts: readonly string[]): ProviderMatch | undefined {
  const matches = hosts.map((host) => providerOfMx(PROVIDERS, host)).filter((match) => match !== undefined)
  return matches.find(({ provider }) => provider.kind === 'mailboxes') ?? matches[0]
}

async function addAutodiscovered(question: Question, shortlist: Shortlist): Promise<void> {
  const { address, steps, resolver, signal, fetch, isInside } = question
  if (address.localPart === undefined) {
    steps.note('autodiscover', address.domain, 'skipped', 'it needs a mailbox, and a domain was given')
    return
  }
  const own = await Promise.all(
    autodiscoverUrls(address.domain).map((url) => askAutodiscover(fetch, steps, url, address, signal)),
  )
  for (const { url, servers } of own) addNamed(shortlist, RANKS.ownAutodiscover, 'autodiscover', url, servers)
  const redirect = own.find(({ redirectDomain }) => redirectDomain !== undefined)?.redirectDomain
  const match = redirect === undefined ? undefined : providerOfDomain(PROVIDERS, redirect)
  if (match) {
    const terms = providerTerms(match.provider, address)
    const servers = serversOf(match, address.domain).map((server) => ({ ...server, ...terms }))
    addNamed(shortlist, RANKS.ownAutodiscover, 'autodiscover', own[0]!.url, servers)
  }
  if (shortlist.has(RANKS.ownAutodiscover)) return
  const { targets } = await askSrv(resolver, steps, '_autodiscover', address.domain, signal)
  const [target] = targets
  if (!target) return
  const port = target.port === 443 ? '' : `:${target.port}`
  const url = `https://${target.host}${port}/autodiscover/autodiscover.xml`
  const found: NamedServers = await askAutodiscover(fetch, steps, url, address, signal)
  const doubt = outside(target.host, address.domain, 'an SRV record')
  const isOwn = isInside(target.host)
  addNamed(
    shortlist,
    isOwn ? RANKS.ownAutodiscover : RANKS.foreignAutodiscover,
    'autodiscover',
    found.url,
    found.servers,
    (host) => (isOwn || isInside(host) ? undefined : doubt),
  )
}

/** The public list: for the domain, then for the domain of its mail exchangers. */
async function addPublic(
  { ispdb, steps, fetch, address, signal, registrableOf }: Question,
  shortlist: Shortlist,
  exchangers: readonly string[],
): Promise<void> {
  if (ispdb === false) {
    steps.note('ispdb', address.domain, 'skipped', 'it is switched off')
    return
  }
  const { domain } = address
  const byMx = exchangers[0] === undefined ? undefined : registrableOf(exchangers[0])
  for (const each of new Set(byMx === undefined ? [domain] : [domain, byMx])) {
    const { url, servers } = await askAutoconfig(fetch, steps, 'ispdb', `${ispdb}${each}`, address, signal)
    addNamed(shortlist, RANKS.publicList, 'autoconfig', url, servers)
    if (servers.length > 0) return
  }
}

/** What is known of a host in the table, whoever named it; the provider of the domain knows it best. */
function withTerms(
  settings: CandidateSettings,
  address: MailAddress,
  matches: readonly ProviderMatch[],
): CandidateSettings {
  if (settings.port === 25) return settings
  const matched = matches.find((match) => isServerOf(serversOf(match, address.domain), settings.host))
  const provider = matched?.provider ?? PROVIDERS.find(({ servers }) => isServerOf(servers, settings.host))
  return provider ? filledIn(settings, providerTerms(provider, address)) : settings
}

/** A host that is vouched for on one port needs no look on another. */
function vouchForHosts(shortlist: Shortlist): void {
  const vouched = shortlist.candidates.filter(({ confirm }) => confirm === undefined)
  const hosts = new Set(vouched.map(({ settings }) => settings.host))
  shortlist.map(({ confirm, ...candidate }) =>
    confirm === undefined || hosts.has(candidate.settings.host) ? candidate : { ...candidate, confirm },
  )
}

/** True unless all are to be proved, and none of those known so far greets. */
async function someAnswer(question: Question, shortlist: Shortlist): Promise<boolean> {
  if (question.verify !== 'all') return true
  const checked = await proved(question, shortlist.candidates)
  shortlist.map((candidate) => checked.find(({ settings }) => settings === candidate.settings) ?? candidate)
  return checked.some(({ verified }) => verified?.greeted)
}

/** With `verify: 'all'` those that answer go before the others. */
async function proved(
  { verify: which, road, steps, signal }: Question,
  candidates: readonly Candidate[],
): Promise<readonly Candidate[]> {
  if (which !== 'all') return candidates
  const checked = await Promise.all(
    candidates.slice(0, MAX_VERIFIED).map(async (candidate) => ({
      ...candidate,
      verified: candidate.verified ?? (await verify(candidate.settings, road, steps, signal)),
    })),
  )
  const weight = ({ verified: { ok, greeted } }: (typeof checked)[number]) => (ok ? 0 : greeted ? 1 : 2)
  return [...checked.sort((a, b) => weight(a) - weight(b)), ...candidates.slice(MAX_VERIFIED)]
}

function empty({ address, steps }: Question, match: ProviderMatch | undefined): Discovery {
  const provider = match && providerFacts(match)
  return {
    address: address.address,
    domain: address.domain,
    candidates: [],
    steps: steps.list,
    ...(provider ? { provider } : {}),
  }
}

function providerFacts({ provider, by }: ProviderMatch): DiscoveredProvider {
  const { id, name, note, checkedOn, readAt } = provider
  return { id, name, by, ...(note === undefined ? {} : { note }), checkedOn, readAt }
}
