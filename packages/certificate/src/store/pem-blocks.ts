import { refusal } from '../refusal.js'

/** One armoured block (RFC 7468 2). */
export interface PemBlock<Label extends string = string> {
  /** What stands behind BEGIN: `CERTIFICATE`. */
  readonly label: Label
  readonly octets: Uint8Array
  /** True when header fields say that OpenSSL encrypted it in its old way (`Proc-Type: 4,ENCRYPTED`). */
  readonly encrypted: boolean
  /** The block as it stood there. */
  readonly text: string
}

const BEGIN = '-----BEGIN '
const DASHES = '-----'

/**
 * The armoured blocks with one of these labels, one after the other; other blocks, and what stands between blocks, are passed over
 * (RFC 7468 5.2).
 * @throws {SettingsError} `certificate.format` when such a block does not end or is not base64
 */
export function* pemBlocks<Label extends string>(
  text: string,
  labels: readonly Label[],
  place: string,
  field: string,
): Generator<PemBlock<Label>, void, undefined> {
  const broken = (what: string) =>
    refusal('certificate.format', field, `${place} ${what}`, 'Check that it is complete.')
  for (let at = text.indexOf(BEGIN); at >= 0; at = text.indexOf(BEGIN, at + BEGIN.length)) {
    const label = labels.find((each) => text.startsWith(`${each}${DASHES}`, at + BEGIN.length))
    if (label === undefined) continue
    const start = at + BEGIN.length + label.length + DASHES.length
    const end = text.indexOf(`${DASHES}END ${label}${DASHES}`, start)
    if (end < 0) throw broken(`has a ${label} that does not end`)
    const inside = text.slice(start, end)
    const headerEnd = inside.includes(':') ? /\r?\n[ \t]*\r?\n/.exec(inside) : null
    const body = inside.slice(headerEnd?.index ?? 0).replaceAll(/\s+/g, '')
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(body)) throw broken(`has a ${label} that is not base64`)
    yield {
      label,
      octets: Buffer.from(body, 'base64'),
      encrypted: headerEnd !== null && /^Proc-Type:[ \t]*4,[ \t]*ENCRYPTED/m.test(inside.slice(0, headerEnd.index)),
      text: text.slice(at, end + DASHES.length * 2 + 'END '.length + label.length),
    }
    at = end
  }
}
