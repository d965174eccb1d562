import { BerReader } from '../asn1/ber-reader.js'

/** How text begins that is a store, or names a token, and no path. */
const BEGINNINGS = /^(?:pkcs11:|data:|[{<]|PuTTY-User-Key-File-|ssh-[a-z0-9]+\s|ecdsa-sha2-)/i
/** How base64 begins: of a Java key store, PEM, JSON, a key of .NET and one of PuTTY. */
const BASE64_BEGINNINGS = /^(?:\/u3\+7|zs7Oz|LS0tLS1CRUdJTi|eyJ|PFJTQUtleVZhbHVl|UHVUVFkt)[\w+/=-]{30}/
/** No path of this length does without a dot. */
const LONG_BASE64 = /^[\w+/=-]{256,}$/
/** Shorter than any key; without anything that is not base64 or base64url. */
const SHORT_BASE64 = /^[\w+/=-]{40,}$/
const HEX = /^(?:[\da-f]{2})+$/i
const SEQUENCE = 0x30
/** No system has longer ones. */
const MAX_PATH = 4096

/**
 * True for text that somebody has given where a path belongs: the text of a key, out of the environment for example, or a PKCS #11 URI with
 * its PIN. It must not get into an error, as a path would.
 */
export function isTextOfStore(path: string): boolean {
  const text = path.trim()
  if (text.length > MAX_PATH || /[\0\r\n]|-----BEGIN |\bpin-value=/i.test(text)) return true
  // what is left of it when quotation marks, a scheme, blanks and line ends written out are taken away
  const bare = text.replace(/\\[nr]|["'`\s]/g, '').replace(SCHEMES, '')
  return [text, bare].some((each) => KNOWN.some((known) => known.test(each)) || isEncodedKey(each))
}

/** What people write in front of a key or a token's address. */
const SCHEMES = /^(?:base64|hex|pem|der|file|engine|env|raw)[:,]+/i
const KNOWN = [BEGINNINGS, BASE64_BEGINNINGS, LONG_BASE64]

/** True for a key in hexadecimal or base64, the base64 of its base64 too, and the base64 of text that is a store. */
function isEncodedKey(text: string, depth = 0): boolean {
  if (depth > 1 || !SHORT_BASE64.test(text)) return false
  if (HEX.test(text) && isElement(Buffer.from(text, 'hex'))) return true
  const octets = Buffer.from(text, 'base64')
  if (isElement(octets)) return true
  const inner = octets.toString('latin1').trim()
  return inner.includes('-----BEGIN ') || BEGINNINGS.test(inner) || isEncodedKey(inner.replace(/\s/g, ''), depth + 1)
}

/** True for octets that begin with a whole sequence of ASN.1. */
export function isElement(octets: Uint8Array): boolean {
  try {
    return octets[0] === SEQUENCE && new BerReader(octets).next().whole.length > 2
  } catch {
    return false
  }
}
