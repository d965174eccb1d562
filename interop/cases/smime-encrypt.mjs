// openssl opens what was encrypted here, and what openssl encrypted opens here.
import { equal, rejects } from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream, createWriteStream } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { decryptEnveloped, openEnveloped } from '../../packages/mime/dist/smime/decrypt.js'
import { encryptPart } from '../../packages/mime/dist/smime/encrypt.js'
import { mailPeople } from '../mail-certificates.mjs'
import { inFolder as inFolderFor, openssl } from '../openssl.mjs'

/** Ours by the names of openssl. */
const CIPHERS = {
  'aes-128-cbc': '-aes-128-cbc',
  'aes-192-cbc': '-aes-192-cbc',
  'aes-256-cbc': '-aes-256-cbc',
  'aes-128-gcm': '-aes-128-gcm',
  'aes-192-gcm': '-aes-192-gcm',
  'aes-256-gcm': '-aes-256-gcm',
  '3des-cbc': '-des3',
}

/** Ways to give somebody the content key: whose certificate, what Posthorn is told, and what openssl is told in several ways. */
const KEYS = {
  'RSA PKCS #1': { who: 'rsa', options: { keyTransport: 'pkcs1' }, openssl: [[]] },
  'RSA OAEP': {
    who: 'rsa',
    options: { keyTransport: 'oaep' },
    openssl: [
      ['-keyopt', 'rsa_padding_mode:oaep'],
      ['-keyopt', 'rsa_padding_mode:oaep', '-keyopt', 'rsa_oaep_md:sha256'],
      ['-keyopt', 'rsa_padding_mode:oaep', '-keyopt', 'rsa_oaep_md:sha512', '-keyopt', 'rsa_oaep_label:6c6162656c'],
    ],
  },
  'ECDH P-256': { who: 'p256', options: {}, openssl: [[], ['-keyopt', 'ecdh_kdf_md:sha256']] },
  'ECDH P-384': { who: 'p384', options: {}, openssl: [[], ['-keyopt', 'ecdh_kdf_md:sha384']] },
  'ECDH P-521': {
    who: 'p521',
    options: {},
    openssl: [[], ['-keyopt', 'ecdh_kdf_md:sha512', '-keyopt', 'ecdh_cofactor_mode:1']],
  },
}

const TEXT = 'Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nGrüße 📮\r\n.\r\n'

const pairs = Object.keys(CIPHERS).flatMap((cipher) =>
  Object.entries(KEYS).map(([name, { who, options, openssl }]) => ({
    title: `${cipher} with ${name}, both ways`,
    run: () =>
      inFolder(async ({ at, person }) => {
        const somebody = await person(who)
        await writeFile(at('ours.eml'), await message(partOf(TEXT), { ...options, cipher, alsoFor: [somebody] }))
        equal((await decrypt(at, who, ['-in', at('ours.eml')])).toString(), TEXT)
        await writeFile(at('text'), TEXT)
        for (const flags of openssl) {
          for (const form of [[], ['-stream'], ['-keyid']]) {
            if (form[0] === '-keyid' && who !== 'rsa' && flags.length > 0) continue // one of them is enough
            const theirs = await encrypt(at, who, CIPHERS[cipher], [...flags, ...form])
            equal(Buffer.from(await openEnveloped(theirs, [somebody])).toString(), TEXT)
            equal(
              (await collect(await decryptEnveloped({ read: () => inPieces(theirs, 7) }, [somebody]))).toString(),
              TEXT,
            )
          }
        }
      }),
  })),
)

const others = [
  {
    title: 'many recipients, and each of them opens it',
    run: () =>
      inFolder(async ({ at, person }) => {
        const kinds = ['rsa', 'p256', 'p384', 'p521']
        const everybody = await Promise.all(kinds.map(person))
        for (const cipher of ['aes-256-cbc', 'aes-256-gcm']) {
          await writeFile(at('ours.eml'), await message(partOf(TEXT), { cipher, alsoFor: everybody }))
          for (const who of kinds) equal((await decrypt(at, who, ['-in', at('ours.eml')])).toString(), TEXT)
        }
      }),
  },
  {
    title: 'signed by openssl, encrypted here: opened, the signature is good',
    run: () =>
      inFolder(async ({ at, person, authority }) => {
        const somebody = await person('rsa')
        await writeFile(at('text'), TEXT)
        const signed = await openssl([
          ...[
            'cms',
            '-sign',
            '-binary',
            '-crlfeol',
            '-in',
            at('text'),
            '-signer',
            at('rsa.pem'),
            '-inkey',
            at('rsa.key'),
          ],
          ...['-md', 'sha256'],
        ])
        await writeFile(at('ours.eml'), await message(entity(signed), { alsoFor: [somebody], cipher: 'aes-256-gcm' }))
        await writeFile(at('inner.eml'), await decrypt(at, 'rsa', ['-in', at('ours.eml')]))
        await writeFile(at('authority.pem'), authority)
        const verified = await openssl(['cms', '-verify', '-in', at('inner.eml'), '-CAfile', at('authority.pem')])
        equal(verified.toString(), TEXT)
      }),
  },
  {
    title: 'one octet changed on the way is found out by both, with GCM',
    run: () =>
      inFolder(async ({ at, person }) => {
        const somebody = await person('p256')
        const cms = await cmsOf(partOf(TEXT), { alsoFor: [somebody], cipher: 'aes-256-gcm' })
        const fromEnd = { 'in the tag': 1, 'in the last octet of the content': 19, 'before it': 40 } // the tag has 18 octets
        for (const from of Object.values(fromEnd)) {
          const changed = Buffer.from(cms)
          changed[changed.length - from] ^= 1
          await rejects(openEnveloped(changed, [somebody]), { code: 'smime.decrypt' })
          await writeFile(at('changed.der'), changed)
          await rejects(decrypt(at, 'p256', ['-inform', 'DER', '-in', at('changed.der')]), /openssl cms -decrypt/)
        }
      }),
  },
  {
    title: 'what is not for us says whom it is for',
    run: () =>
      inFolder(async ({ at, person }) => {
        await writeFile(at('text'), TEXT)
        await person('rsa')
        const theirs = await encrypt(at, 'rsa', '-aes-256-cbc', [])
        await rejects(openEnveloped(theirs, [await person('p256')]), {
          code: 'smime.not-for-us',
          message: /number [0-9a-f]+ of mail, Posthorn interop/,
        })
      }),
  },
  ...['aes-256-cbc', 'aes-256-gcm'].map((cipher) => ({
    title: `200 MB with ${cipher}, streamed to openssl and back`,
    run: () =>
      inFolder(async ({ at, person }) => {
        const somebody = await person('p256')
        const size = 200_000_000
        const before = process.memoryUsage().rss
        let most = before
        const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 50)
        try {
          const part = await encrypted(large(size), { cipher, alsoFor: [somebody] })
          await pipeline(part.pieces[0].base64.read(), createWriteStream(at('ours.der')))
          const wanted = await digest(largeOctets(size), 'Content-Type: application/octet-stream\r\n\r\n')
          const opened = spawn('openssl', [
            ...['cms', '-decrypt', '-inform', 'DER', '-in', at('ours.der'), '-inkey', at('p256.key')],
            ...['-recip', at('p256.pem'), '-out', at('opened')],
          ])
          const [code] = await once(opened, 'exit')
          equal(code, 0)
          equal(await digest(createReadStream(at('opened'))), wanted)
          const read = () => createReadStream(at('ours.der'))
          equal(await digest(await decryptEnveloped({ read }, [somebody])), wanted)
        } finally {
          clearInterval(watch)
        }
        const grown = (most - before) / 1e6
        if (grown > 150) throw new Error(`the process grew by ${Math.round(grown)} MB`)
      }),
  })),
]

export const cases = [...pairs, ...others]

const partOf = (text) => entity(Buffer.from(text))

/** A MIME entity as a part: what stands before its empty line, and what stands behind. */
function entity(octets) {
  const end = octets.indexOf('\r\n\r\n')
  return {
    fields: octets.subarray(0, end + 2).toString('latin1'),
    pieces: [octets.subarray(end + 4)],
    endsLine: true,
    encoding: '8bit',
  }
}

const large = (size) => ({
  fields: 'Content-Type: application/octet-stream\r\n',
  pieces: [{ run: { sizeOctets: size, read: () => largeOctets(size) } }],
  endsLine: false,
  encoding: 'binary',
})

async function* largeOctets(size) {
  const block = Buffer.alloc(1_000_000)
  for (let at = 0; at < size; at += block.length) {
    block.fill(`${at} `)
    yield block.subarray(0, size - at)
  }
}

async function digest(octets, before = '') {
  const hash = createHash('sha256').update(before)
  for await (const chunk of octets) hash.update(chunk)
  return hash.digest('hex')
}

/** For identities alone. */
const encrypted = (part, options) =>
  encryptPart(
    part,
    { certificates: [], ...options, alsoFor: options.alsoFor.map(({ certificate }) => certificate) },
    [],
    randomBytes,
  )

async function cmsOf(part, options) {
  return collect((await encrypted(part, options)).pieces[0].base64.read())
}

/** A message with what was encrypted as its body. */
async function message(part, options) {
  const { fields, pieces } = await encrypted(part, options)
  const cms = await collect(pieces[0].base64.read())
  return `MIME-Version: 1.0\r\n${fields}\r\n${cms.toString('base64').replaceAll(/.{1,76}/g, '$&\r\n')}`
}

async function collect(chunks) {
  const all = []
  for await (const chunk of chunks) all.push(Buffer.from(chunk))
  return Buffer.concat(all)
}

async function* inPieces(octets, size) {
  for (let at = 0; at < octets.length; at += size) yield octets.subarray(at, at + size)
}

const decrypt = (at, who, flags) =>
  openssl(['cms', '-decrypt', ...flags, '-recip', at(`${who}.pem`), '-inkey', at(`${who}.key`)])

const encrypt = (at, who, cipher, flags) => {
  const form = flags.filter((flag) => flag === '-stream' || flag === '-keyid')
  const keyopts = flags.filter((flag) => !form.includes(flag))
  return openssl([
    ...['cms', '-encrypt', '-binary', ...form, cipher, '-in', at('text'), '-outform', 'DER'],
    ...['-recip', at(`${who}.pem`), ...keyopts],
  ])
}

/** A folder with the keys and certificates of those asked for. */
async function inFolder(task) {
  const people = await mailPeople()
  await inFolderFor('encrypt', (at) =>
    task({
      at,
      authority: people.authority,
      async person(who) {
        await writeFile(at(`${who}.pem`), people[who].certificate)
        await writeFile(at(`${who}.key`), people[who].key, { mode: 0o600 })
        return people[who].identity
      },
    }),
  )
}
