// A certification authority of our own and one server certificate, made by openssl.
import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/**
 * Makes them in this folder.
 * @returns `chain`: path of a file with the key, the certificate (localhost, 127.0.0.1) and the authority; `ca` and
 * `caPath`: PEM of the authority; `strangerCa`: PEM of another one, which signed nothing here
 */
export async function makeCertificates(folder) {
  const at = (name) => join(folder, name)
  const authority = (name) =>
    run('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30'],
      ...['-keyout', at(`${name}.key`), '-out', at(`${name}.pem`), '-subj', `/O=Posthorn interop/CN=${name}`],
      ...['-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign,cRLSign'],
    ])
  await Promise.all([authority('authority'), authority('stranger')])
  await run('openssl', [
    ...['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
    ...['-keyout', at('server.key'), '-out', at('server.csr'), '-subj', '/O=Posthorn interop/CN=localhost'],
  ])
  await writeFile(
    at('server.ext'),
    'basicConstraints=CA:FALSE\nkeyUsage=digitalSignature\nextendedKeyUsage=serverAuth\nsubjectAltName=DNS:localhost,IP:127.0.0.1\n',
  )
  await run('openssl', [
    ...['x509', '-req', '-in', at('server.csr'), '-CA', at('authority.pem'), '-CAkey', at('authority.key')],
    ...['-CAcreateserial', '-days', '30', '-sha256', '-extfile', at('server.ext'), '-out', at('server.pem')],
  ])
  const [key, server, ca, strangerCa] = await Promise.all(
    ['server.key', 'server.pem', 'authority.pem', 'stranger.pem'].map((name) => readFile(at(name), 'utf8')),
  )
  await writeFile(at('chain.pem'), key + server + ca, { mode: 0o600 })
  return { chain: at('chain.pem'), ca, caPath: at('authority.pem'), strangerCa }
}
