import type { JavaMailEntry } from './javamail-properties.js'

const PREFIX = 'spring.mail.'

/** Spring's own names for properties of JavaMail; it compares them without case and dashes. */
const NAMES: Readonly<Record<string, string>> = {
  host: 'mail.smtp.host',
  port: 'mail.smtp.port',
  username: 'mail.smtp.user',
  password: 'mail.smtp.password',
  protocol: 'mail.transport.protocol',
  'ssl.enabled': 'mail.smtp.ssl.enable',
  defaultencoding: 'mail.mime.charset',
}

/** What Spring has besides, and what becomes of it. */
export const SPRING_ONLY: Readonly<Record<string, string>> = {
  testconnection: 'a connection is tested by `posthorn test`',
  jndiname: 'is looked up in a Java server; write host, port and login here',
  'ssl.bundle': 'is a set of certificates of Spring; export them as PEM and set tls.extraCa or tls.clientCertificate',
}

/** True for `spring.mail.` in any spelling of Spring. */
export const isSpring = (name: string) => name.toLowerCase().startsWith(PREFIX)

/**
 * An entry of Spring Boot under JavaMail's name: `spring.mail.username`, `spring.mail.properties.mail.smtp.auth`, or
 * `spring.mail.properties[mail.smtp.auth]`. Undefined for what is Spring's alone.
 */
export function fromSpring(entry: JavaMailEntry): JavaMailEntry | undefined {
  const rest = entry.name.slice(PREFIX.length)
  const property = /^properties(?:\.(?=[^[])|\[)([^[\]]{1,200})\]?$/i.exec(rest)?.[1]
  if (property !== undefined) return { ...entry, name: property }
  const name = Object.hasOwn(NAMES, springName(rest)) ? NAMES[springName(rest)] : undefined
  return name === undefined ? undefined : { ...entry, name }
}

/** Relaxed binding: `default-encoding`, `defaultEncoding` and `DEFAULT_ENCODING` are one name. */
export const springName = (rest: string) => rest.toLowerCase().replace(/[-_]/g, '')
