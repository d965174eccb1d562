import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import type { TlsRecord } from '../options.js'

/** RFC 8446 5.1: one octet for the type, two for the version, two for the length. */
const HEADER_OCTETS = 5

const TYPES: Readonly<Record<number, string>> = {
  20: 'change_cipher_spec',
  21: 'alert',
  22: 'handshake',
  23: 'application_data',
  24: 'heartbeat',
}

/**
 * A stream between TLS and its connection that tells of every record passing through. Only headers are read. Whatever is not TLS is passed on
 * and not told of.
 */
export function tapRecords(stream: Socket, onRecord: (record: TlsRecord) => void): Duplex {
  const [incoming, outgoing] = [counter('in', onRecord), counter('out', onRecord)]
  const tap = new Duplex({
    allowHalfOpen: false,
    read: () => void stream.resume(),
    write: (octets: Buffer, _, done) => {
      outgoing(octets)
      stream.write(octets, done)
    },
    final: (done) => void stream.end(done),
    destroy: (error, done) => {
      stream.destroy()
      done(error)
    },
  })
  stream.on('data', (octets: Buffer) => {
    incoming(octets)
    if (!tap.push(octets)) stream.pause()
  })
  stream.on('end', () => tap.push(null))
  stream.on('error', (error) => tap.destroy(error))
  stream.on('close', () => tap.destroy())
  return tap
}

/** Counts the octets of one direction. A header may come in pieces. */
function counter(direction: TlsRecord['direction'], onRecord: (record: TlsRecord) => void): (octets: Buffer) => void {
  let header = Buffer.alloc(0)
  let left = 0
  return (octets) => {
    for (let at = 0; at < octets.length;) {
      if (left > 0) {
        const passed = Math.min(left, octets.length - at)
        left -= passed
        at += passed
        continue
      }
      const piece = octets.subarray(at, at + HEADER_OCTETS - header.length)
      header = Buffer.concat([header, piece])
      at += piece.length
      if (header.length < HEADER_OCTETS) return
      left = header.readUInt16BE(3)
      onRecord({ direction, type: TYPES[header[0] ?? 0] ?? `unknown (${header[0]})`, octets: HEADER_OCTETS + left })
      header = Buffer.alloc(0)
    }
  }
}
