import {
  createCipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  publicEncrypt,
  randomBytes,
  sign,
} from 'node:crypto'
import { X509Certificate, constants } from 'node:crypto'

const SLICE_OCTETS = 64 * 1024
/** About as long as the attributes that an S/MIME signature is made over. */
const ATTRIBUTES = Buffer.alloc(200, 7)

/** What node:crypto alone needs for so many octets: the hash and the signature, or the cipher and the key for one recipient. */
export async function open({ sizeOctets, protect }) {
  const octets = Buffer.alloc(sizeOctets, 'What is signed or encrypted, as it stands in memory. ')
  const once = protect.sign ? signing(octets, protect.sign) : encrypting(octets, protect.encrypt)
  return { once: async () => once() }
}

function signing(octets, { key }) {
  const privateKey = createPrivateKey(key)
  return () => {
    createHash('sha256').update(octets).digest()
    sign('sha256', ATTRIBUTES, privateKey)
    return octets.length
  }
}

function encrypting(octets, { certificate, cipher }) {
  const publicKey = createPublicKey(new X509Certificate(certificate).publicKey.export({ type: 'spki', format: 'pem' }))
  return () => {
    const key = randomBytes(32)
    publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, key)
    const work = createCipheriv(cipher, key, randomBytes(16))
    let length = 0
    for (let at = 0; at < octets.length; at += SLICE_OCTETS)
      length += work.update(octets.subarray(at, at + SLICE_OCTETS)).length
    return length + work.final().length
  }
}
