import { clearText } from '../clear-text.js'
import { formatOtherHeaders } from './other-headers.js'
import type { Said } from './said.js'
import { certificatePem } from './take-certificates.js'
import { FINAL_MS, MAX_TIMEOUT_SECONDS, USUAL_TIMEOUT_SECONDS } from './take-extras.js'

/** Extensions, time-out, greeting name, header fields. */
export function sayExtras(said: Said): void {
  const { relay, identity, timeouts = {} } = said.profile
  if (relay?.extensions !== undefined) said.element('relay.extensions', 'AllowExtensions', String(relay.extensions))
  if (identity?.localName !== undefined)
    said.element('identity.localName', 'FullyQualifiedDomainName', identity.localName)
  sayTimeout(said, timeouts)
  sayFields(said)
}

function sayTimeout(
  said: Said,
  {
    connectMs,
    idleMs,
    finalMs,
    totalMs,
  }: {
    connectMs?: number | undefined
    idleMs?: number | undefined
    finalMs?: number | undefined
    totalMs?: number | undefined
  },
): void {
  const seconds = idleMs === undefined ? USUAL_TIMEOUT_SECONDS : Math.min(Math.ceil(idleMs / 1000), MAX_TIMEOUT_SECONDS)
  const saidMs = seconds * 1000
  if (idleMs !== undefined) {
    if (saidMs !== idleMs) said.lose('timeouts.idleMs', `ILLiad knows whole seconds: ${seconds}`)
    said.done('timeouts.idleMs')
  }
  if (seconds !== USUAL_TIMEOUT_SECONDS) said.element('timeouts.idleMs', 'Timeout', String(seconds))
  const one = `ILLiad has one limit, ${seconds === 0 ? 'none here' : `${seconds} seconds without traffic`}`
  if (connectMs !== undefined && connectMs !== saidMs) said.lose('timeouts.connectMs', one)
  if (totalMs !== undefined && totalMs !== 0) said.lose('timeouts.totalMs', one)
  if (finalMs !== undefined && finalMs !== (saidMs === 0 || saidMs > FINAL_MS ? saidMs : FINAL_MS))
    said.lose('timeouts.finalMs', one)
  said.done('timeouts.connectMs', 'timeouts.totalMs', 'timeouts.finalMs')
}

function sayFields(said: Said): void {
  const { fields = [], fieldsOnly = false } = said.profile.headers ?? {}
  said.done('headers.fields', 'headers.fieldsOnly')
  if (fields.some(({ value }) => value !== value.trim())) {
    said.lose('headers.fields', 'blanks around the values do not come through')
  }
  const written = fields.map(({ name, value }) => ({ name, value: value.trim() }))
  if (fields.length > 0) said.element('headers.fields', 'OtherHeaders', formatOtherHeaders(written, fieldsOnly), true)
  else if (fieldsOnly) said.lose('headers.fieldsOnly', 'there is no field that could take the place of the others')
}

/** The way through a firewall. */
export function sayFirewall(said: Said): void {
  const { proxy } = said.profile
  const { type = proxy?.host === undefined ? 'none' : 'http', host, port, user, authentication } = proxy ?? {}
  if (type === 'none' || host === undefined) {
    said.done('proxy.type')
    if (type !== 'none')
      said.lose('proxy.type', 'ILLiad does not find a proxy by itself; the relay is reached directly')
    said.leaveUnused(...ALL)
    return
  }
  const kind = KINDS.get(type)
  if (kind === undefined) {
    said.lose('proxy.type', 'ILLiad has no such firewall; the relay is reached directly')
    said.leaveUnused(...ALL)
    return
  }
  if (!said.element('proxy.host', 'FirewallHost', host)) return
  said.element('proxy.type', 'FirewallType', kind)
  if (type === 'socks4a') said.lose('proxy.type', 'ILLiad has SOCKS 4 alone: the name of the relay is resolved here')
  said.element('proxy.port', 'FirewallPort', String(port ?? (type === 'http' ? 80 : 1080)))
  const socks4 = type.startsWith('socks4') // which sends a user id however one logs in
  if (authentication === 'none' && !socks4) {
    said.done('proxy.authentication')
    said.leaveUnused('proxy.user', 'proxy.password')
    return
  }
  if (authentication === 'auto' || socks4) said.done('proxy.authentication')
  if (user === undefined || !said.element('proxy.user', 'FirewallUser', user) || socks4) {
    said.leaveUnused('proxy.password')
    return
  }
  const password = said.secret('proxy.password')
  if (password !== undefined) said.element('proxy.password', 'FirewallPassword', password, true)
}

const ALL = ['host', 'port', 'user', 'password', 'authentication'].map((name) => `proxy.${name}`)

const KINDS = new Map([
  ['http', 'fwTunnel'],
  ['socks4', 'fwSOCKS4'],
  ['socks4a', 'fwSOCKS4'],
  ['socks5', 'fwSOCKS5'],
])

/** The client certificate and the certificate taken from the server. */
export function sayCertificates(said: Said): void {
  const { clientCertificate, acceptedCertificates } = said.profile.tls ?? {}
  if (acceptedCertificates !== undefined) {
    const only = typeof acceptedCertificates === 'string' && acceptedCertificates.split('-----BEGIN ').length === 2
    const pem = only ? certificatePem(acceptedCertificates) : undefined
    if (pem === undefined)
      said.lose('tls.acceptedCertificates', 'ILLiad takes the text of one certificate; the check is as strict as usual')
    else said.element('tls.acceptedCertificates', 'SslAcceptServerCert', pem.trim())
  }
  const { source, type = 'auto', subject, certificate, key } = clientCertificate ?? {}
  if (source === undefined) return
  const store = typeof source === 'string' ? storeOf(source, type) : undefined
  const encoded = typeof certificate === 'string' ? certificatePem(certificate) : undefined
  if (
    !store ||
    key !== undefined ||
    (certificate !== undefined && encoded === undefined) ||
    !said.element('tls.clientCertificate.source', 'SslCertStore', store[1])
  ) {
    said.lose('tls.clientCertificate.source', 'ILLiad takes one PFX or PEM file, or its text; no certificate is shown')
    said.leaveUnused(
      ...['type', 'subject', 'password', 'certificate', 'key'].map((name) => `tls.clientCertificate.${name}`),
    )
    return
  }
  said.element('tls.clientCertificate.type', 'SslCertStoreType', store[0])
  if (encoded !== undefined) said.element('tls.clientCertificate.certificate', 'SslCertEncoded', encoded.trim())
  if (encoded === undefined) said.element('tls.clientCertificate.subject', 'SslCertSubject', subject ?? '*')
  else if (subject !== undefined) said.lose('tls.clientCertificate.subject', 'the certificate itself decides')
  const password = said.secret('tls.clientCertificate.password')
  if (password !== undefined) said.element('tls.clientCertificate.password', 'SslCertStorePassword', password, true)
}

/** The store type and store of ILLiad. */
function storeOf(source: string, type: string): readonly [type: string, store: string] | undefined {
  const text = clearText(source)
  const file = source.startsWith('file:') ? source.slice(5) : undefined
  if (text === undefined && file === undefined) return undefined
  if (type.startsWith('windows-'))
    return text === undefined ? undefined : [type === 'windows-user' ? 'sstUser' : 'sstMachine', text]
  const isPem = text?.includes('-----BEGIN ') ?? false
  const pem = type === 'pem' || (type === 'auto' && (file === undefined ? isPem : /\.pem$/i.test(file)))
  if (pem && (file !== undefined || isPem)) return ['sstPEMKey', file ?? text!.trim()]
  if (type !== 'pfx' && !(type === 'auto' && file !== undefined && /\.(?:pfx|p12)$/i.test(file))) return undefined
  if (file !== undefined) return ['sstPFXFile', file]
  return /^[A-Za-z0-9+/]+={0,2}$/.test(text!) ? ['sstPFXBlob', text!] : undefined
}
