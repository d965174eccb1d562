import type { KeyObject } from 'node:crypto'
import { BerError } from '../../asn1/ber-reader.js'
import { curvePrivateKey, curvePublicKey, edwardsPrivateKey, edwardsPublicKey } from '../curve-keys.js'
import type { CurveName } from '../curve-keys.js'
import type { Work } from '../pkcs12/work.js'
import { rsaPrivateKey, rsaPublicKey } from '../rsa-numbers.js'
import { SshReader } from './ssh-reader.js'
import type { Steps } from '../steps.js'

/** The numbers of a public key of SSH, by its kind: RFC 4253 6.6, RFC 5656 3.1, RFC 8709 4. */
export type SshPublicKey =
  | { readonly kind: 'rsa'; readonly n: Uint8Array; readonly e: Uint8Array }
  | { readonly kind: 'ec'; readonly curve: CurveName; readonly point: Uint8Array }
  | { readonly kind: 'ed25519'; readonly octets: Uint8Array }

/** The curves of RFC 5656 10.1. */
const CURVES: Readonly<Record<string, readonly [sshName: string, curve: CurveName]>> = {
  'ecdsa-sha2-nistp256': ['nistp256', 'P-256'],
  'ecdsa-sha2-nistp384': ['nistp384', 'P-384'],
  'ecdsa-sha2-nistp521': ['nistp521', 'P-521'],
}

/** The kinds of key that can be read. */
export const SSH_KEY_TYPES = ['ssh-rsa', 'ssh-ed25519', ...Object.keys(CURVES)] as const

/** A key of a kind that is not read: in a file of several it is passed over. */
export class UnsupportedKind extends BerError {}

/** Reads the fields of a public key behind its name. @throws {BerError} when it is of another kind, or malformed */
export function readSshFields(type: string, reader: SshReader): SshPublicKey {
  if (type === 'ssh-rsa') {
    const e = mpint(reader)
    return { kind: 'rsa', e, n: mpint(reader) }
  }
  if (type === 'ssh-ed25519') return { kind: 'ed25519', octets: reader.string() }
  const curve = Object.hasOwn(CURVES, type) ? CURVES[type] : undefined
  if (!curve) throw new UnsupportedKind(`it is a key of a kind that is not supported (${shown(type)})`)
  if (reader.text() !== curve[0]) throw new BerError('it names two curves')
  return { kind: 'ec', curve: curve[1], point: reader.string() }
}

/** Reads a whole public key: its name and its fields, and nothing behind them. @throws {BerError} */
export function readSshPublicKey(blob: Uint8Array): { readonly type: string; readonly key: SshPublicKey } {
  const reader = new SshReader(blob)
  const type = reader.text()
  const key = readSshFields(type, reader)
  if (!reader.done) throw new BerError('octets follow the public key')
  return { type, key }
}

/** @throws {BerError} when it is not on its curve, or no RSA key */
export function sshPublicKeyObject(key: SshPublicKey): KeyObject {
  if (key.kind === 'rsa') return rsaPublicKey(key)
  return key.kind === 'ec' ? curvePublicKey(key.curve, key.point) : edwardsPublicKey('Ed25519', key.octets)
}

/** The private half: `d` of RSA with its primes, the scalar of a curve, the seed of Ed25519. */
export interface SshPrivateNumbers {
  readonly d: Uint8Array
  readonly p?: Uint8Array | undefined
  readonly q?: Uint8Array | undefined
}

/** The private key, which must be that of the public one. @throws {BerError} when it is not */
export function* sshPrivateKeyObject(key: SshPublicKey, { d, p, q }: SshPrivateNumbers, work: Work): Steps<KeyObject> {
  if (key.kind === 'rsa') return yield* rsaPrivateKey({ n: key.n, e: key.e, d, p, q }, work)
  return key.kind === 'ec' ? curvePrivateKey(key.curve, key.point, d) : edwardsPrivateKey('Ed25519', key.octets, d)
}

/** A number that is not negative. @throws {BerError} */
export function mpint(reader: SshReader): Uint8Array {
  const octets = reader.string()
  if (octets.length === 0 || octets[0]! > 0x7f) throw new BerError('a number is zero or negative')
  return octets
}

/** A name out of a file, for a sentence. */
export function shown(name: string): string {
  return /^[\w.@+-]{1,64}$/.test(name) ? name : 'without a proper name'
}
