import type { ReadMediaType } from './media-type.js'

/** CMS with its content: RFC 8551 3.2, and what it was called before. */
export const CMS_TYPES: ReadonlySet<string> = new Set(['application/pkcs7-mime', 'application/x-pkcs7-mime'])

/** A signature without its content: RFC 8551 3.5.3.1, and what it was called before. */
const SIGNATURE_TYPES: ReadonlySet<string> = new Set(['application/pkcs7-signature', 'application/x-pkcs7-signature'])

/** What gateways write that do not know the media types: then the name tells (RFC 8551 3.2.1, 3.9). */
const TYPE_BY_NAME = [
  { ending: '.p7m', value: 'application/pkcs7-mime' },
  { ending: '.p7s', value: 'application/pkcs7-signature' },
] as const

/**
 * The media type of S/MIME that an entity has, or some reader may think it has; undefined when nobody can.
 * @param names what the entity is called besides the parameter `name`
 */
export function smimeMediaType(type: ReadMediaType, names: readonly string[]): string | undefined {
  const { value } = type
  if (CMS_TYPES.has(value) || SIGNATURE_TYPES.has(value)) return value
  if (value === 'multipart/signed') {
    const protocols = type.allOf('protocol').map((protocol) => protocol.toLowerCase())
    // with another protocol it is PGP/MIME, RFC 3156
    return protocols.length === 0 || protocols.some((protocol) => SIGNATURE_TYPES.has(protocol)) ? value : undefined
  }
  if (value !== 'application/octet-stream') return undefined
  const all = [...type.allOf('name'), ...names].map((name) => name.trim().toLowerCase())
  return TYPE_BY_NAME.find(({ ending }) => all.some((name) => name.endsWith(ending)))?.value
}

/** Whether text that cannot be read as a media type looks like one of S/MIME. */
export const looksLikeSmime = (text: string) =>
  /multipart\/signed|pkcs7-|\.p7[ms]\b/i.test(text.replace(/\([^()]*\)|[\s"]/g, ''))
