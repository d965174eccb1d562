// Client certificates in each kind of store, at servers that go by them. (PKCS#11: pkcs11.)
import { equal, match } from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { openCertificateStore } from '@posthorn/certificate'
import { failure, sendFailure } from '../expectation.mjs'
import { letter } from '../letter.mjs'
import { inFolder, openssl } from '../openssl.mjs'
import { arrives } from '../sending.mjs'

const run = promisify(execFile)
const PASSWORD = 'of-the-store'
const STARTTLS = { security: 'starttls' }

/** By store: the `tls` settings that present the certificate of this client. `at` gives paths in a folder of one's own. */
const STORES = {
  'PEM, certificate and key': async ({ cert, key }) => ({ cert, key }),
  'PEM, the key encrypted': async ({ cert, key }, at) => {
    await writeFile(at('key.pem'), key)
    const closed = await openssl([
      'pkcs8',
      '-topk8',
      '-v2',
      'aes-256-cbc',
      '-in',
      at('key.pem'),
      '-passout',
      `pass:${PASSWORD}`,
    ])
    return { cert, key: closed.toString(), passphrase: PASSWORD }
  },
  PFX: async (client, at) => ({ pfx: await pfx(client, at), passphrase: PASSWORD }),
  'PFX of old times (RC2, 3DES)': async (client, at) => ({
    pfx: await pfx(client, at, ['-legacy']),
    passphrase: PASSWORD,
  }),
  'PEM by openCertificateStore': async ({ cert, key }) => ({ identity: await identity({ source: cert + key }) }),
  'PFX by openCertificateStore': async (client, at) => ({
    identity: await identity({ type: 'pfx', source: await pfx(client, at), password: PASSWORD }),
  }),
  'JKS by openCertificateStore': async (client, at) => {
    await pfx(client, at)
    await run('keytool', [
      ...[
        '-importkeystore',
        '-noprompt',
        '-srcstoretype',
        'PKCS12',
        '-srckeystore',
        at('store.pfx'),
        '-srcstorepass',
        PASSWORD,
      ],
      ...['-deststoretype', 'JKS', '-destkeystore', at('store.jks'), '-deststorepass', PASSWORD],
    ])
    return { identity: await identity({ type: 'jks', source: await readFile(at('store.jks')), password: PASSWORD }) }
  },
}

const withStores = Object.entries(STORES).map(([name, settings]) => ({
  title: `${name}: Postfix, which demands a certificate, takes the mail`,
  run: (lab) =>
    inFolder('certificates', async (at) => {
      const tls = await settings(lab.servers.clients.alice, at)
      const { front } = await present(lab, lab.servers.ports.certificates, tls)
      match(front, /\(Client CN "alice", Issuer "authority" \(verified OK\)\)/)
    }),
}))

const external = [
  {
    title: 'EXTERNAL at Dovecot: the certificate is who logs in',
    async run(lab) {
      const { ports } = await lab.server('dovecot')
      const { cert, key } = lab.servers.clients.alice
      const more = { credentials: { mechanism: 'EXTERNAL' } }
      const { trail } = await present(lab, ports.submission, { cert, key }, more)
      equal(trail.count('AUTH EXTERNAL'), 1)
    },
  },
  {
    title: 'EXTERNAL at Dovecot without a certificate: refused',
    async run(lab) {
      const { ports } = await lab.server('dovecot')
      const client = lab.clientOf(ports.submission, { security: 'starttls', credentials: { mechanism: 'EXTERNAL' } })
      const error = await failure(client.verify(), 'smtp.auth.refused')
      equal(error.reply.code, 535)
    },
  },
  {
    title: 'EXTERNAL at Exim, with the mailbox in the certificate',
    async run(lab) {
      const { ports } = await lab.server('exim')
      const { cert, key } = lab.servers.clients.alice
      const more = { credentials: { mechanism: 'EXTERNAL', user: 'alice@posthorn.example' } }
      const { front } = await present(lab, ports.certificates, { cert, key }, more)
      match(front, /\(authenticated alice@posthorn\.example\)/)
    },
  },
  {
    title: 'Exim, which demands a certificate and asks for no login',
    async run(lab) {
      const { ports } = await lab.server('exim')
      const { cert, key } = lab.servers.clients.bob
      const { front } = await present(lab, ports.certificates, { cert, key })
      match(front, /by exim\.posthorn\.example with esmtps /)
    },
  },
]

const refusals = [
  // with TLS 1.3 the handshake is over for the client before the server has seen the certificate (RFC 8446 4.4.2)
  {
    title:
      'Exim demands a certificate, and there is none: it ends TLS, and that is told as tls.client-certificate-required',
    async run(lab) {
      const { ports } = await lab.server('exim')
      await failure(lab.clientOf(ports.certificates, STARTTLS).verify(), 'tls.client-certificate-required')
    },
  },
  {
    title: 'Exim demands a certificate, and this one is of another authority: tls.client-certificate-refused',
    async run(lab) {
      const { ports } = await lab.server('exim')
      const { cert, key } = lab.servers.clients.stranger
      const client = lab.clientOf(ports.certificates, { ...STARTTLS, tls: { cert, key } })
      await failure(client.verify(), 'tls.client-certificate-refused')
    },
  },
  ...[
    { who: undefined, what: 'there is none', says: /No client certificate presented/ },
    { who: 'stranger', what: 'this one is of another authority', says: /Client certificate not trusted/ },
  ].map(({ who, what, says }) => ({
    title: `Postfix demands a certificate, and ${what}: it says so under TLS, and that is told`,
    async run(lab) {
      const { cert, key } = lab.servers.clients[who] ?? {}
      const tls = who === undefined ? {} : { cert, key }
      const client = lab.clientOf(lab.servers.ports.certificates, { ...STARTTLS, tls })
      const error = await client.verify().then(
        () => undefined,
        (reason) => reason,
      )
      match(error.message, says)
      equal(error.reply.code, 421)
    },
  })),
  {
    title: 'Postfix goes by the fingerprint: one it knows may send',
    async run(lab) {
      const { cert, key } = lab.servers.clients.alice
      await present(lab, lab.servers.ports.fingerprints, { cert, key })
    },
  },
  {
    title: 'Postfix goes by the fingerprint: one it does not know may not, and the reply says so',
    async run(lab) {
      const { cert, key } = lab.servers.clients.bob
      const client = lab.clientOf(lab.servers.ports.fingerprints, {
        security: 'starttls',
        tls: { cert, key },
      })
      const box = lab.box()
      const envelope = { reversePath: box.at('alice'), recipients: [box.at('bob')] }
      const sending = client.send({ envelope, content: letter().content })
      const error = await sendFailure(sending, 'smtp.rcpt.refused', ['refused 554'])
      match(error.message, /Access denied|5\.7\.1/)
    },
  },
]

export const cases = [...withStores, ...external, ...refusals]

function present(lab, port, tls, more = {}) {
  return arrives(lab, port, { security: 'starttls', tls, ...more }, [PASSWORD])
}

async function pfx({ cert, key }, at, more = []) {
  await writeFile(at('both.pem'), cert + key)
  const args = ['-in', at('both.pem'), '-name', 'alice', '-passout', `pass:${PASSWORD}`, '-out', at('store.pfx')]
  await openssl(['pkcs12', '-export', ...more, ...args])
  return readFile(at('store.pfx'))
}

async function identity(options) {
  const store = await openCertificateStore(options)
  return store.identity()
}
