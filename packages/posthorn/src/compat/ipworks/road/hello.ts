import { isIPv4, isIPv6 } from 'node:net'
import { hostname } from 'node:os'
import { parseMailbox } from '@posthorn/smtp'
import { invalidArgument } from '../ipworks-error.js'

/**
 * What EHLO may be told: a domain, or an IP address with or without brackets; '' leaves it to the machine. A name with an underscore is taken
 * and not sent (see `localName`). [ipworks.config.Hello]
 * @throws {IPWorksError} 10022
 */
export function checkHello(value: string, name: string): void {
  if (/[\s\0-\x1f\x7f]/.test(value)) throw invalidArgument(name, 'must have no blanks and no control characters')
  if (value === '' || greetingName(value.replaceAll('_', 'x')) !== undefined) return
  throw invalidArgument(name, 'must be a domain such as app.example.com, or an IP address')
}

/**
 * The argument of EHLO and HELO: `Hello`, else the name of the machine. Undefined where that is none that RFC 5321 knows, as with an
 * underscore: the engine then says the local address of the connection in brackets.
 */
export function localName(hello: string): string | undefined {
  return greetingName(hello || hostname())
}

/** A domain as A-labels, or an address literal (RFC 5321 4.1.3); undefined for what is neither. */
function greetingName(given: string): string | undefined {
  if (isIPv4(given)) return `[${given}]`
  const bare = given.replace(/^\[(.*)\]$/s, '$1')
  if (isIPv6(bare)) return `[IPv6:${bare}]`
  try {
    return parseMailbox(`hello@${given.replace(/\.$/, '')}`, 'Hello').domain // its domain has the grammar of EHLO's (4.1.1.1)
  } catch {
    return undefined
  }
}
