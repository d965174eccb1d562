import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'

/**
 * A self-signed certificate for localhost and 127.0.0.1 (P-256, one day), as PEM: `{ key, cert }`. Made anew for each run, so that no
 * private key lies in the repository and nothing expires.
 */
export function selfSigned() {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const names = [der(0x82, Buffer.from('localhost')), der(0x87, Buffer.of(127, 0, 0, 1))]
  return certified(keys, sequence(oid('2a8648ce3d040302')), 'localhost', names, [
    extension('551d13', sequence(der(0x01, Buffer.of(0xff)))),
  ])
}

/** The same for a person who signs and receives mail: RSA with 2048 bits, and an address. */
export function selfSignedPerson(address) {
  const keys = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const sha256WithRsa = sequence(oid('2a864886f70d01010b'), der(0x05))
  return certified(keys, sha256WithRsa, address, [der(0x81, Buffer.from(address))], [])
}

function certified({ privateKey, publicKey }, algorithm, commonName, names, extensions) {
  const name = sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from(commonName)))))
  const now = Date.now()
  const toBeSigned = sequence(
    der(0xa0, integer(Buffer.of(2))),
    integer(Buffer.concat([Buffer.of(1), randomBytes(8)])),
    algorithm,
    name,
    sequence(time(now - 3_600_000), time(now + 86_400_000)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions, extension('551d11', sequence(...names)))),
  )
  const signature = sign('sha256', toBeSigned, privateKey)
  const certificate = sequence(toBeSigned, algorithm, der(0x03, Buffer.of(0), signature))
  const lines = certificate.toString('base64').match(/.{1,64}/g)
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    cert: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
  }
}

function der(tag, ...parts) {
  const body = Buffer.concat(parts)
  const size = body.length
  if (size < 0x80) return Buffer.concat([Buffer.of(tag, size), body])
  if (size < 0x100) return Buffer.concat([Buffer.of(tag, 0x81, size), body])
  return Buffer.concat([Buffer.of(tag, 0x82, size >> 8, size & 0xff), body])
}

const sequence = (...parts) => der(0x30, ...parts)
const integer = (octets) => der(0x02, octets)
const oid = (hex) => der(0x06, Buffer.from(hex, 'hex'))
const extension = (hex, value) => sequence(oid(hex), der(0x04, value))
const time = (ms) => der(0x17, Buffer.from(`${new Date(ms).toISOString().replace(/[-:T]/g, '').slice(2, 14)}Z`))
