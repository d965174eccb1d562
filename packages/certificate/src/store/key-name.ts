import { ECDH } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { readPublicKeyInfo } from '../public-key-info.js'

const UNCOMPRESSED = 4

/**
 * A public key as a string that is the same whatever stands around it: RSA with NULL parameters or none, a point compressed or not.
 * Keys are told apart by it and not by `KeyObject.equals`, which leaves an error in OpenSSL when they are of two kinds, and the next key
 * that anybody in the process reads is refused for it (seen with Node 20).
 */
export function keyName(key: KeyObject): string {
  const { octets } = readPublicKeyInfo(key.export({ type: 'spki', format: 'der' }))
  const type = key.asymmetricKeyType
  if (type !== 'ec') return `${type} ${hex(octets)}`
  const curve = key.asymmetricKeyDetails?.namedCurve ?? ''
  try {
    const point = octets[0] === UNCOMPRESSED ? octets : uncompressed(octets, curve)
    return `ec ${curve} ${hex(point)}`
  } catch {
    return `ec ${hex(octets)}` // a curve without a name, which no certificate that can be read has
  }
}

function uncompressed(point: Uint8Array, curve: string): Uint8Array {
  return Buffer.from(ECDH.convertKey(point, curve, undefined, 'hex', 'uncompressed') as string, 'hex')
}

function hex(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('hex')
}
