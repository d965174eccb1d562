import { SecretReference } from '../report.js'
import type { OptionReader } from './option-reader.js'

/** `secureProtocol` of OpenSSL, as the one version it stands for. */
const METHODS: Readonly<Record<string, string>> = {
  TLSv1_method: 'TLSv1',
  TLSv1_client_method: 'TLSv1',
  TLSv1_1_method: 'TLSv1.1',
  TLSv1_1_client_method: 'TLSv1.1',
  TLSv1_2_method: 'TLSv1.2',
  TLSv1_2_client_method: 'TLSv1.2',
  TLSv1_3_method: 'TLSv1.3',
}

const AS_ELSEWHERE = 'Posthorn decides this for every connection'

const NO_EFFECT: readonly string[] = [
  ...['honorCipherOrder', 'dhparam', 'enableTrace', 'timeout', 'session', 'sessionIdContext', 'sessionTimeout'],
  ...['requestOCSP', 'requestCert', 'ticketKeys', 'highWaterMark', 'isServer', 'host', 'port', 'path', 'minDHSize'],
]

/** How TLS is spoken, and whom it trusts: what `tls.connect` takes. */
export function takeTls(options: OptionReader): void {
  const { draft } = options
  if (options.has('tls'))
    options.lose('tls', 'only running the program would tell what stands here: write tls: { ... }')
  options.take('tls.rejectUnauthorized', 'tls.rejectUnauthorized', (value) => value !== false)
  options.take('tls.minVersion', 'tls.minVersion')
  options.take('tls.maxVersion', 'tls.maxVersion')
  options.take('tls.ciphers', 'tls.ciphers')
  options.take('tls.servername', 'tls.servername')
  options.take('tls.ecdhCurve', 'tls.ecdhCurve')
  options.take('tls.sigalgs', 'tls.sigalgs')
  const method = options.plain('tls.secureProtocol')
  if (method) {
    const version =
      typeof method.value === 'string' && Object.hasOwn(METHODS, method.value) ? METHODS[method.value] : undefined
    if (version === undefined)
      draft.say(method.place, 'ignored', 'tls.minVersion and tls.maxVersion say which versions are spoken')
    else
      draft.take(method.place, [
        ['tls.minVersion', version],
        ['tls.maxVersion', version],
      ])
  }
  if (options.has('tls.ca')) takeContent(options, 'tls.ca', 'tls.ca')
  takeClientCertificate(options)
  options.lose(
    'tls.checkServerIdentity',
    'a check of its own is a program; if it switches the check of the name off, tls.verifyHost false says the same',
  )
  for (const path of [
    'crl',
    'secureOptions',
    'secureContext',
    'ALPNProtocols',
    'pskCallback',
    'allowPartialTrustChain',
    'lookup',
  ])
    options.lose(`tls.${path}`, 'a profile has no setting for it')
  for (const path of NO_EFFECT) options.tell(`tls.${path}`, 'ignored', AS_ELSEWHERE)
}

function takeContent(options: OptionReader, path: string, setting: string): void {
  const text = options.content(path)
  if (text === undefined) {
    options.lose(path, `only running the program would tell what stands here: give file:PATH or the text as ${setting}`)
    return
  }
  const place = options.place(path)
  options.done(path)
  options.draft.take(place, [[setting, text]])
}

/** A store with both, or the certificate and its key; where they are one text, or one file, that is a store, too. */
function takeClientCertificate(options: OptionReader): void {
  const [source, key] = ['tls.clientCertificate.source', 'tls.clientCertificate.key'] as const
  const text = options.content('tls.cert')
  if (options.has('tls.pfx')) takeContent(options, 'tls.pfx', source)
  else if (text !== undefined && isSame(text, options.content('tls.key')))
    options.takeAll(['tls.cert', 'tls.key'], [[source, text]])
  else {
    if (options.has('tls.cert')) takeContent(options, 'tls.cert', source)
    if (options.has('tls.key')) takeContent(options, 'tls.key', key)
  }
  const password = options.has('tls.passphrase') && [source, key].some((path) => options.draft.has(path))
  if (password) options.takeSecret('tls.passphrase', 'tls.clientCertificate.password')
  else options.tell('tls.passphrase', 'ignored', 'there is no certificate that it opens')
}

function isSame(one: string | SecretReference, other: string | SecretReference | undefined): boolean {
  if (one instanceof SecretReference) return other instanceof SecretReference && one.text === other.text
  return one === other
}
