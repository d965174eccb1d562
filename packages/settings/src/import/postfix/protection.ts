import { SecretReference, type ProfileDraft } from '../report.js'
import { isYes, words, type ParameterReader, type Written } from './parameter-reader.js'

/** What a level of `smtp_tls_security_level` means here. */
interface Level {
  readonly security: 'none' | 'opportunistic' | 'starttls'
  /** Whether the certificate of the server is looked at. */
  readonly verified: boolean
  readonly note?: string | undefined
}

const UNVERIFIED =
  'no certificate is checked, so anyone on the way can take the place of the relay; secure would check it'

const LEVELS: Readonly<Record<string, Level>> = {
  none: { security: 'none', verified: true },
  may: { security: 'opportunistic', verified: false, note: UNVERIFIED },
  encrypt: { security: 'starttls', verified: false, note: UNVERIFIED },
  verify: { security: 'starttls', verified: true },
  secure: { security: 'starttls', verified: true, note: 'a certificate for a name below the relay is not enough here' },
  fingerprint: {
    security: 'starttls',
    verified: true,
    note: 'the authorities are asked in place of fingerprints; a certificate that is to be taken as it is stands whole in tls.acceptedCertificates',
  },
  dane: {
    security: 'opportunistic',
    verified: false,
    note: `TLSA records count with the transport direct only; ${UNVERIFIED}`,
  },
  'dane-only': {
    security: 'starttls',
    verified: true,
    note: 'TLSA records count with the transport direct only: the authorities are asked in their place',
  },
}

/** The level, from the parameter or from those that came before it. */
function levelOf(reader: ParameterReader): { name: string; written: Written | undefined } {
  const written = reader.read('smtp_tls_security_level')
  const [use, enforce, peer] = ['smtp_use_tls', 'smtp_enforce_tls', 'smtp_tls_enforce_peername'].map((name) =>
    reader.read(name),
  )
  const older = [use, enforce, peer].filter((each) => each !== undefined)
  if (written && written.value !== '') {
    for (const { place } of older) reader.draft.say(place, 'ignored', 'smtp_tls_security_level says it')
    return { name: written.value.toLowerCase(), written }
  }
  if (written) reader.draft.say(written.place, 'ignored', 'it is empty, which stands for the older parameters')
  if (enforce && isYes(enforce.value)) {
    if (use) reader.draft.say(use.place, 'ignored', 'smtp_enforce_tls says it')
    const checked = !peer || isYes(peer.value)
    if (peer)
      reader.draft.say(peer.place, 'taken', checked ? 'the certificate is checked' : 'the certificate is not checked')
    return { name: checked ? 'verify' : 'encrypt', written: enforce }
  }
  for (const each of [enforce, peer]) if (each) reader.draft.say(each.place, 'ignored', 'TLS is not enforced')
  return { name: use && isYes(use.value) ? 'may' : 'none', written: use }
}

/** How the way is protected, and whom it trusts. */
export function takeProtection(reader: ParameterReader, isDirect: boolean): void {
  const { draft } = reader
  const { name, written } = levelOf(reader)
  const level = Object.hasOwn(LEVELS, name) ? LEVELS[name] : undefined
  const place = written?.place ?? reader.place('smtp_tls_security_level')
  if (!level) draft.say(place, 'lost', 'this level is not known: STARTTLS is required')
  const wrapper = reader.read('smtp_tls_wrappermode')
  const { security: upgrade, verified, note } = level ?? LEVELS['secure']!
  const security = wrapper && isYes(wrapper.value) && !isDirect ? 'implicit' : upgrade
  const verdict = !written ? 'defaulted' : name.startsWith('dane') || name === 'fingerprint' ? 'changed' : 'taken'
  const why = written ? note : 'Postfix speaks no TLS unless it is told to'
  if (isDirect) takeDirectLevel(reader, name, upgrade, verdict, place)
  else
    draft.take(
      place,
      [['security', security], ...(verified ? [] : [['tls.rejectUnauthorized', false] as const])],
      verdict,
      why,
    )
  if (wrapper) {
    const used = isYes(wrapper.value) && !isDirect
    if (used) draft.take(wrapper.place, [['security', 'implicit']])
    else draft.say(wrapper.place, 'ignored', 'TLS does not begin with the first octet')
  }
  takeVersions(reader, security !== 'opportunistic')
  takeTrust(reader)
  takeClientCertificate(reader)
  takeRest(reader)
}

function takeDirectLevel(
  { draft }: ParameterReader,
  name: string,
  security: Level['security'],
  verdict: 'defaulted' | 'changed' | 'taken',
  place: Written['place'],
): void {
  draft.take(
    place,
    [
      ['security', security],
      ['direct.dane', name.startsWith('dane') ? 'auto' : 'off'],
    ],
    verdict === 'changed' && name === 'dane' ? 'taken' : verdict,
    name === 'dane-only' ? 'servers without TLSA records get mail, too, when their certificate fits' : undefined,
  )
  draft.take(
    { entry: 'MTA-STS' },
    [['direct.mtaSts', 'off']],
    'defaulted',
    'Postfix by itself keeps no MTA-STS policy; better: direct.mtaSts enforce',
  )
}

const VERSIONS = ['SSLv2', 'SSLv3', 'TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const

function takeVersions(reader: ParameterReader, mandatory: boolean): void {
  const [used, other] = mandatory
    ? ['smtp_tls_mandatory_protocols', 'smtp_tls_protocols']
    : ['smtp_tls_protocols', 'smtp_tls_mandatory_protocols']
  reader.tell(other, 'ignored', mandatory ? 'TLS is not opportunistic' : 'TLS is opportunistic')
  const written = reader.read(used)
  if (!written) return
  const range = versionRange(words(written.value))
  if (range === undefined) reader.draft.say(written.place, 'lost', 'it must be as >=TLSv1.2 or !SSLv3, !TLSv1')
  else if (range.length === 0) reader.draft.say(written.place, 'lost', 'no version that is spoken is left')
  else {
    const max = range.at(-1)
    reader.draft.take(written.place, [
      ['tls.minVersion', range[0]],
      ...(max === 'TLSv1.3' ? [] : [['tls.maxVersion', max] as const]),
    ])
  }
}

/** The versions a list leaves, of those that are spoken. Undefined for words nobody knows. */
function versionRange(list: readonly string[]): string[] | undefined {
  const index = (name: string) => VERSIONS.findIndex((version) => version.toLowerCase() === name.toLowerCase())
  const left = new Set<number>(VERSIONS.keys())
  const named = new Set<number>()
  for (const word of list) {
    const [, sign = '', name = ''] = /^(>=|<=|!)?(.+)$/.exec(word) ?? []
    const at = index(name)
    if (at === -1) return undefined
    if (sign === '') named.add(at)
    for (const each of [...left])
      if ((sign === '!' && each === at) || (sign === '>=' && each < at) || (sign === '<=' && each > at))
        left.delete(each)
  }
  const spoken = [...left].filter((each) => each >= 2 && (named.size === 0 || named.has(each))).sort((a, b) => a - b)
  return spoken.map((each) => VERSIONS[each]!)
}

function takeTrust(reader: ParameterReader): void {
  const besides = reader.read('tls_append_default_CA')
  if (besides)
    reader.draft.say(
      besides.place,
      'taken',
      isYes(besides.value)
        ? 'the authorities stand besides the well-known ones'
        : 'the authorities stand in place of the well-known ones',
    )
  reader.take('smtp_tls_CAfile', (file) => [[isYes(besides?.value) ? 'tls.extraCa' : 'tls.ca', fileReference(file)]])
  reader.tell(
    'smtp_tls_CApath',
    'lost',
    'a folder of authorities is not read: put them into one PEM file, and set tls.ca',
  )
  reader.tell('smtp_tls_trust_anchor_file', 'lost', 'set tls.ca to file:PATH of it')
  reader.take('smtp_tls_servername', (name) => [['tls.servername', name]])
  reader.tell(
    'smtp_tls_fingerprint_cert_match',
    'lost',
    'a certificate that is to be taken as it is stands whole in tls.acceptedCertificates',
  )
  reader.tell('smtp_tls_fingerprint_digest', 'ignored', 'no fingerprint is compared')
  for (const name of ['smtp_tls_verify_cert_match', 'smtp_tls_secure_cert_match'])
    reader.tell(name, 'changed', 'the name of the relay, or tls.servername, must stand in the certificate')
}

const fileReference = (path: string) => new SecretReference(`file:${path}`)

function takeClientCertificate(reader: ParameterReader): void {
  const { draft } = reader
  const [source, key] = ['tls.clientCertificate.source', 'tls.clientCertificate.key'] as const
  const chain = reader.read('smtp_tls_chain_files')
  if (chain) takeChain(draft, chain, words(chain.value))
  for (const kind of ['', 'ec', 'd']) {
    const [certificate, own] = ['cert', 'key'].map((part) => reader.read(`smtp_tls_${kind}${part}_file`))
    const isOther = Boolean(chain?.value) || draft.has(source)
    for (const each of [certificate, own]) {
      if (!each) continue
      if (each.value === '') draft.say(each.place, 'ignored', 'it is empty')
      else if (isOther) draft.say(each.place, 'ignored', 'another certificate is shown')
      else if (!certificate?.value) draft.say(each.place, 'ignored', 'there is no certificate beside it')
      else draft.take(each.place, [[each.value === certificate.value ? source : key, fileReference(each.value)]])
    }
  }
}

/** A list of files, each key before its certificate: in one file with it, or in the file before. */
function takeChain(draft: ProfileDraft, { place }: Written, [first, second, ...others]: string[]): void {
  const [source, key] = ['tls.clientCertificate.source', 'tls.clientCertificate.key'] as const
  if (first === undefined) draft.say(place, 'ignored', 'it is empty')
  else if (second === undefined) draft.take(place, [[source, fileReference(first)]])
  else {
    const files = [
      [source, fileReference(second)],
      [key, fileReference(first)],
    ] as const
    if (others.length === 0) draft.take(place, files)
    else
      draft.take(
        place,
        files,
        'changed',
        'the first two are read: one certificate is shown, and what follows them is not',
      )
  }
}

const NO_EFFECT: Readonly<Record<string, string>> = {
  smtp_tls_ciphers: 'the suites of Node.js are all of the highest grade; tls.ciphers says others',
  smtp_tls_mandatory_ciphers: 'the suites of Node.js are all of the highest grade; tls.ciphers says others',
  smtp_tls_loglevel: 'logging.level says how much is logged',
  smtp_tls_note_starttls_offer: 'the log says it in any case',
  smtp_tls_session_cache_timeout: 'the server says how long a session may be resumed',
  smtp_tls_connection_reuse: 'connections are kept in any case',
  smtp_tls_scert_verifydepth: 'OpenSSL has a limit of its own',
  smtp_tls_block_early_mail_reply: 'an octet that comes before the handshake ends the session',
  smtp_tls_force_insecure_host_tlsa_lookup: 'TLSA records count from a validating resolver only',
  smtp_tls_dane_insecure_mx_policy: 'TLSA records count from a validating resolver only',
  tls_random_source: 'Node.js has its own',
}

function takeRest(reader: ParameterReader): void {
  for (const name of ['smtp_tls_exclude_ciphers', 'smtp_tls_mandatory_exclude_ciphers']) {
    const written = reader.read(name)
    if (!written) continue
    const weak = words(written.value).every((word) =>
      /^(?:[ae]null|null|low|export|exp|des|3des|rc[245]|md5|adh|aecdh|seed|idea|psk|srp|ssl2|dss|camellia|aria|medium)$/i.test(
        word,
      ),
    )
    if (weak) reader.draft.say(written.place, 'ignored', 'none of these is offered unless tls.ciphers names it')
    else reader.draft.say(written.place, 'lost', 'say in tls.ciphers what is to be offered')
  }
  const cache = reader.read('smtp_tls_session_cache_database')
  if (cache?.value) reader.draft.take(cache.place, [['tls.resumeSessions', true]], 'taken', 'in memory')
  else if (cache) reader.draft.say(cache.place, 'ignored', 'sessions are not resumed')
  for (const name of ['smtp_tls_policy_maps', 'smtp_tls_per_site'])
    reader.tell(name, 'lost', 'a way of its own for a domain is a profile of its own')
  for (const [name, note] of Object.entries(NO_EFFECT)) reader.tell(name, 'ignored', note)
}
