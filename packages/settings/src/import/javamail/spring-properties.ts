import type { JavaMailEntry } from './javamail-properties.js'
import { shownName } from './property-names.js'

const PREFIX = 'spring.mail.'

/** Spring's own names for properties of JavaMail; it compares them without case and dashes. `*`: the transport. */
const NAMES: ReadonlyMap<string, string> = new Map([
  ['host', 'mail.*.host'],
  ['port', 'mail.*.port'],
  ['username', 'mail.*.user'],
  ['password', 'mail.*.password'],
  ['ssl.enabled', 'mail.*.ssl.enable'],
  ['protocol', 'mail.transport.protocol'],
  ['defaultencoding', 'mail.mime.charset'],
])

/** What Spring has besides, and what becomes of it. */
export const SPRING_ONLY: ReadonlyMap<string, string> = new Map([
  ['testconnection', 'a connection is tested by `posthorn test`'],
  ['jndiname', 'is looked up in a Java server; write host, port and login here'],
  ['ssl.bundle', 'is a set of certificates of Spring; export them as PEM and set tls.extraCa or tls.clientCertificate'],
])

/** True for `spring.mail.` in any spelling of Spring. */
export const isSpring = (name: string) => name.toLowerCase().startsWith(PREFIX)

/**
 * An entry of Spring Boot under JavaMail's name: `spring.mail.username`, `spring.mail.properties.mail.smtp.auth`, or
 * `spring.mail.properties[mail.smtp.auth]`. Undefined for what is Spring's alone. `own`: it wins over properties.
 */
export function fromSpring(
  entry: JavaMailEntry,
  transport: 'smtp' | 'smtps',
): (JavaMailEntry & { readonly own: boolean }) | undefined {
  const rest = entry.name.slice(PREFIX.length)
  const property = /^properties(?:\.(?=[^[])|\[)([^[\]]{1,200})\]?$/i.exec(rest)?.[1]
  if (property !== undefined) {
    const place = { ...entry.place, entry: `${PREFIX}properties.${shownName(property)}` }
    return { ...entry, name: property, place, own: false }
  }
  const name = NAMES.get(springName(rest))?.replace('*', transport)
  return name === undefined ? undefined : { ...entry, name, place: { ...entry.place, entry: entry.name }, own: true }
}

/** Relaxed binding: `default-encoding`, `defaultEncoding` and `DEFAULT_ENCODING` are one name. */
export const springName = (rest: string) => rest.toLowerCase().replace(/[-_]/g, '')
