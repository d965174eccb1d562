import { createCipheriv, createHash, createHmac } from 'node:crypto'
import { md4 } from './md4.js'

/** The two fields that prove the password, and the key that the message integrity code is made with (MS-NLMP 3.3). */
export interface NtlmResponse {
  readonly lm: Buffer
  readonly nt: Buffer
  /** SessionBaseKey; without key exchange and without LM keys it is the exported session key, too. */
  readonly sessionKey: Buffer
}

/** NTOWFv1 (MS-NLMP 3.3.1): what Windows keeps of a password. */
export function ntHash(password: string): Buffer {
  return md4(Buffer.from(password, 'utf16le'))
}

/** NTOWFv2 (MS-NLMP 3.3.2). */
export function ntHash2(password: string, user: string, domain: string): Buffer {
  return hmacMd5(ntHash(password), Buffer.from(upperCase(user) + domain, 'utf16le'))
}

/** NTLMv1 (MS-NLMP 3.3.1). The LM response, from which a password can be read in minutes, is never made: the NT response stands in its place. */
export function respond1(password: string, serverChallenge: Uint8Array): NtlmResponse {
  const hash = ntHash(password)
  const nt = desLong(hash, serverChallenge)
  return { lm: nt, nt, sessionKey: md4(hash) }
}

/** NTLMv1 with extended session security (MS-NLMP 3.3.1): the client has its say in the challenge. */
export function respond1Extended(
  password: string,
  serverChallenge: Uint8Array,
  clientChallenge: Uint8Array,
): NtlmResponse {
  const hash = ntHash(password)
  const both = Buffer.concat([serverChallenge, clientChallenge])
  const lm = Buffer.concat([clientChallenge, Buffer.alloc(16)])
  const nt = desLong(hash, createHash('md5').update(both).digest().subarray(0, 8))
  return { lm, nt, sessionKey: hmacMd5(md4(hash), both) }
}

/**
 * NTLMv2 (MS-NLMP 3.3.2).
 * @param hash NTOWFv2
 * @param time a FILETIME as it stands in the message
 * @param withLm false when the server gave the time itself: the LM response is zeros then (3.1.5.1.2)
 */
export function respond2(
  hash: Uint8Array,
  serverChallenge: Uint8Array,
  clientChallenge: Uint8Array,
  time: Uint8Array,
  targetInfo: Uint8Array,
  withLm: boolean,
): NtlmResponse {
  const blob = Buffer.concat([
    Buffer.from([1, 1, 0, 0, 0, 0, 0, 0]),
    time,
    clientChallenge,
    Buffer.alloc(4),
    targetInfo,
    Buffer.alloc(4),
  ])
  const proof = hmacMd5(hash, Buffer.concat([serverChallenge, blob]))
  const lm = withLm
    ? Buffer.concat([hmacMd5(hash, Buffer.concat([serverChallenge, clientChallenge])), clientChallenge])
    : Buffer.alloc(24)
  return { lm, nt: Buffer.concat([proof, blob]), sessionKey: hmacMd5(hash, proof) }
}

export function hmacMd5(key: Uint8Array, data: Uint8Array): Buffer {
  return createHmac('md5', key).update(data).digest()
}

/** As Windows does it, letter by letter: a letter whose capital is two letters stays as it is. */
function upperCase(text: string): string {
  return [...text]
    .map((letter) => (letter.toUpperCase().length === letter.length ? letter.toUpperCase() : letter))
    .join('')
}

/** DESL (MS-NLMP 6): three times DES, with the thirds of 16 octets filled up to 21. */
function desLong(key: Uint8Array, data: Uint8Array): Buffer {
  const padded = Buffer.concat([key, Buffer.alloc(5)])
  return Buffer.concat([0, 7, 14].map((at) => des(padded.subarray(at, at + 7), data)))
}

/** OpenSSL 3 has no single DES any more; triple DES with one key three times is the same. */
function des(key56: Uint8Array, data: Uint8Array): Buffer {
  const key = desKey(key56)
  const cipher = createCipheriv('des-ede3-ecb', Buffer.concat([key, key, key]), null).setAutoPadding(false)
  return Buffer.concat([cipher.update(data), cipher.final()])
}

/** 56 bits spread over eight octets; the lowest bit of each, the parity, is not looked at. */
function desKey(key56: Uint8Array): Buffer {
  const key = Buffer.alloc(8)
  for (let octet = 0; octet < 8; octet++) {
    let bits = 0
    for (let bit = octet * 7; bit < octet * 7 + 7; bit++)
      bits = (bits << 1) | ((key56[bit >> 3]! >> (7 - (bit & 7))) & 1)
    key[octet] = bits << 1
  }
  return key
}
