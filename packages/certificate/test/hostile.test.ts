import { SettingsError } from '@posthorn/ground'
import { certificateProblem, openCertificateStore, readCertificate, verifyChain } from '../src/index.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { derFixture, pemFixture, pfxFixture } from './fixture.js'

/** Octets changed, cut out or put in, at places of its own choosing. */
function mutations(octets: Uint8Array): fc.Arbitrary<Buffer> {
  const change = fc.record({
    at: fc.nat(octets.length - 1),
    kind: fc.constantFrom('flip', 'set', 'cut', 'insert', 'length'),
    value: fc.nat(255),
  })
  return fc.array(change, { minLength: 1, maxLength: 4 }).map((changes) => {
    let result = Buffer.from(octets)
    for (const { at: wanted, kind, value } of changes) {
      const at = Math.min(wanted, result.length - 1)
      if (at < 0) break
      if (kind === 'flip') result[at]! ^= 1 << (value & 7)
      else if (kind === 'set') result[at] = value
      else if (kind === 'length') result.set([0x84, 0xff, 0xff, 0xff].slice(0, result.length - at), at)
      else if (kind === 'cut') result = Buffer.concat([result.subarray(0, at), result.subarray(at + 1 + value)])
      else result = Buffer.concat([result.subarray(0, at), Buffer.alloc(value, value), result.subarray(at)])
    }
    return result
  })
}

/** Opens it and looks at everything; anything but a SettingsError is a defect. */
async function look(source: Uint8Array | string): Promise<void> {
  try {
    const store = await openCertificateStore({ source, password: 'secret' })
    for (const certificate of store.certificates) await readAll(certificate.der)
    for (const { chain } of store.identities) expect(chain.length).toBeLessThan(20)
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
      await fc.assert(fc.asyncProperty(mutations(pfxFixture(name)), look), {
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
    await fc.assert(fc.asyncProperty(mutations(derFixture(name)), read), { numRuns: 400 })
  })

  it.each(['ann.pbes2.key', 'ann.scrypt.key', 'ann.des3.key', 'ann.rc2-64.key'])('%s, changed', async (name) => {
    await fc.assert(fc.asyncProperty(mutations(derFixture(name)), look), { numRuns: 100 })
  })

  it('PEM, changed', async () => {
    const text = ['ann.crt', 'ann.sec1.key', 'ann.old-encrypted.key'].map(pemFixture).join('')
    await fc.assert(fc.asyncProperty(mutations(Buffer.from(text)), look), { numRuns: 200 })
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
  ])('%s', async (_, source) => {
    await expect(openCertificateStore({ source })).rejects.toMatchObject({ code: 'certificate.format' })
  })
})
