// An authority that takes certificates back: server certificates good and revoked, its list (CRL) and its OCSP responder, by HTTP on loopback.
import { execFile } from 'node:child_process'
import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { authority } from '../certificate.mjs'

const run = promisify(execFile)
const MAX_REQUEST_OCTETS = 10_000
/** Nobody listens there. */
const CLOSED_PORT = 1

/** By name of the certificate: whether it is taken back, and whether the addresses in it lead anywhere. */
const CERTIFICATES = {
  good: {},
  revoked: { revoked: true },
  unreachable: { closed: true },
}

/**
 * Makes the certificates and starts the HTTP server, in this process.
 * @returns facts: `ca` (PEM); `certificates`, by name: `certPath`, `keyPath`, `chainPath` and `staplePath` (an OCSP answer, DER), `log`: a line
 * with method and path for each request
 */
export async function startRevocation({ folder }) {
  const home = join(folder, 'revocation')
  await mkdir(join(home, 'new'), { recursive: true })
  const log = join(home, 'requests.log')
  await writeFile(log, '')
  const port = await serve(home, log)
  const ca = join(home, 'ca')
  await authority(ca)
  await Promise.all(Object.entries(files(home)).map(([name, text]) => writeFile(join(home, name), text)))
  await issue(home, 'responder', ['keyUsage=digitalSignature', 'extendedKeyUsage=OCSPSigning', 'noCheck=yes'])
  const certificates = {}
  for (const [name, { revoked, closed }] of Object.entries(CERTIFICATES)) {
    const url = `http://127.0.0.1:${closed ? CLOSED_PORT : port}`
    certificates[name] = await issue(home, name, [
      ...['keyUsage=digitalSignature', 'extendedKeyUsage=serverAuth', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
      `crlDistributionPoints=URI:${url}/list.crl`,
      `authorityInfoAccess=OCSP;URI:${url}/ocsp`,
    ])
    if (revoked) await ofCa(home, ['-revoke', certificates[name].certPath, '-crl_reason', 'keyCompromise'])
  }
  await ofCa(home, ['-gencrl', '-out', join(home, 'list.pem')])
  await run('openssl', ['crl', '-in', join(home, 'list.pem'), '-outform', 'DER', '-out', join(home, 'list.crl')])
  for (const { certPath, staplePath } of Object.values(certificates)) {
    const about = ['-issuer', `${ca}.pem`, '-cert', certPath, '-no_nonce', '-ndays', '3']
    await run('openssl', [...responder(home), ...about, '-respout', staplePath])
  }
  return { facts: { ca: await readFile(`${ca}.pem`, 'utf8'), certificates, log } }
}

function files(home) {
  return {
    index: '',
    'index.attr': 'unique_subject = no\n',
    serial: '1000\n',
    crlnumber: '01\n',
    'ca.cnf': `[ca]
default_ca = authority
[authority]
database = ${home}/index
new_certs_dir = ${home}/new
serial = ${home}/serial
crlnumber = ${home}/crlnumber
certificate = ${home}/ca.pem
private_key = ${home}/ca.key
default_md = sha256
default_days = 30
default_crl_days = 3
policy = any
[any]
commonName = supplied
`,
  }
}

function ofCa(home, args) {
  return run('openssl', ['ca', '-batch', '-notext', '-config', join(home, 'ca.cnf'), ...args])
}

async function issue(home, name, extensions) {
  const at = (kind) => join(home, `${name}.${kind}`)
  await run('openssl', [
    ...['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', `/CN=${name}`],
    ...['-keyout', at('key'), '-out', at('csr')],
  ])
  await writeFile(at('ext'), ['basicConstraints=CA:FALSE', ...extensions, ''].join('\n'))
  await ofCa(home, ['-in', at('csr'), '-out', at('pem'), '-extfile', at('ext')])
  const [cert, ca] = await Promise.all([at('pem'), join(home, 'ca.pem')].map((path) => readFile(path, 'utf8')))
  await writeFile(at('chain.pem'), cert + ca)
  // read by a mail server of another user; of use for this run only
  await run('chmod', ['644', at('key')])
  return { certPath: at('pem'), keyPath: at('key'), chainPath: at('chain.pem'), staplePath: at('staple.der') }
}

/** openssl as the responder of this authority. */
function responder(home) {
  const at = (name) => join(home, name)
  const signer = ['-rsigner', at('responder.pem'), '-rkey', at('responder.key')]
  return ['ocsp', '-index', at('index'), '-CA', at('ca.pem'), ...signer]
}

/** @returns the port */
async function serve(home, log) {
  const server = createServer((request, response) => {
    void answer(home, log, request).then(
      ({ type, body }) => response.writeHead(200, { 'content-type': type }).end(body),
      (error) => response.writeHead(500).end(error.message),
    )
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server.address().port
}

async function answer(home, log, request) {
  await appendFile(log, `${request.method} ${request.url}\n`)
  if (request.url === '/list.crl') {
    return { type: 'application/pkix-crl', body: await readFile(join(home, 'list.crl')) }
  }
  // RFC 6960 A.1: in the body, or as base64 at the end of the path
  const question =
    request.method === 'POST' ? await octets(request) : Buffer.from(decodeURIComponent(request.url.slice(6)), 'base64')
  const place = await mkdtemp(join(home, 'question-'))
  try {
    const [asked, said] = [join(place, 'request'), join(place, 'response')]
    await writeFile(asked, question)
    await run('openssl', [...responder(home), '-ndays', '1', '-reqin', asked, '-respout', said])
    return { type: 'application/ocsp-response', body: await readFile(said) }
  } finally {
    await rm(place, { recursive: true })
  }
}

async function octets(request) {
  const chunks = []
  let size = 0
  for await (const chunk of request) {
    size += chunk.length
    if (size > MAX_REQUEST_OCTETS) throw new Error('the request is too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
