import { keep, plainServer } from './server.js'

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

/** A port that takes the first message of a client and hangs up. */
export async function helloServer(): Promise<{ readonly port: number; readonly hello: Promise<ClientHello> }> {
  let heard: (hello: ClientHello) => void = () => {}
  const hello = new Promise<ClientHello>((done) => (heard = done))
  const port = await plainServer((socket) => {
    let octets = Buffer.alloc(0)
    keep(socket).on('data', (piece: Buffer) => {
      octets = Buffer.concat([octets, piece])
      if (octets.length < 5 || octets.length < 5 + octets.readUInt16BE(3)) return
      heard(readHello(octets.subarray(9, 5 + octets.readUInt16BE(3))))
      socket.destroy()
    })
  })
  return { port, hello }
}

function readHello(octets: Buffer): ClientHello {
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
