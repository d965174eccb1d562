import { badChallenge } from './exchange-error.js'

/** The CHALLENGE message (MS-NLMP 2.2.1.2), read. */
export interface NtlmChallenge {
  readonly flags: number
  readonly serverChallenge: Uint8Array
  readonly targetName: string
  /** What the server says about itself; empty when it says nothing. */
  readonly pairs: readonly AvPair[]
}

/** One statement of the target information (MS-NLMP 2.2.2.1). */
export interface AvPair {
  readonly id: number
  readonly value: Uint8Array
}

export const AV = { end: 0, flags: 6, timestamp: 7, targetName: 9, channelBindings: 10 } as const

/** MS-NLMP 2.2.2.5. */
export const FLAG = {
  unicode: 0x1,
  oem: 0x2,
  requestTarget: 0x4,
  ntlm: 0x200,
  domainSupplied: 0x1000,
  workstationSupplied: 0x2000,
  alwaysSign: 0x8000,
  extendedSessionSecurity: 0x8_0000,
  targetInfo: 0x80_0000,
  key128: 0x2000_0000,
  keyExchange: 0x4000_0000,
  key56: 0x8000_0000,
} as const

export const SIGNATURE = Buffer.from('NTLMSSP\0', 'latin1')

/** @throws {ProtocolError} `sasl.challenge` for anything that is no CHALLENGE message, or points outside itself */
export function readNtlmChallenge(message: Uint8Array): NtlmChallenge {
  const octets = Buffer.from(message.buffer, message.byteOffset, message.length)
  if (octets.length < 32 || !octets.subarray(0, 8).equals(SIGNATURE) || octets.readUInt32LE(8) !== 2) {
    throw badChallenge('NTLM', 'the server sent something that is no CHALLENGE message')
  }
  const flags = octets.readUInt32LE(20)
  const unicode = (flags & FLAG.unicode) !== 0
  const name = field(octets, 12)
  const hasInfo = (flags & FLAG.targetInfo) !== 0 && octets.length >= 48
  return {
    flags,
    serverChallenge: octets.subarray(24, 32),
    targetName: name.toString(unicode ? 'utf16le' : 'latin1'),
    pairs: hasInfo ? readPairs(field(octets, 40)) : [],
  }
}

/** AV pairs as octets, with their end (MS-NLMP 2.2.2.1). */
export function writePairs(pairs: readonly AvPair[]): Buffer {
  const parts = [...pairs, { id: AV.end, value: new Uint8Array() }].map(({ id, value }) => {
    const head = Buffer.alloc(4)
    head.writeUInt16LE(id, 0)
    head.writeUInt16LE(value.length, 2)
    return Buffer.concat([head, value])
  })
  return Buffer.concat(parts)
}

function field(octets: Buffer, at: number): Buffer {
  const length = octets.readUInt16LE(at)
  const offset = octets.readUInt32LE(at + 4)
  if (length === 0) return Buffer.alloc(0)
  if (offset + length > octets.length) throw badChallenge('NTLM', 'a field of the CHALLENGE message lies outside it')
  return octets.subarray(offset, offset + length)
}

function readPairs(info: Buffer): AvPair[] {
  const pairs: AvPair[] = []
  let at = 0
  while (at + 4 <= info.length) {
    const id = info.readUInt16LE(at)
    const length = info.readUInt16LE(at + 2)
    if (id === AV.end) return pairs
    if (at + 4 + length > info.length) break
    pairs.push({ id, value: info.subarray(at + 4, at + 4 + length) })
    at += 4 + length
  }
  if (info.length === 0) return pairs
  throw badChallenge('NTLM', 'the target information has no end')
}
