import { createHash } from 'node:crypto'

/** An entry of a Java key store. */
export interface WrittenEntry {
  readonly kind: number
  readonly alias: string
  /** An EncryptedPrivateKeyInfo, for kind 1. */
  readonly protectedKey?: Uint8Array
  readonly certificates: readonly Uint8Array[]
}

export const JKS = 0xfeedfeed

/** A Java key store, sealed with this password, with these numbers in its head. */
export function javaStore(
  entries: readonly WrittenEntry[],
  password: string,
  { magic = JKS, version = 2, count = entries.length }: { magic?: number; version?: number; count?: number } = {},
): Buffer {
  return sealed(
    Buffer.concat([int(magic), int(version), int(count), ...entries.map((each) => entry(each, version))]),
    password,
  )
}

/** These octets and the digest that makes a store of them. */
export function sealed(content: Uint8Array, password: string): Buffer {
  const start = Buffer.concat([Buffer.from(password, 'utf16le').swap16(), Buffer.from('Mighty Aphrodite')])
  return Buffer.concat([content, createHash('sha1').update(start).update(content).digest()])
}

function entry({ kind, alias, protectedKey, certificates }: WrittenEntry, version: number): Buffer {
  const written = certificates.map((der) =>
    Buffer.concat([...(version === 2 ? [text('X.509')] : []), int(der.length), der]),
  )
  const key = protectedKey ? [int(protectedKey.length), protectedKey, int(certificates.length)] : []
  return Buffer.concat([int(kind), text(alias), Buffer.alloc(8), ...key, ...written])
}

/** Four octets. */
export function int(value: number): Buffer {
  const octets = Buffer.alloc(4)
  octets.writeUInt32BE(value)
  return octets
}

/** ASCII with its length before it. */
export function text(value: string): Buffer {
  return Buffer.concat([Buffer.from([value.length >> 8, value.length & 0xff]), Buffer.from(value, 'latin1')])
}
