import { SettingsError } from '@posthorn/ground'
import { certificateProblem, openCertificateStore, readCertificate, verifyChain } from '../src/index.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { derFixture, pemFixture, pfxFixture } from './fixture.js'
import { mutated } from './mutated.js'

/** Opens it and looks at everything; anything but a SettingsError is a defect. */
async function look(source: Uint8Array | string): Promise<void> {
  try {
    const store = await openCertificateStore({ source, password: 'secret' })
    for (const certificate of store.certificates) await readAll(certificate.der)
    for (const { chain } of store.identities) expect(chain.length).toBeLessThan(20)
    for (const { pem, bits } of store.publicKeys) expect([typeof pem, typeof bits]).toEqual(['string', 'number'])
    store.identity('ann')
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error
    expect(error.code).toMatch(/^certificate\./)
  }
}

async function readAll(der: Uint8Array): Promise<void> {
  const certificate = readCertificate(der)
  const { subject, issuer, emails, dnsNames, fingerprints } = certificate
  expect([subject, issuer].every((text) => typeof text === 'string')).toBe(true)
  expect([...emails, ...dnsNames, fingerprints.md5].every((text) => typeof text === 'string')).toBe(true)
  const { pem, serialNumberHex, signatureAlgorithm, publicKeyAlgorithm, subjectAltNames } = certificate
  const names = [signatureAlgorithm.name, publicKeyAlgorithm, ...subjectAltNames.map(({ value }) => value)]
  expect([pem, serialNumberHex, ...names].every((text) => typeof text === 'string')).toBe(true)
  const { ocspUrls, caIssuersUrls, crlUrls, mustStaple, publicKeyBits, selfIssued, version } = certificate
  expect(ocspUrls.length + caIssuersUrls.length + crlUrls.length).toBeLessThanOrEqual(48)
  expect([mustStaple, selfIssued].every((fact) => typeof fact === 'boolean')).toBe(true)
  expect([publicKeyBits, version].every((number) => Number.isSafeInteger(number))).toBe(true)
  certificateProblem(certificate, 'sign-mail', new Date(0))
  const ca = readCertificate(derFixture('ca.crt'))
  await verifyChain(certificate, [certificate, ca], [ca], new Date())
  await verifyChain(readCertificate(derFixture('ann.crt')), [certificate], [certificate], new Date())
}

describe('hostile input gives a SettingsError, or is read', () => {
  // without a MAC, so that what is changed is read and not refused at once
  it.each(['unencrypted-no-mac.pfx', 'no-mac.pfx', 'aes-256.pfx', 'windows-rc2-40.pfx'])(
    '%s, changed',
    async (name) => {
      await fc.assert(fc.asyncProperty(mutated(pfxFixture(name)), look), {
        numRuns: name.includes('no-mac') ? 400 : 60,
      })
    },
  )

  it.each(['ann.crt', 'bob.crt', 'ca.crt'])('%s, changed', async (name) => {
    const read = async (der: Buffer) => {
      try {
        await readAll(der)
      } catch (error) {
        if (!(error instanceof SettingsError)) throw error
      }
    }
    await fc.assert(fc.asyncProperty(mutated(derFixture(name)), read), { numRuns: 400 })
  })

  it.each(['ann.pbes2.key', 'ann.scrypt.key', 'ann.des3.key', 'ann.rc2-64.key'])('%s, changed', async (name) => {
    await fc.assert(fc.asyncProperty(mutated(derFixture(name)), look), { numRuns: 100 })
  })

  it('PEM, changed', async () => {
    const text = ['ann.crt', 'ann.sec1.key', 'ann.old-encrypted.key'].map(pemFixture).join('')
    await fc.assert(fc.asyncProperty(mutated(Buffer.from(text)), look), { numRuns: 200 })
  })

  it.each([
    'bob.jwk',
    'ann-with-chain.jwk',
    'bob.a256gcm.jwe',
    'bob.xml',
    'bob.ssh.pub',
    'bob.ssh2.pub',
    'bob.v2-plain.ppk',
    'eve.v2.ppk',
    'eve.openssh.key',
    'chain.p7b.pem',
    'bob.spki.pub',
  ])('%s, changed', async (name) => {
    await fc.assert(fc.asyncProperty(mutated(Buffer.from(pemFixture(name))), look), { numRuns: 150 })
  })

  it.each([
    ['chain.p7b', pfxFixture('chain.p7b')],
    ['bob.spki.pub', derFixture('bob.spki.pub')],
    ['bob.pkcs1.pub', derFixture('bob.pkcs1.pub')],
    ['server.crt', derFixture('server.crt')],
  ])('%s as DER, changed', async (_, octets) => {
    await fc.assert(fc.asyncProperty(mutated(octets), look), { numRuns: 300 })
  })

  it('a key of OpenSSH within its armour, changed', async () => {
    const armoured = (octets: Uint8Array) =>
      `-----BEGIN OPENSSH PRIVATE KEY-----\n${Buffer.from(octets).toString('base64')}\n-----END OPENSSH PRIVATE KEY-----`
    for (const name of ['eve.openssh.key', 'bob.openssh.key']) {
      const change = mutated(derFixture(name)).map(armoured)
      await fc.assert(fc.asyncProperty(change, look), { numRuns: 200 })
    }
  })

  it('octets and texts of any kind', async () => {
    await fc.assert(fc.asyncProperty(fc.oneof(fc.uint8Array(), fc.string(), fc.base64String()), look), { numRuns: 300 })
  })

  it.each([
    ['sequences within sequences', Buffer.alloc(2_000_000, Buffer.from([0x30, 0x80]))],
    ['a length of 4 GiB', Buffer.from('3084ffffffff020103', 'hex')],
    ['base64 of nothing but A', 'A'.repeat(1_000_000)],
    ['lines of dashes', '-'.repeat(1_000_000)],
    ['beginnings of blocks', '-----BEGIN CERTIFICATE-----\n'.repeat(40_000)],
    ['beginnings of other blocks', '-----BEGIN X-----\n'.repeat(40_000)],
    ['beginnings of keys of SSH', '---- BEGIN SSH2 PUBLIC KEY ----\n'.repeat(30_000)],
    ['lines that are nearly keys', 'ssh-rsa A A A '.repeat(70_000)],
    ['comments', '# \n'.repeat(500_000)],
    ['braces', '{"a":'.repeat(200_000)],
    ['angle brackets', '<a>'.repeat(500_000)],
    ['angle brackets and nothing', '<'.repeat(1_000_000)],
    ['headers of PuTTY', 'PuTTY-User-Key-File-3: a\n'.repeat(40_000)],
    ['the beginning of a JWE', `ey${'a'.repeat(1_000_000)}.`],
    ['dots', `ey.${'.'.repeat(1_000_000)}`],
  ])('%s', async (_, source) => {
    await expect(openCertificateStore({ source })).rejects.toMatchObject({ code: 'certificate.format' })
  })
})
