import { printable } from '../diagnosis.js'

/** The longest piece of a stranger's answer that is looked at; more does not fit into a message anyway. */
const MAX_SHOWN_OCTETS = 255

/**
 * What a proxy wrote, fit for a message: one line without control characters. A proxy may repeat what was sent to it; an answer with a
 * secret in it, in whatever form it went out, is not shown but for its status, for a mask would show where the secret begins and ends.
 */
export function shown(answer: string, secrets: readonly string[]): string {
  const seen = answer.toLowerCase()
  const repeated = secrets.some((secret) => secret !== '' && formsOf(secret).some((form) => seen.includes(form)))
  if (!repeated) return printable(answer.slice(0, MAX_SHOWN_OCTETS).trim())
  return `${/^HTTP\/\d\.\d \d{3}/.exec(answer)?.[0] ?? ''} (the rest is not shown: it repeats the login)`.trim()
}

/** Lower case, for the comparison is without case. */
function formsOf(secret: string): string[] {
  const octets = Buffer.from(secret)
  const base64 = octets.toString('base64')
  return [
    secret,
    octets.toString('latin1'),
    base64,
    base64.replace(/=+$/, ''),
    octets.toString('hex'),
    encodeURIComponent(secret),
  ].map((form) => form.toLowerCase())
}

/** What the first octets of something are that is not the proxy it should be; for the end of a sentence. */
export function looksLike(octets: Buffer, secrets: readonly string[]): string {
  const text = octets.toString('latin1')
  const line = shown(text.split(/\r?\n/)[0] ?? '', secrets)
  if (octets.length === 0) return 'nothing'
  if (/^220[ -]/.test(text)) return `the greeting of a mail server: ${line}`
  if (/^\* (OK|PREAUTH|BYE)/i.test(text)) return `the greeting of an IMAP server: ${line}`
  if (/^\+OK/i.test(text)) return `the greeting of a POP3 server: ${line}`
  if (text.startsWith('SSH-')) return `an SSH server: ${line}`
  if (text.startsWith('HTTP/')) return `an HTTP server (type 'http' or 'https'): ${line}`
  if (octets[0] === 0x15 || octets[0] === 0x16) return "TLS (type 'https', if it is an HTTP proxy)"
  if (octets[0] === 5) return "SOCKS 5 (type 'socks5')"
  if (octets[0] === 0 && octets.length >= 2 && (octets[1] ?? 0) >= 90 && (octets[1] ?? 0) <= 93)
    return "SOCKS 4 (type 'socks4')"
  return JSON.stringify(line)
}
