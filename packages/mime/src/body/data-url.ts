import { refusal } from '../refusal.js'
import { decodeBase64 } from './string-octets.js'

/** More belongs into a file: the URL and what it stands for are in memory at once. */
const MAX_CHARACTERS = 64 * 1024 * 1024
const PERCENT = 37

/** What a data: URL holds. */
export interface DataUrl {
  /** With its parameters, as it stands; RFC 2397 3 says what an absent one means. */
  readonly contentType: string
  readonly octets: Uint8Array
}

/** True for a URL of the scheme `data`. */
export function isDataUrl(url: string | URL): boolean {
  return typeof url === 'string' ? /^data:/i.test(url) : url.protocol === 'data:'
}

/**
 * Reads `data:[type][;base64],...` strictly (RFC 2397): what is not in the grammar is an error and not guessed at. A fragment is no part
 * of the data.
 * @throws {SettingsError} `attachment.url`
 */
export function dataUrl(url: string | URL, field: string): DataUrl {
  const text = typeof url === 'string' ? url : url.href
  const malformed = (what: string) =>
    refusal('attachment.url', field, what, 'Write it like data:text/plain;base64,SGVsbG8= (RFC 2397).')
  if (text.length > MAX_CHARACTERS) throw malformed(`is longer than ${MAX_CHARACTERS} characters`)
  const comma = text.indexOf(',')
  if (comma < 0) throw malformed('is a data: URL without a comma')
  const fragment = text.indexOf('#', comma)
  const data = percentDecoded(text.slice(comma + 1, fragment < 0 ? text.length : fragment))
  if (!data) throw malformed('has a "%" that is not followed by two hexadecimal digits')
  const said = text.slice('data:'.length, comma)
  const base64 = /;base64$/i.test(said)
  const type = percentDecoded(base64 ? said.slice(0, -';base64'.length) : said)
  if (!type) throw malformed('has a "%" that is not followed by two hexadecimal digits')
  const octets = base64 ? decodeBase64(data.toString('latin1')) : data
  if (!octets) throw malformed('is said to be base64 and is not')
  const named = type.toString('utf8')
  if (named === '') return { contentType: 'text/plain; charset=us-ascii', octets }
  return { contentType: named.startsWith(';') ? `text/plain${named}` : named, octets }
}

/** Undefined when a percent sign stands for nothing. */
function percentDecoded(text: string): Buffer | undefined {
  const octets = Buffer.from(text)
  let from = octets.indexOf(PERCENT)
  if (from < 0) return octets
  let to = from
  for (; from < octets.length; from++) {
    const octet = octets[from]!
    if (octet !== PERCENT) {
      octets[to++] = octet
      continue
    }
    const digits = octets.toString('latin1', from + 1, from + 3)
    if (!/^[0-9A-Fa-f]{2}$/.test(digits)) return undefined
    octets[to++] = parseInt(digits, 16)
    from += 2
  }
  return octets.subarray(0, to)
}
