import { isIP } from 'node:net'
import { domainToASCII } from 'node:url'
import { SettingsError } from '@posthorn/ground'

/** What discovery starts from. */
export interface MailAddress {
  /** As it was given. */
  readonly address: string
  /** Undefined when only a domain was given. */
  readonly localPart: string | undefined
  /** In A-labels (RFC 5890), lower case, without a dot at its end. */
  readonly domain: string
}

const HINT = 'Give a mailbox such as you@example.com, or a domain such as example.com.'

/** RFC 5321 4.5.3.1.1. */
const MAX_LOCAL_PART = 64

/** A mailbox or a domain, taken apart. @throws {SettingsError} `discover.address` */
export function readMailAddress(given: string): MailAddress {
  const address = given.trim()
  const at = address.lastIndexOf('@')
  const localPart = at < 0 ? undefined : address.slice(0, at)
  // no quoted string (RFC 5321 4.1.2), which nobody has: so nothing of a URL or of a password behind ":" is taken for a name
  if (localPart !== undefined && !/^[^\s\p{Cc}()<>[\]:;@\\,"]+$/u.test(localPart)) {
    throw new SettingsError('discover.address', 'address', 'is not a mailbox', { hint: HINT })
  }
  if (localPart !== undefined && Buffer.byteLength(localPart) > MAX_LOCAL_PART) {
    throw new SettingsError('discover.address', 'address', `has more than ${MAX_LOCAL_PART} octets before the "@"`, {
      hint: HINT,
    })
  }
  const domain = hostName(address.slice(at + 1))
  if (domain === undefined) {
    throw new SettingsError('discover.address', 'address', 'has no domain of DNS', { hint: HINT })
  }
  return { address, localPart, domain }
}

/**
 * A host name of DNS that may be connected to or looked up: in A-labels, lower case, without the dot at its end. Undefined for all else: an
 * IP address, a name without a dot such as `localhost`, one with characters that no host has, one that is too long.
 */
export function hostName(given: string): string | undefined {
  if (given.length === 0 || given.length > 1000 || /[\s\p{Cc}]/u.test(given)) return undefined
  const ascii = /^[\x21-\x7e]*$/.test(given) ? given : domainToASCII(given)
  const name = ascii.toLowerCase().replace(/\.$/, '')
  if (name.length > 253 || isIP(name) !== 0) return undefined
  const labels = name.split('.')
  if (labels.length < 2 || !labels.every((label) => /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label))) {
    return undefined
  }
  return /^(?:\d+|0x[\da-f]*)$/.test(labels.at(-1)!) || labels.at(-1) === 'localhost' ? undefined : name
}

/** True when a host is the domain, below it, or has the same registrable domain (`mail.example.com` for `sales.example.com`). */
export function insideOf(registrable: string | undefined, domain: string): (host: string) => boolean {
  const roots = registrable === undefined ? [domain] : [domain, registrable]
  return (host) => roots.some((root) => host === root || host.endsWith(`.${root}`))
}
