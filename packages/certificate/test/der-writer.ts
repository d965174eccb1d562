/** One element of DER with this tag. */
export function element(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents)
  return Buffer.concat([Buffer.from([tag, ...lengthOctets(content.length)]), content])
}

export const sequence = (...contents: readonly Uint8Array[]): Buffer => element(0x30, ...contents)
export const octetString = (content: Uint8Array): Buffer => element(0x04, content)
export const nothing = (): Buffer => element(0x05)

/** A small INTEGER that is not negative. */
export function integer(value: number): Buffer {
  const hex = value.toString(16)
  const octets = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
  return element(0x02, octets[0]! > 0x7f ? Buffer.concat([Buffer.from([0]), octets]) : octets)
}

export function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number)
  return element(0x06, Buffer.from([40 * first + second, ...rest].flatMap(base128)))
}

/**
 * The same value as BER of the other kind (X.690 8.1.3.6, 8.7.3): every constructed element with an indefinite length, every OCTET STRING
 * in pieces.
 */
export function indefinite(der: Uint8Array): Buffer {
  const out: Buffer[] = []
  for (let at = 0; at < der.length;) {
    const tag = der[at]!
    let length = der[at + 1]!
    let start = at + 2
    if (length > 0x80) {
      const count = length & 0x7f
      length = Buffer.from(der).readUIntBE(start, count)
      start += count
    }
    const content = der.subarray(start, start + length)
    at = start + length
    if ((tag & 0x20) !== 0) out.push(Buffer.from([tag, 0x80]), indefinite(content), Buffer.alloc(2))
    else if (tag === 0x04) out.push(Buffer.from([0x24, 0x80]), ...pieces(content), Buffer.alloc(2))
    else out.push(element(tag, content))
  }
  return Buffer.concat(out)
}

function pieces(content: Uint8Array): Buffer[] {
  const middle = content.length >> 1
  return [octetString(content.subarray(0, middle)), octetString(content.subarray(middle))]
}

function lengthOctets(length: number): number[] {
  if (length < 0x80) return [length]
  const hex = length.toString(16)
  const octets = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
  return [0x80 | octets.length, ...octets]
}

function base128(value: number): number[] {
  const digits = [value & 0x7f]
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) digits.unshift((rest & 0x7f) | 0x80)
  return digits
}
