import { blankOrBase64 } from '../base64.js'
import { refusal } from '../refusal.js'

/** One armoured block (RFC 7468 2). */
export interface PemBlock<Label extends string = string> {
  /** What stands behind BEGIN: `CERTIFICATE`. */
  readonly label: Label
  readonly octets: Uint8Array
  /** True when header fields say that OpenSSL encrypted it in its old way (`Proc-Type: 4,ENCRYPTED`). */
  readonly encrypted: boolean
  /** The header fields (RFC 1421 4.6); nothing when there are none. */
  readonly header: string
}

const BEGIN = '-----BEGIN '
const DASHES = '-----'
/** Header fields of a block that OpenSSL encrypted in its old way; it writes two. */
const MAX_HEADER = 1024
/** A store has 10 000 certificates at most, and what is between them is passed over. */
const MAX_BLOCKS = 20_000

/**
 * The armoured blocks with one of these labels, one after the other; other blocks, and what stands between blocks, are passed over
 * (RFC 7468 5.2).
 * @throws {SettingsError} `certificate.format` when such a block does not end or is not base64, and when the text has more than 20 000 blocks of any kind
 */
export function* pemBlocks<Label extends string>(
  text: string,
  labels: readonly Label[],
  place: string,
  field: string,
): Generator<PemBlock<Label>, void, undefined> {
  const broken = (what: string) =>
    refusal('certificate.format', field, `${place} ${what}`, 'Check that it is complete.')
  let count = 0
  for (let at = text.indexOf(BEGIN); at >= 0; at = text.indexOf(BEGIN, at + BEGIN.length)) {
    if (++count > MAX_BLOCKS) throw broken(`has more than ${MAX_BLOCKS} blocks`)
    const label = labels.find((each) => text.startsWith(`${each}${DASHES}`, at + BEGIN.length))
    if (label === undefined) continue
    const start = at + BEGIN.length + label.length + DASHES.length
    const end = text.indexOf(`${DASHES}END ${label}${DASHES}`, start)
    if (end < 0) throw broken(`has a ${label} that does not end`)
    const inside = text.slice(start, end)
    const beginning = inside.slice(0, MAX_HEADER)
    const headerEnd = beginning.includes(':') ? /\r?\n[ \t]*\r?\n/.exec(beginning) : null
    const header = headerEnd ? beginning.slice(0, headerEnd.index) : ''
    const octets = blankOrBase64(inside.slice(headerEnd?.index ?? 0))
    if (!octets) throw broken(`has a ${label} that is not base64`)
    yield {
      label,
      octets,
      header,
      encrypted: /^Proc-Type:[ \t]*4,[ \t]*ENCRYPTED/m.test(header),
    }
    at = end
  }
}
