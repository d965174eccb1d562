import fc from 'fast-check'

/** Octets changed, cut out or put in, at places of its own choosing. */
export function mutated(octets: Uint8Array): fc.Arbitrary<Buffer> {
  const change = fc.record({
    at: fc.nat(octets.length - 1),
    kind: fc.constantFrom('flip', 'set', 'cut', 'insert', 'length'),
    value: fc.nat(255),
  })
  return fc.array(change, { minLength: 1, maxLength: 4 }).map((changes) => {
    let result = Buffer.from(octets)
    for (const { at: wanted, kind, value } of changes) {
      const at = Math.min(wanted, result.length - 1)
      if (at < 0) break
      if (kind === 'flip') result[at]! ^= 1 << (value & 7)
      else if (kind === 'set') result[at] = value
      else if (kind === 'length') result.set([0x84, 0xff, 0xff, 0xff].slice(0, result.length - at), at)
      else if (kind === 'cut') result = Buffer.concat([result.subarray(0, at), result.subarray(at + 1 + value)])
      else result = Buffer.concat([result.subarray(0, at), Buffer.alloc(value, value), result.subarray(at)])
    }
    return result
  })
}
