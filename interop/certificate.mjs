// A certification authority of our own, a server certificate and client certificates, made by openssl.
import { execFile } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
const RSA = ['-newkey', 'rsa:2048', '-nodes']

/**
 * Makes them in this folder.
 * @returns `chain`: path of a file with the key, the certificate (localhost, 127.0.0.1) and the authority; `ca` and `caPath`: PEM of the
 * authority; `strangerCa`: PEM of another one, which signed no server here; `clients`: `alice` and `bob` of the authority and `stranger`
 * of the other one, each with `cert` and `key` (PEM), their paths and the SHA-256 `fingerprint`
 */
export async function makeCertificates(folder) {
  const at = (name) => join(folder, name)
  await Promise.all([authority(at('authority')), authority(at('stranger-authority'))])
  const client = (name, kind, ca = 'authority') =>
    certified(at(name), at(ca), kind, name, [
      ...['keyUsage=digitalSignature', 'extendedKeyUsage=clientAuth,emailProtection'],
      `subjectAltName=email:${name}@posthorn.example`,
    ])
  const [server, ...clients] = await Promise.all([
    certified(at('server'), at('authority'), EC, 'localhost', [
      ...['keyUsage=digitalSignature', 'extendedKeyUsage=serverAuth', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
    ]),
    client('alice', RSA),
    client('bob', EC),
    client('stranger', EC, 'stranger-authority'),
  ])
  const [alice, bob, stranger] = clients
  const [ca, strangerCa] = await Promise.all(
    ['authority.pem', 'stranger-authority.pem'].map((name) => readFile(at(name), 'utf8')),
  )
  await writeFile(at('chain.pem'), server.key + server.cert + ca, { mode: 0o600 })
  return { chain: at('chain.pem'), ca, caPath: at('authority.pem'), strangerCa, clients: { alice, bob, stranger } }
}

/** Makes a self-signed authority: `path`.pem and `path`.key. */
export async function authority(path) {
  await run('openssl', [
    ...['req', '-x509', ...EC, '-days', '30', '-keyout', `${path}.key`, '-out', `${path}.pem`],
    ...['-subj', `/O=Posthorn interop/CN=${path.split('/').at(-1)}`],
    ...['-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign,cRLSign'],
  ])
}

/** Makes a key and a certificate signed by the authority at this path: `path`.pem and `path`.key, which anybody may read. */
async function certified(path, authorityPath, kind, name, extensions) {
  const subject = `/O=Posthorn interop/CN=${name}`
  await run('openssl', ['req', '-new', ...kind, '-keyout', `${path}.key`, '-out', `${path}.csr`, '-subj', subject])
  await writeFile(`${path}.ext`, ['basicConstraints=CA:FALSE', ...extensions, ''].join('\n'))
  await run('openssl', [
    ...['x509', '-req', '-in', `${path}.csr`, '-CA', `${authorityPath}.pem`, '-CAkey', `${authorityPath}.key`],
    // one serial number file for several at the same moment would be one number for several
    ...['-set_serial', `0x${[...name].map((char) => char.charCodeAt(0).toString(16)).join('')}`],
    ...['-days', '30', '-sha256', '-extfile', `${path}.ext`, '-out', `${path}.pem`],
  ])
  const [cert, key] = await Promise.all([`${path}.pem`, `${path}.key`].map((file) => readFile(file, 'utf8')))
  return {
    ...{ cert, key, certPath: `${path}.pem`, keyPath: `${path}.key` },
    fingerprint: new X509Certificate(cert).fingerprint256,
  }
}
