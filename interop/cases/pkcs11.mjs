// Keys in a token of SoftHSM's: they sign mail, which openssl verifies, and TLS. The package `pkcs11js` is built for it.
import { deepStrictEqual, equal, match, ok, rejects } from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { access, mkdir, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { openCertificateStore } from '@posthorn/certificate'
import { verifySigned } from '@posthorn/mime/smime'
import { signPart } from '../../packages/mime/dist/smime/sign.js'
import { Skipped } from '../lab.mjs'
import { mailPeople } from '../mail-certificates.mjs'
import { nativePackage } from '../native-package.mjs'
import { inFolder, openssl } from '../openssl.mjs'
import { arrives, hidden } from '../sending.mjs'
import { withEnvironment } from '../environment.mjs'
import { collect, contentOf } from '../octet-content.mjs'

const run = promisify(execFile)

/** For a whole case, since the first one builds the package. */
const limitMs = 240_000

const PIN = '314159'
const TOKEN = 'mail'
const ENTITY = 'Content-Type: text/plain\r\n\r\nsigned in a token\r\n'

/** By who signs: the paddings, and the digests; SoftHSM has no Ed25519 with a digest of its own choice. */
const SIGNATURES = {
  rsa: { paddings: ['pkcs1', 'pss'], digests: ['sha1', 'sha256', 'sha384', 'sha512'] },
  p256: { paddings: ['pkcs1'], digests: ['sha1', 'sha256', 'sha384', 'sha512'] },
  p384: { paddings: ['pkcs1'], digests: ['sha256', 'sha384', 'sha512'] },
  p521: { paddings: ['pkcs1'], digests: ['sha256', 'sha512'] },
}
const PEOPLE = [...Object.keys(SIGNATURES), 'ed25519']

const signing = [
  ...Object.entries(SIGNATURES).flatMap(([who, { paddings, digests }]) =>
    paddings.map((padding) => ({
      title: `${who}${padding === 'pss' ? ' with PSS' : ''}: the token signs with ${digests.join(', ')}, and openssl verifies it [part of ipworks.type.Certificate.StoreType.cstPKCS11]`,
      limitMs,
      run: (lab) =>
        withToken(lab, async ({ at, open }) => {
          const store = await open({ password: PIN })
          const identity = store.identity(`${who}@posthorn.example`)
          equal(identity.privateKey.keyObject, undefined)
          for (const digest of digests) {
            for (const form of ['detached', 'opaque']) {
              await writeFile(at('ours.eml'), await signed({ identity, digest, padding, form }))
              const verified = await openssl(['cms', '-verify', '-CAfile', at('authority.pem'), '-in', at('ours.eml')])
              equal(verified.toString(), ENTITY)
            }
          }
          await store.close()
        }),
    })),
  ),
  {
    title: 'Ed25519: the token signs, and it verifies here (OpenSSL 3.0 cannot, in CMS)',
    limitMs,
    run: (lab) =>
      withToken(lab, async ({ open }) => {
        const store = await open({ password: PIN })
        const identity = store.identity('ed25519@posthorn.example')
        const message = await signed({ identity, form: 'opaque' })
        const { signatures } = await verifySigned(contentOf(message))
        deepStrictEqual(signatures[0].signer.emails, ['ed25519@posthorn.example'])
        await store.close()
      }),
  },
  {
    title: 'fifty at once, and after somebody else in the process has finalized the module',
    limitMs,
    run: (lab) =>
      withToken(lab, async ({ open, module }) => {
        const store = await open({ password: PIN })
        const { privateKey } = store.identity('p256@posthorn.example')
        const octets = randomBytes(1000)
        const sign = () => privateKey.sign(octets, { digest: 'sha256' }) // each is verified before it is given away
        await Promise.all(Array.from({ length: 50 }, sign))
        const { default: pkcs11js } = await import('pkcs11js')
        const other = new pkcs11js.PKCS11()
        other.load(module)
        other.C_Finalize()
        await sign()
        await store.close()
        await rejects(sign(), { code: 'certificate.token-failed' })
      }),
  },
]

const refusals = [
  {
    title: 'a wrong PIN: one attempt, and none with the same one again; the right one opens',
    limitMs,
    run: (lab) =>
      withToken(lab, async ({ open }) => {
        const wrong = '000000'
        for (const message of [/is not the PIN of the token 'mail'$/, /it was refused before and has not been tried/]) {
          const error = await open({ password: wrong }).catch((reason) => reason)
          equal(error.code, 'certificate.password')
          match(error.message, message)
          hidden([wrong], error.message, error.hint)
        }
        await (await open({ password: PIN })).close()
      }),
  },
  {
    title: 'without a PIN: the certificates, and what is missing for the keys',
    limitMs,
    run: (lab) =>
      withToken(lab, async ({ open }) => {
        const store = await open({})
        equal(store.certificates.length, PEOPLE.length)
        await rejects(async () => store.identity('rsa@posthorn.example'), { code: 'certificate.password' })
        await store.close()
      }),
  },
  {
    title: 'the PIN out of a file; a token that is not there, a key that is not there, a file that is no module',
    limitMs,
    run: (lab) =>
      withToken(lab, async ({ at, open, module }) => {
        await writeFile(at('pin'), `${PIN}\n`, { mode: 0o600 })
        const uri = (path, query = '') => `pkcs11:${path}?module-path=${module}${query}`
        const source = uri(`token=${TOKEN};object=rsa`, `&pin-source=${at('pin')}`)
        const store = await openCertificateStore({ source })
        equal(store.identities.length, 1)
        await store.close()
        const password = PIN
        await rejects(openCertificateStore({ source: uri('token=other'), password }), {
          code: 'certificate.token-absent',
        })
        await rejects(open({ password, path: ';object=nobody' }), { code: 'certificate.not-found' })
        const type = 'pkcs11'
        const nothing = { type, source: { path: at('pin') }, password }
        await rejects(openCertificateStore(nothing), { code: 'certificate.module-unusable' })
      }),
  },
]

// these come last: OpenSSL keeps the module that it has been given for as long as the process lives
const tls = [
  {
    title: 'TLS with the key in a token, without an engine: certificate.key-in-token, and what to do',
    limitMs,
    run: (lab) =>
      withAlice(lab, async ({ pin, source }) => {
        const store = await openCertificateStore({ source, password: pin })
        const client = lab.clientOf(lab.servers.ports.certificates, {
          security: 'starttls',
          tls: { identity: store.identity() },
        })
        await rejects(client.verify(), { code: 'certificate.key-in-token', hint: /engine/ })
        await store.close()
      }),
  },
  {
    title:
      'TLS with the key in a token, by the engine of OpenSSL: Postfix, which demands a certificate, takes the mail',
    limitMs,
    run: (lab) =>
      withAlice(lab, async ({ pin, source }) => {
        const store = await openCertificateStore({ source, password: pin, engine: await engine() })
        const options = { security: 'starttls', tls: { identity: store.identity() } }
        const { front } = await arrives(lab, lab.servers.ports.certificates, options, [pin])
        match(front, /\(Client CN "alice", Issuer "authority" \(verified OK\)\)/)
        ok((await store.identity().privateKey.sign(randomBytes(10), { digest: 'sha256' })).length > 60)
        await store.close()
      }),
  },
]

export const cases = [...signing, ...refusals, ...tls]

/** A token with a key of everybody who has mail here; `open` opens it. */
async function withToken(lab, task) {
  await nativePackage('pkcs11js')
  const { module } = await lab.server('softhsm')
  await inFolder('token', async (at) => {
    const people = await mailPeople()
    await mkdir(at('tokens'))
    await writeFile(
      at('softhsm2.conf'),
      `directories.tokendir = ${at('tokens')}\nobjectstore.backend = file\nlog.level = ERROR\n`,
    )
    await writeFile(at('authority.pem'), people.authority)
    await withEnvironment({ SOFTHSM2_CONF: at('softhsm2.conf') }, async () => {
      await run('softhsm2-util', ['--init-token', '--free', '--label', TOKEN, '--pin', PIN, '--so-pin', '27182818'])
      for (const [index, who] of PEOPLE.entries())
        await keep(people[who], ['--label', who, '--id', `0${index + 1}`], module, at)
      const open = ({ path = '', ...options }) =>
        openCertificateStore({ source: `pkcs11:token=${TOKEN}${path}?module-path=${module}`, ...options })
      await task({ at, open, module })
    })
  })
}

/** Puts a key and its certificate into the token. */
async function keep({ certificate, key }, names, module, at) {
  await writeFile(at('key.pem'), key, { mode: 0o600 })
  await writeFile(at('certificate.pem'), certificate)
  await openssl(['pkcs8', '-topk8', '-nocrypt', '-in', at('key.pem'), '-out', at('key.p8')])
  await openssl(['x509', '-in', at('certificate.pem'), '-outform', 'DER', '-out', at('certificate.der')])
  await run('softhsm2-util', ['--import', at('key.p8'), '--token', TOKEN, '--pin', PIN, ...names])
  const tool = ['--module', module, '--token-label', TOKEN, '--login', '--pin', PIN]
  await run('pkcs11-tool', [...tool, '--write-object', at('certificate.der'), '--type', 'cert', ...names])
}

/** The token of the servers, which has the client certificate of alice. */
async function withAlice(lab, task) {
  await nativePackage('pkcs11js')
  const { module, env, token, pin } = await lab.server('softhsm')
  await withEnvironment(env, () => task({ pin, source: `pkcs11:token=${token};object=alice?module-path=${module}` }))
}

/** The engine that Debian's libengine-pkcs11-openssl brings. */
async function engine() {
  const { stdout } = await run('dpkg-query', ['-L', 'libengine-pkcs11-openssl']).catch(() => ({ stdout: '' }))
  const path = stdout.split('\n').find((line) => line.endsWith('/pkcs11.so'))
  if (path === undefined) throw new Skipped('the package libengine-pkcs11-openssl is not installed')
  await access(path)
  return path
}

/** A message with a signed body. */
async function signed(options) {
  const end = ENTITY.indexOf('\r\n\r\n')
  const part = { fields: ENTITY.slice(0, end + 2), pieces: [ENTITY.slice(end + 4)], endsLine: true }
  const { fields, pieces } = await signPart(part, options, randomBytes)
  const { contentOf: content } = await import('../../packages/mime/dist/body/content.js')
  return collect(content([`MIME-Version: 1.0\r\n${fields}\r\n`, ...pieces], '7bit').open())
}
