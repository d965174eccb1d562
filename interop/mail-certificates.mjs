// Certificates for mail, made by openssl: one for each kind of key, all below one authority.
import { execFile } from 'node:child_process'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { privateKeyOf, readCertificate } from '@posthorn/certificate'

const run = promisify(execFile)

const KEYS = {
  rsa: ['-newkey', 'rsa:2048'],
  p256: ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  p384: ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384'],
  p521: ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-521'],
  ed25519: ['-newkey', 'ed25519'],
}

let made

/**
 * People by the kind of their key; each has an `address`, its `certificate` and `key` as PEM for openssl, and an `identity` for Posthorn.
 * `authority` is the PEM that they are all below, with its `authorityKey`. Made once for the run.
 */
export function mailPeople() {
  made ??= make()
  return made
}

async function make() {
  const folder = await mkdtemp(join(tmpdir(), 'posthorn-people-'))
  const at = (name) => join(folder, name)
  try {
    await run('openssl', [
      ...['req', '-x509', ...KEYS.p256, '-nodes', '-days', '30', '-keyout', at('authority.key'), '-out'],
      ...[at('authority.pem'), '-subj', '/O=Posthorn interop/CN=mail', '-addext', 'basicConstraints=critical,CA:TRUE'],
    ])
    const people = {}
    for (const kind of Object.keys(KEYS)) people[kind] = await person(kind, at) // one by one: they share a serial number
    const [authority, authorityKey] = await Promise.all(
      ['authority.pem', 'authority.key'].map((name) => readFile(at(name), 'utf8')),
    )
    return { ...people, authority, authorityKey }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function person(kind, at) {
  const address = `${kind}@posthorn.example`
  const [key, request, certificate, extensions] = ['key', 'csr', 'pem', 'ext'].map((end) => at(`${kind}.${end}`))
  await run('openssl', [
    ...['req', '-new', ...KEYS[kind], '-nodes', '-keyout', key, '-out', request],
    ...['-subj', `/O=Posthorn interop/CN=${kind}`],
  ])
  await writeFile(
    extensions,
    'basicConstraints=CA:FALSE\nextendedKeyUsage=emailProtection\nsubjectKeyIdentifier=hash\n' +
      `keyUsage=digitalSignature,${kind === 'rsa' ? 'keyEncipherment' : 'keyAgreement'}\nsubjectAltName=email:${address}\n`,
  )
  await run('openssl', [
    ...['x509', '-req', '-in', request, '-CA', at('authority.pem'), '-CAkey', at('authority.key'), '-CAcreateserial'],
    ...['-days', '30', '-sha256', '-extfile', extensions, '-out', certificate],
  ])
  const [keyPem, certificatePem] = await Promise.all([readFile(key, 'utf8'), readFile(certificate, 'utf8')])
  return {
    address,
    key: keyPem,
    certificate: certificatePem,
    identity: {
      certificate: readCertificate(new X509Certificate(certificatePem).raw),
      privateKey: privateKeyOf(createPrivateKey(keyPem)),
      chain: [],
    },
  }
}
