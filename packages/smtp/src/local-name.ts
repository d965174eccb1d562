import { hostname } from 'node:os'
import { isIPv4, isIPv6, type Socket } from 'node:net'
import { SettingsError } from '@posthorn/ground'
import { parseDomain } from './mailbox.js'

/**
 * The argument of EHLO as the caller gave it: a domain or an address literal (RFC 5321 4.1.3, 4.1.4), A-labels only (RFC 6531 3.7.1).
 * @throws {SettingsError} `mailbox.domain`, field `localName`
 */
export function checkLocalName(name: string): string {
  if (/[\x00-\x20\x7f]/.test(name)) {
    throw new SettingsError('mailbox.control-character', 'localName', 'has a blank or a control character', {
      hint: 'Give a domain such as app.example.com.',
    })
  }
  return parseDomain(name, 'localName')
}

/**
 * The host's own name when it is fully qualified, else the local address of the connection as a literal. One that was told which address to
 * connect from has other names, too: there it is the address.
 */
export function defaultLocalName(socket: Socket, localAddress?: string): string {
  const name = localAddress === undefined ? hostname() : ''
  if (name.includes('.') && !isIPv4(name)) {
    try {
      return parseDomain(name, 'localName')
    } catch {
      // names such as "my_host.lan" are none for SMTP; the address is
    }
  }
  const address = socket.localAddress?.replace(/^::ffff:/, '').replace(/%.*$/, '') ?? ''
  if (isIPv4(address)) return `[${address}]`
  return isIPv6(address) ? `[IPv6:${address}]` : '[127.0.0.1]'
}
