import type { SettingValue } from '../../values.js'
import { takeAcceptedCertificate, takeClientCertificate } from './certificate-fields.js'
import type { NameValue } from './name-value.js'
import { offeredGroups, securityOf, SSL_BITS, TLS_VERSION_BITS } from './numbers.js'
import { linesOf, numbered, numberIn, plainName, switched, truth, type SettingReader } from './setting-reader.js'

const START_MODES = { sslAutomatic: 0, sslImplicit: 1, sslExplicit: 2, sslNone: 3 }

/** `SSLEnabled` and `SSLStartMode` are one switch: the last write wins. */
export function takeStartMode(reader: SettingReader, entries: readonly NameValue[]): void {
  const { draft } = reader
  let mode = START_MODES.sslNone
  let decides: string | undefined
  for (const { name, value } of entries) {
    const plain = plainName(name)
    const written = plain === 'sslstartmode' ? numbered(value, START_MODES) : undefined
    const on = plain === 'sslenabled' ? truth(value) : undefined
    if (written === undefined && on === undefined) continue
    decides = plain
    mode = written ?? (!on ? START_MODES.sslNone : mode === START_MODES.sslNone ? START_MODES.sslAutomatic : mode)
  }
  const port = draft.get('relay.port')
  const security = securityOf(mode, Number(port))
  const note = mode === START_MODES.sslAutomatic ? `automatic: by the port, and never in the clear` : undefined
  for (const name of ['SSLStartMode', 'SSLEnabled']) {
    const read = reader.read(name)
    if (!read) continue
    const known = name === 'SSLStartMode' ? numbered(read.value, START_MODES) : truth(read.value)
    if (known === undefined)
      draft.say(read.place, 'lost', name === 'SSLEnabled' ? 'it must be True or False' : 'it must be 0 to 3')
    else if (decides === plainName(name)) draft.take(read.place, [['security', security]], 'taken', note)
    else draft.say(read.place, 'ignored', 'the other one of SSLEnabled and SSLStartMode was written later')
  }
  reader.usual('SSLStartMode', [['security', 'none']], 'IPWorks speaks no TLS unless it is told to')
}

/** How TLS is spoken, and whom it trusts. */
export function takeTls(reader: SettingReader): void {
  takeVersions(reader)
  takeAlgorithms(reader)
  takeAuthorities(reader)
  takeClientCertificate(reader)
  takeAcceptedCertificate(reader)
  for (const [name, setting] of [
    ['SSLCheckCRL', 'tls.revocation.crl'],
    ['SSLCheckOCSP', 'tls.revocation.ocsp'],
  ] as const)
    reader.take(name, (value) => {
      const word = (['off', 'soft', 'required'] as const)[Number(value)]
      return /^[012]$/.test(value) && word !== undefined ? [[setting, word]] : 'it must be 0, 1 or 2'
    })
  reader.take('SSLCipherStrength', (value) => (value === '0' ? [] : [['tls.minStrengthBits', numberIn(value)]]))
  reader.take('SSLEnabledCipherSuites', (value) => (value === '*' ? [] : [['tls.ciphers', value]]))
  reader.take('SSLKeyLogFile', (value) => [['tls.keyLogFile', value]])
  reader.take('ReuseSSLSession', (value) => switched(value, (on) => [['tls.resumeSessions', on]]))
}

function takeVersions(reader: SettingReader): void {
  const read = reader.read('SSLEnabledProtocols')
  if (!read) return
  const mask = /^\d{1,6}$/.test(read.value) ? Number(read.value) : undefined
  const wanted = TLS_VERSION_BITS.map(([bits]) => mask !== undefined && (mask & bits) !== 0)
  const [first, last] = [wanted.indexOf(true), wanted.lastIndexOf(true)]
  const ssl = mask !== undefined && (mask & SSL_BITS) !== 0
  if (mask === undefined || first === -1)
    reader.draft.say(
      read.place,
      'lost',
      ssl ? 'SSL 2 and 3 are not spoken: TLS 1.2 and 1.3 are' : 'it must be a sum such as 15360 for TLS 1.2 and 1.3',
    )
  else if (wanted.slice(first, last).includes(false))
    reader.draft.say(read.place, 'lost', 'a version in between is left out: TLS 1.2 and 1.3 are spoken')
  else
    reader.draft.take(
      read.place,
      [
        ['tls.minVersion', TLS_VERSION_BITS[first]![1]],
        ['tls.maxVersion', TLS_VERSION_BITS[last]![1]],
      ],
      ssl ? 'changed' : 'taken',
      ssl ? 'SSL 2 and 3 are not spoken' : undefined,
    )
}

function takeAlgorithms(reader: SettingReader): void {
  const list = (name: string) => (reader.peek(name) ?? '').split(/[\s,;:]+/).filter((each) => each !== '')
  const [newer, older] = [list('TLS13SupportedGroups'), list('TLS12SupportedGroups')]
  const share = list('TLS13KeyShareGroups')
  const groups = [...newer, ...older]
  const ordered = offeredGroups(groups.length === 0 ? share : groups, share)
  for (const name of ['TLS13SupportedGroups', 'TLS12SupportedGroups', 'TLS13KeyShareGroups'])
    reader.take(
      name,
      () => [['tls.ecdhCurve', ordered.map((each) => each.replace(/^ecdhe_/i, '')).join(':')]],
      name === 'TLS13SupportedGroups' && older.length + share.length === 0 ? 'taken' : 'changed',
      'one list of groups serves all versions, those of TLS 1.3 first; the first one gets the key share',
    )
  const signatures = [
    ...new Set([...list('TLS13SignatureAlgorithms'), ...list('TLS12SignatureAlgorithms')].flatMap(signatureNames)),
  ]
  for (const name of ['TLS13SignatureAlgorithms', 'TLS12SignatureAlgorithms'])
    reader.take(
      name,
      () => (signatures.length === 0 ? 'it names no algorithm' : [['tls.sigalgs', signatures.join(':')]]),
      'changed',
      'one list of algorithms serves all versions',
    )
}

/** `rsa_pss_sha256` is two names of the registry; the pairs of TLS 1.2 (`sha256-rsa`) are known as they are. */
function signatureNames(name: string): string[] {
  const digest = /^rsa_pss_(sha\d{3})$/i.exec(name)?.[1]
  return digest === undefined ? [name] : [`rsa_pss_rsae_${digest}`, `rsa_pss_pss_${digest}`]
}

function takeAuthorities(reader: SettingReader): void {
  const names = ['SSLServerCACerts', 'SSLCACerts']
  const texts = names.map((name) => reader.peek(name)).filter((text) => text !== undefined && text !== '')
  const values: SettingValue[] = [['tls.extraCa', texts.map((text) => linesOf(text!).join('\n').trim()).join('\n')]]
  reader.take('SSLServerCACerts', () => values)
  reader.take(
    'SSLCACerts',
    () => values,
    'changed',
    'they are trusted; certificates that go along with ours stand in its own store',
  )
}
