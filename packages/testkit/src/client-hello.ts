/** What a client offers, RFC 8446 4.1.2; numbers as in the registries. */
export interface ClientHello {
  readonly suites: readonly number[]
  /** supported_versions, or the version of the message when there is no such extension. */
  readonly versions: readonly number[]
  readonly groups: readonly number[]
  readonly signatureAlgorithms: readonly number[]
  /** The groups it sends keys for. */
  readonly keyShares: readonly number[]
  /** server_name; empty without it. */
  readonly serverName: string
  readonly asksForStatus: boolean
}

/** Of a record (RFC 8446 5.1), and of the message in it (4). */
const HEADER_OCTETS = 5
const MESSAGE_HEADER_OCTETS = 4

/** Reads what a client sent first; undefined until the first record is whole. */
export function readClientHello(record: Buffer): ClientHello | undefined {
  if (record.length < HEADER_OCTETS || record.length < HEADER_OCTETS + record.readUInt16BE(3)) return undefined
  const octets = record.subarray(HEADER_OCTETS + MESSAGE_HEADER_OCTETS, HEADER_OCTETS + record.readUInt16BE(3))
  let at = 0
  const take = (length: number) => octets.subarray(at, (at += length))
  const version = take(2).readUInt16BE()
  take(32) // random
  take(take(1).readUInt8()) // session id
  const suites = numbers(take(take(2).readUInt16BE()))
  take(take(1).readUInt8()) // compression
  const end = take(2).readUInt16BE() + at
  const extensions = new Map<number, Buffer>()
  while (at < end) {
    const type = take(2).readUInt16BE()
    extensions.set(type, take(take(2).readUInt16BE()))
  }
  const listOf = (type: number, skip: number) => numbers(extensions.get(type)?.subarray(skip) ?? Buffer.alloc(0))
  const versions = extensions.has(43) ? listOf(43, 1) : [version]
  const serverName = extensions.get(0)?.subarray(5).toString('latin1') ?? ''
  return {
    suites,
    versions,
    groups: listOf(10, 2),
    signatureAlgorithms: listOf(13, 2),
    keyShares: shares(extensions.get(51)),
    serverName,
    asksForStatus: extensions.has(5),
  }
}

function shares(extension: Buffer | undefined): number[] {
  const found: number[] = []
  if (!extension) return found
  for (let at = 2; at < extension.length; at += 4 + extension.readUInt16BE(at + 2))
    found.push(extension.readUInt16BE(at))
  return found
}

function numbers(octets: Buffer): number[] {
  return Array.from({ length: octets.length >> 1 }, (_, index) => octets.readUInt16BE(index * 2))
}
