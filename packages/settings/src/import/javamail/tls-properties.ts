import { malformed } from '../report.js'
import type { JavaMailProperties, Understood } from './javamail-properties.js'

/** Versions that Posthorn speaks, the oldest first. */
const VERSIONS = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const
const DEAD = ['SSLv2Hello', 'SSLv3']

/** Names by which JavaMail means the check that is always made. */
const USUAL_VERIFIERS = ['legacy', 'sun.security.util.HostnameChecker', 'JdkHostnameChecker', 'MailHostnameVerifier']

/** How TLS is spoken, and whom it trusts. */
export function applyTls(properties: JavaMailProperties): void {
  const protocols = properties.text('mail.smtp.ssl.protocols')
  if (protocols) applyVersions(properties, protocols)
  const suites = properties.text('mail.smtp.ssl.ciphersuites')
  if (suites) properties.take(suites, [['tls.ciphers', words(suites.value).join(' ')]])
  const identity = properties.flag('mail.smtp.ssl.checkserveridentity', true)
  if (identity) {
    const note = identity.value ? undefined : 'a certificate of any name is taken; its chain is still checked'
    properties.take(identity, [['tls.verifyHost', identity.value]], note)
  }
  applyTrust(properties)
  const verifier = properties.text('mail.smtp.ssl.hostnameverifier.class')
  if (verifier && !USUAL_VERIFIERS.includes(verifier.value)) {
    throw malformed(
      verifier.entry.place.entry,
      'is a check of host names of its own, which may be weaker than it looks',
      'Leave it out for the usual check, or write ssl.checkserveridentity=false if no check is meant.',
    )
  }
  if (verifier) properties.say(verifier.entry, 'ignored', 'is the usual check of the host name, which is always made')
  const OBJECTS = [
    'mail.smtp.ssl.hostnameverifier',
    'mail.smtp.ssl.socketFactory',
    'mail.smtp.ssl.socketFactory.class',
    'mail.smtp.socketFactory',
  ]
  for (const name of OBJECTS) {
    const entry = properties.entry(name)
    if (entry)
      properties.say(entry, 'ignored', 'is an object of Java; the usual connection and the usual checks are used')
  }
}

function applyVersions(properties: JavaMailProperties, protocols: Understood<string>): void {
  const { place } = protocols.entry
  const given = words(protocols.value)
  const known = VERSIONS.filter((version) => given.includes(version))
  if (given.some((name) => !DEAD.includes(name) && !known.some((version) => version === name))) {
    throw malformed(place.entry, 'names a version that is none', `Java knows ${VERSIONS.join(', ')}.`)
  }
  const [first, last] = [known[0], known.at(-1)]
  if (first === undefined || last === undefined) {
    throw malformed(place.entry, 'names no version that is still spoken', 'Write TLSv1.2 TLSv1.3.')
  }
  if (VERSIONS.indexOf(last) - VERSIONS.indexOf(first) + 1 !== known.length) {
    throw malformed(
      place.entry,
      'leaves out a version between others',
      'Name every version from the oldest to the newest.',
    )
  }
  const dropped = given.some((name) => DEAD.includes(name))
  properties.take(
    protocols,
    [
      ['tls.minVersion', first],
      ['tls.maxVersion', last],
    ],
    dropped ? 'SSL 2 and 3 are not spoken, and left out' : undefined,
    dropped ? 'changed' : undefined,
  )
}

function applyTrust(properties: JavaMailProperties): void {
  const trust = properties.text('mail.smtp.ssl.trust')
  if (!trust) return
  const own = ['mail.smtp.ssl.socketFactory', 'mail.smtp.ssl.socketFactory.class'].some((name) =>
    properties.entry(name),
  )
  if (own) {
    properties.say(
      trust.entry,
      'ignored',
      'has no effect in JavaMail beside a socket factory of its own; certificates are checked',
    )
    return
  }
  const hosts = words(trust.value)
  const note = 'the chain of these hosts is not checked, their name is'
  properties.take(trust, [['tls.trustHosts', hosts.includes('*') ? ['*'] : hosts]], note)
}

export const words = (text: string) => text.split(/\s+/).filter((word) => word !== '')
