// openssl verifies what was signed here, and what openssl signed verifies here.
import { deepStrictEqual, equal, match, ok, rejects } from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { readCertificate } from '@posthorn/certificate'
import { compose } from '@posthorn/mime'
import { verifyMessage, verifySigned } from '@posthorn/mime/smime'
import { X509Certificate } from 'node:crypto'
import { signPart } from '../../packages/mime/dist/smime/sign.js'
import { mailPeople } from '../mail-certificates.mjs'
import { largePart, memoryUse } from '../large-part.mjs'
import { MARKER } from '../letter.mjs'
import { inFolder, openssl } from '../openssl.mjs'
import { signatureParts } from '../signature-parts.mjs'
import { collect, contentOf } from '../octet-content.mjs'

/** The signatures, by the kind of key; `theirs` is what openssl is told. */
const SIGNATURES = {
  'RSA PKCS #1': { who: 'rsa', padding: 'pkcs1', theirs: [], scheme: 'rsa-pkcs1' },
  'RSA PSS': { who: 'rsa', padding: 'pss', theirs: ['-keyopt', 'rsa_padding_mode:pss'], scheme: 'rsa-pss' },
  'ECDSA P-256': { who: 'p256', theirs: [], scheme: 'ecdsa' },
  'ECDSA P-384': { who: 'p384', theirs: [], scheme: 'ecdsa' },
  'ECDSA P-521': { who: 'p521', theirs: [], scheme: 'ecdsa' },
}
const DIGESTS = ['sha1', 'sha256', 'sha384', 'sha512']
const FORMS = ['detached', 'opaque']

/** What is signed: a MIME entity. */
const ENTITY =
  'Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nGr=C3=BC=C3=9Fe\r\n.\r\n--\r\nFrom here\r\n'

const combinations = Object.entries(SIGNATURES).flatMap(([name, { who, padding, theirs, scheme }]) =>
  DIGESTS.flatMap((digest) => [
    ...FORMS.map((form) => ({
      title: `${name} with ${digest}, ${form}: made here, openssl verifies it`,
      run: () =>
        inFolder('sign', async (at) => {
          const people = await folderOf(at)
          await writeFile(at('ours.eml'), await signed({ identity: people[who].identity, digest, padding, form }))
          equal((await verifyThere(at, ['-in', at('ours.eml')])).toString(), ENTITY)
          const shown = (await openssl(['cms', '-cmsout', '-print', '-in', at('ours.eml')])).toString()
          match(shown, new RegExp(`digestAlgorithm: \\n *algorithm: ${digest} `))
          if (padding === 'pss') return // `openssl smime` is PKCS #7, which has no PSS
          const old = ['smime', '-verify', '-in', at('ours.eml'), '-CAfile', at('authority.pem')]
          equal((await openssl(old)).toString(), ENTITY)
        }),
    })),
    {
      title: `${name} with ${digest}: made by openssl in every way, verified here`,
      run: () =>
        inFolder('sign', async (at) => {
          const people = await folderOf(at)
          await writeFile(at('entity'), ENTITY)
          const ways = [[], ['-nodetach'], ['-nodetach', '-stream'], ['-keyid'], ['-crlfeol'], ['-nosmimecap']]
          if (digest !== 'sha1') ways.push(['-cades'])
          for (const way of ways) {
            if (padding === 'pss' && way.includes('-stream')) continue // OpenSSL 3.0 cannot: "illegal zero content"
            await writeFile(at('theirs.eml'), await signThere(at, who, [...way, ...theirs, '-md', digest]))
            const content = contentOf(await readFile(at('theirs.eml')))
            const found = await verifySigned(content, { roots: [people.root] })
            equal((await collect(found.content.open())).toString(), ENTITY)
            const [signature] = found.signatures
            deepStrictEqual([signature.scheme, signature.digest, signature.trusted], [scheme, digest, true])
            deepStrictEqual(signature.signer.emails, [`${who}@posthorn.example`])
            deepStrictEqual(
              signature.problems.map(({ code }) => code),
              digest === 'sha1' ? ['smime.weak-digest'] : [],
            )
            ok(Math.abs(signature.signedAt.getTime() - Date.now()) < 600_000)
          }
        }),
    },
  ]),
)

const tampering = FORMS.map((form) => ({
  title: `one octet changed on the way is found out by both, ${form}`,
  run: () =>
    inFolder('sign', async (at) => {
      const people = await folderOf(at)
      await writeFile(at('entity'), ENTITY)
      const ours = await signed({ identity: people.p256.identity, form })
      const theirs = await signThere(at, 'p256', ['-md', 'sha256', ...(form === 'opaque' ? ['-nodetach'] : [])])
      for (const message of [ours, theirs]) {
        for (const changed of changes(message, form)) {
          await writeFile(at('changed.eml'), changed)
          await rejects(verifyThere(at, ['-in', at('changed.eml')]), /openssl cms -verify/)
          await rejects(verifySigned(contentOf(changed)), {
            code: /^smime\.(?:tampered|malformed|algorithm|signer-unknown)$/,
          })
        }
      }
    }),
}))

const attached = { chain: 2, certificate: 1, none: 0 }

const others = [
  ...Object.entries(attached).map(([attach, count]) => ({
    title: `attach ${attach}: openssl finds ${count} certificates`,
    run: () =>
      inFolder('sign', async (at) => {
        const people = await folderOf(at)
        const identity = await people.below('rsa') // with an authority between
        await writeFile(at('ours.eml'), await signed({ identity, attach, form: 'opaque' }))
        await writeFile(at('ours.der'), await openssl(['cms', '-cmsout', '-outform', 'DER', '-in', at('ours.eml')]))
        const shown = await openssl(['pkcs7', '-print_certs', '-inform', 'DER', '-in', at('ours.der')])
        equal(shown.toString().split('BEGIN CERTIFICATE').length - 1, count)
        if (attach === 'chain') equal((await verifyThere(at, ['-in', at('ours.eml')])).toString(), ENTITY)
        if (attach !== 'none') return
        const all = await Promise.all(['authority.pem', 'chain.pem'].map((name) => readFile(at(name))))
        await writeFile(at('all.pem'), Buffer.concat(all))
        const given = ['-certfile', at('chain.pem'), '-CAfile', at('all.pem'), '-in', at('ours.eml')]
        equal((await openssl(['cms', '-verify', ...given])).toString(), ENTITY)
      }),
  })),
  {
    title: 'triple wrap made here: openssl verifies, decrypts and verifies',
    run: () =>
      inFolder('sign', async (at) => {
        const people = await folderOf(at)
        const { rsa, p256 } = people
        const message = await compose(
          { from: rsa.address, to: p256.address, subject: 'three', text: 'Grüße' },
          {
            smime: {
              sign: { identity: rsa.identity },
              encrypt: { certificates: [p256.identity.certificate], cipher: 'aes-256-gcm' },
              tripleWrap: true,
            },
          },
        )
        await writeFile(at('outer.eml'), await collect(message.content.open()))
        await writeFile(at('sealed.eml'), await verifyThere(at, ['-in', at('outer.eml')]))
        const decrypt = ['cms', '-decrypt', '-in', at('sealed.eml'), '-recip', at('p256.pem'), '-inkey', at('p256.key')]
        await writeFile(at('inner.eml'), await openssl(decrypt))
        const innermost = (await verifyThere(at, ['-in', at('inner.eml')])).toString()
        const report = await verifyMessage(message.content, { decryptWith: [p256.identity], roots: [people.root] })
        deepStrictEqual(
          report.layers.map(({ kind }) => kind),
          ['signed', 'encrypted', 'signed'],
        )
        equal((await collect(report.content.open())).toString(), innermost)
        ok(
          report.layers.every(({ signatures = [] }) =>
            signatures.every(({ trusted, problems }) => trusted && problems.length === 0),
          ),
        )
      }),
  },
  {
    title: 'triple wrap made by openssl: opened here, every signature holds',
    run: () =>
      inFolder('sign', async (at) => {
        const people = await folderOf(at)
        await writeFile(at('entity'), ENTITY)
        await writeFile(at('entity'), await signThere(at, 'p384', ['-md', 'sha384']))
        const encrypt = ['cms', '-encrypt', '-aes-128-gcm', '-in', at('entity'), '-recip', at('p521.pem')]
        await writeFile(at('entity'), await openssl(encrypt))
        const message = await signThere(at, 'rsa', ['-nodetach', '-stream'])
        const report = await verifyMessage(contentOf(message), { decryptWith: [people.p521.identity] })
        deepStrictEqual(
          report.layers.map(({ kind }) => kind),
          ['signed', 'encrypted', 'signed'],
        )
        equal(
          (await collect(report.content.open())).toString().replaceAll('\r\n', '\n'),
          ENTITY.replaceAll('\r\n', '\n'),
        )
      }),
  },
  {
    title: 'signed by two with openssl: both are found',
    run: () =>
      inFolder('sign', async (at) => {
        const people = await folderOf(at)
        await writeFile(at('entity'), ENTITY)
        const message = await signThere(at, 'rsa', ['-signer', at('p256.pem'), '-inkey', at('p256.key'), '-nodetach'])
        const { signatures } = await verifySigned(contentOf(message), { roots: [people.root] })
        deepStrictEqual(signatures.flatMap(({ signer }) => signer.emails).sort(), [
          people.p256.address,
          people.rsa.address,
        ])
      }),
  },
  {
    title: 'a signature without attributes is refused',
    run: () =>
      inFolder('sign', async (at) => {
        await folderOf(at)
        await writeFile(at('entity'), ENTITY)
        const message = await signThere(at, 'rsa', ['-noattr'])
        await rejects(verifySigned(contentOf(message)), { code: 'smime.malformed' })
      }),
  },
  {
    title: 'Ed25519: OpenSSL 3.0 cannot verify it in CMS, so its parts are verified by openssl pkeyutl and dgst',
    run: () =>
      inFolder('sign', async (at) => {
        const people = await folderOf(at)
        for (const form of FORMS) {
          const message = await signed({ identity: people.ed25519.identity, form })
          equal((await collect((await verifySigned(contentOf(message))).content.open())).toString(), ENTITY)
          await writeFile(at('ours.eml'), message)
          // whether a later OpenSSL can do it is for it to say; nothing else may be wrong
          await verifyThere(at, ['-in', at('ours.eml')]).then(
            (content) => equal(content.toString(), ENTITY),
            (error) => match(error.message, /invalid digest/),
          )
          const { attributes, digest, signature } = await signatureParts(at('ours.eml'), at('ours.der'))
          await writeFile(at('attributes'), attributes)
          await writeFile(at('signature'), signature)
          await writeFile(at('entity'), ENTITY)
          await writeFile(at('public.pem'), await openssl(['x509', '-in', at('ed25519.pem'), '-noout', '-pubkey']))
          const verified = await openssl([
            ...['pkeyutl', '-verify', '-pubin', '-inkey', at('public.pem'), '-rawin'],
            ...['-in', at('attributes'), '-sigfile', at('signature')],
          ])
          match(verified.toString(), /Verified Successfully/)
          const hashed = (await openssl(['dgst', '-sha512', '-r', at('entity')])).toString().slice(0, 128)
          equal(digest, hashed)
        }
      }),
  },
  {
    title: 'signed and sent through Postfix: what arrived verifies, with CRLF and as it is stored',
    async run(lab) {
      const people = await mailPeople()
      const box = lab.box()
      for (const form of FORMS) {
        const message = await compose(
          {
            from: people.p256.address,
            to: box.at('bob'),
            subject: 'signed',
            text: '.\nGrüße\n\nFrom here\n  blanks  \n',
            headers: [{ name: MARKER, value: form }],
            attachments: [{ filename: 'a.bin', content: randomBytes(2_000_000) }],
          },
          { smime: { sign: { identity: people.p256.identity, form } } },
        )
        await lab.client('mx').send(message)
      }
      await lab.settled()
      const arrived = await box.arrived()
      equal(arrived.length, 2)
      for (const { stored } of arrived) {
        const report = await verifyMessage(contentOf(stored))
        deepStrictEqual([report.signed, report.layers[0].signatures[0].signer.emails], [true, [people.p256.address]])
      }
    },
  },
  ...FORMS.map((form) => ({
    title: `200 MB ${form}: streamed to openssl and back in constant memory`,
    run: () =>
      inFolder('sign', async (at) => {
        const people = await folderOf(at)
        const size = 200_000_000
        const most = memoryUse()
        const { fields, pieces } = await signPart(
          largePart(size),
          { identity: people.p256.identity, form },
          randomBytes,
        )
        const { contentOf: content } = await import('../../packages/mime/dist/body/content.js')
        const { open } = content([`MIME-Version: 1.0\r\n${fields}\r\n`, ...pieces], '7bit')
        await pipeline(open, createWriteStream(at('ours.eml')))
        const found = await verifySigned({ open: () => createReadStream(at('ours.eml')) })
        const here = await digest(found.content.open())
        const grown = most()
        const entity = at('entity')
        await verifyThere(at, ['-in', at('ours.eml'), '-out', entity])
        equal(here, await digest(createReadStream(entity)))
        ok(grown < 150e6, `the process grew by ${Math.round(grown / 1e6)} MB`)
      }),
  })),
]

export const cases = [...combinations, ...tampering, ...others]

/** The files of everybody, for openssl. */
async function folderOf(at) {
  const people = await mailPeople()
  for (const [name, { certificate, key }] of Object.entries(people)) {
    if (!key) continue
    await writeFile(at(`${name}.pem`), certificate)
    await writeFile(at(`${name}.key`), key, { mode: 0o600 })
  }
  await writeFile(at('authority.pem'), people.authority)
  const root = readCertificate(new X509Certificate(people.authority).raw)
  return {
    ...people,
    root,
    /** The same person under an authority of its own, which is under the root. */
    async below(who) {
      const extensions = 'basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign\n'
      await writeFile(at('middle.ext'), extensions)
      await writeFile(
        at('middle.key'),
        await openssl(['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256']),
      )
      const name = '/O=Posthorn interop/CN=middle'
      await writeFile(at('middle.csr'), await openssl(['req', '-new', '-key', at('middle.key'), '-subj', name]))
      await writeFile(at('authority.key'), people.authorityKey, { mode: 0o600 })
      const issue = (request, issuer, ext) =>
        openssl([
          ...['x509', '-req', '-in', at(request), '-CA', at(`${issuer}.pem`), '-CAkey', at(`${issuer}.key`)],
          ...['-set_serial', String(Date.now()), '-days', '20', '-extfile', at(ext)],
        ])
      await writeFile(at('middle.pem'), await issue('middle.csr', 'authority', 'middle.ext'))
      const subject = `/O=Posthorn interop/CN=${who} below`
      await writeFile(at('low.csr'), await openssl(['req', '-new', '-key', at(`${who}.key`), '-subj', subject]))
      await writeFile(at('low.ext'), `extendedKeyUsage=emailProtection\nsubjectAltName=email:${who}@posthorn.example\n`)
      const low = await issue('low.csr', 'middle', 'low.ext')
      const middle = await readFile(at('middle.pem'))
      await writeFile(at('chain.pem'), Buffer.concat([low, middle]))
      const read = (pem) => readCertificate(new X509Certificate(pem).raw)
      return { certificate: read(low), privateKey: people[who].identity.privateKey, chain: [read(middle), root] }
    },
  }
}

/** A message with a signed body. */
async function signed(options) {
  const end = ENTITY.indexOf('\r\n\r\n')
  const part = { fields: ENTITY.slice(0, end + 2), pieces: [ENTITY.slice(end + 4)], endsLine: true }
  const { fields, pieces } = await signPart(part, options, randomBytes)
  const { contentOf: content } = await import('../../packages/mime/dist/body/content.js')
  return collect(content([`MIME-Version: 1.0\r\n${fields}\r\n`, ...pieces], '7bit').open())
}

const verifyThere = (at, flags) => openssl(['cms', '-verify', '-CAfile', at('authority.pem'), ...flags])

const signThere = (at, who, flags) =>
  openssl(['cms', '-sign', '-in', at('entity'), '-signer', at(`${who}.pem`), '-inkey', at(`${who}.key`), ...flags])

/** The message with one octet changed: in what was signed when it is to be read, and in the signature. */
function* changes(message, form) {
  if (form === 'detached') {
    const at = message.indexOf('From here')
    yield replaced(message, at, message[at] ^ 1)
    yield replaced(message, message.indexOf('text/plain'), 84)
    const inserted = Buffer.from(' ')
    yield Buffer.concat([message.subarray(0, at), inserted, message.subarray(at)])
  } else {
    const inContent = message.indexOf('\nMI') + 150
    const at = [...message.subarray(inContent)].findIndex((octet) => /[A-Za-z]/.test(String.fromCharCode(octet)))
    yield replaced(message, inContent + at, message[inContent + at] ^ 32)
  }
  // behind it is at most a delimiter, and before it what openssl does not look at, such as the name of the algorithm
  const end = message.length - (form === 'detached' ? 60 : 10)
  for (let at = end - 50; at < end; at += 3) {
    if (/[A-Za-z]/.test(String.fromCharCode(message[at]))) yield replaced(message, at, message[at] ^ 32)
  }
}

function replaced(message, at, octet) {
  const changed = Buffer.from(message)
  changed[at] = octet
  return changed
}

async function digest(chunks) {
  const hash = createHash('sha256')
  for await (const chunk of chunks) hash.update(chunk)
  return hash.digest('hex')
}
