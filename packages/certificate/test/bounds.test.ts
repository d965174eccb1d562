import { execFileSync } from 'node:child_process'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { BerReader, stringContent } from '../src/asn1/ber-reader.js'
import { openCertificateStore, readCertificate } from '../src/index.js'
import { blankOrBase64 } from '../src/base64.js'
import { decryptPbe } from '../src/store/pkcs12/pbe.js'
import { Work } from '../src/store/pkcs12/work.js'
import { inTurns } from '../src/store/steps.js'
import { Turn } from '../src/store/turn.js'
import { element, integer, nothing, octetString, oid, sequence } from './der-writer.js'
import { derFixture, pemFixture } from './fixture.js'
import { int, text } from './java-store-writer.js'
import { ecdsa, ecKeys, madeCertificate } from './made-certificate.js'
import { refusalOf } from './refusal-of.js'

afterEach(() => vi.restoreAllMocks())

const MIB = 1024 * 1024

describe('what a store may cost: ASN.1', () => {
  const indefinite = (count: number) =>
    Buffer.concat([Buffer.of(0x30, 0x80), Buffer.alloc(2 * count, Buffer.of(0x05, 0x00)), Buffer.alloc(2)])

  it('an indefinite length is around 20 000 elements at most, wherever they are nested', () => {
    expect(new BerReader(indefinite(19_999)).next().content).toHaveLength(2 * 19_999)
    expect(() => new BerReader(indefinite(20_000)).next()).toThrow('an indefinite length around too many elements')
    const halves = Buffer.concat([Buffer.of(0x30, 0x80), indefinite(10_000), indefinite(10_000), Buffer.alloc(2)])
    expect(() => new BerReader(halves).next()).toThrow('an indefinite length around too many elements')
  })

  it('a string has 10 000 pieces at most, empty ones and those with pieces of their own counted', () => {
    const empty = element(0x24, Buffer.alloc(2 * 10_001, Buffer.of(0x24, 0x00)))
    expect(() => stringContent(new BerReader(empty).next())).toThrow('a string of too many pieces')
  })

  it('a reader of definite lengths refuses others, inside as well', () => {
    expect(() => new BerReader(indefinite(1), 'definite').next()).toThrow('an indefinite length')
    expect(() => new BerReader(sequence(indefinite(1)), 'definite').inside().next()).toThrow('an indefinite length')
  })
})

describe('what a store may cost: decryption', () => {
  const password = { bmp: Buffer.alloc(4), utf8: Buffer.alloc(1) }
  const algorithm = (id: string) =>
    new BerReader(Buffer.concat([oid(id), sequence(octetString(Buffer.alloc(8)), integer(1))]))
  const RC2_40 = '1.2.840.113549.1.12.1.6'
  const DES3 = '1.2.840.113549.1.12.1.3'

  it('RC2 decrypts 1 MiB at most, and what it decrypts is work', async () => {
    await expect(inTurns(decryptPbe(algorithm(RC2_40), Buffer.alloc(MIB + 8), password, new Work()))).rejects.toThrow(
      'has more than 1 MiB that is encrypted with RC2',
    )
    const work = new Work()
    work.spend(3_999_000)
    await expect(inTurns(decryptPbe(algorithm(RC2_40), Buffer.alloc(8000), password, work))).rejects.toThrow('4000000')
  })

  it('3DES is work, too', async () => {
    const work = new Work()
    work.spend(3_999_000)
    await expect(inTurns(decryptPbe(algorithm(DES3), Buffer.alloc(64_000), password, work))).rejects.toThrow('4000000')
  })

  it.each([
    ['RC2', RC2_40, 64 * 1024, 16],
    ['3DES', DES3, MIB, 16],
  ])('%s lets others have their turn', async (_, id, octets, turns) => {
    const pass = vi.spyOn(Turn.prototype, 'pass')
    await inTurns(decryptPbe(algorithm(id), randomBytes(octets), password, new Work())).catch(() => undefined)
    expect(pass.mock.calls.length).toBeGreaterThanOrEqual(turns)
  })
})

describe('what a store may cost: keys', () => {
  it('the search for primes lets others have their turn within each power', async () => {
    const { p, q, dp, dq, qi, ...rest } = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export({
      format: 'jwk',
    })
    expect([p, q, dp, dq, qi].every((each) => typeof each === 'string')).toBe(true)
    const pass = vi.spyOn(Turn.prototype, 'pass')
    expect((await openCertificateStore({ source: JSON.stringify(rest) })).privateKeys).toHaveLength(1)
    expect(pass.mock.calls.length).toBeGreaterThan(1000)
  })

  it('Argon2 has 64 MiB and 16 lanes at most', async () => {
    const ppk = pemFixture('eve.v3.ppk')
    for (const [name, value] of [
      ['Memory', 64 * 1024 + 1],
      ['Parallelism', 17],
    ] as const) {
      const source = ppk.replace(new RegExp(`Argon2-${name}: \\d+`), `Argon2-${name}: ${value}`)
      expect((await refusalOf({ source, password: 'secret' }))?.message).toContain('which is out of range')
    }
  })
})

describe('what a store may cost: certificates and texts', () => {
  const java = (...entries: readonly Buffer[]) =>
    Buffer.concat([int(0xfeedfeed), int(2), int(entries.length), ...entries, Buffer.alloc(20)])
  const keyEntry = (alias: string, certificates: number) =>
    Buffer.concat([int(1), text(alias), Buffer.alloc(8), int(0), int(certificates), Buffer.alloc(6 * certificates)])

  it('a Java key store has 10 000 certificates at most, of whatever type, and aliases of 4096 octets', async () => {
    const entries = Array<Buffer>(101).fill(keyEntry('k', 100))
    const refused = await refusalOf({ source: java(...entries) })
    expect(refused?.message).toContain('has more than 10000 certificates')
    expect((await refusalOf({ source: java(keyEntry('k'.repeat(4097), 1)) }))?.message).toContain(
      'a text that is too long',
    )
  })

  it('all sources together have 10 000 certificates', async () => {
    const { publicKey, privateKey } = ecKeys()
    const der = madeCertificate({ subject: 'A', issuer: 'B', publicKey, signing: ecdsa(privateKey) })
    const pem = `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`.repeat(5000)
    expect((await refusalOf({ source: [pem, pem, der] }))?.message).toBe(
      'store.source[2]: there are more than 10000 certificates',
    )
  })

  it('PEM has 20 000 blocks, of whatever kind, and a header of 1024 characters', async () => {
    const blocks = '-----BEGIN X-----\n'.repeat(20_001)
    expect((await refusalOf({ source: blocks + pemFixture('ann.crt') }))?.message).toContain(
      'has more than 20000 blocks',
    )
    const header = pemFixture('bob.old-encrypted.key').replace('Proc-Type', `X: ${'x'.repeat(1024)}\nProc-Type`)
    expect((await refusalOf({ source: header, password: 'secret' }))?.message).toContain('that is not base64')
  })

  it.each([
    ['QUJD', 'ABC'],
    [' Q U\r\nI = \n', 'AB'],
    ['QQ = =\n', 'A'],
    ['', ''],
    [' \n', ''],
    ['QQ===', undefined],
    ['QU=JD', undefined],
    [`QQ==${' '.repeat(40)}`, 'A'],
    [`QQ==${' '.repeat(40)}x`, undefined],
    ['QU-_', undefined],
  ])('base64 is read in one pass: %j', (given, found) => {
    expect(blankOrBase64(given)?.toString('latin1')).toBe(found)
  })
})

describe('what is no source', () => {
  it.each([
    [undefined, 'store.source: is missing'],
    [null, 'store.source: is missing'],
    [5, 'store.source: is neither text nor octets nor { path }'],
    [{ path: undefined }, 'store.source: is neither text nor octets nor { path }'],
    [[], 'store.source: is an empty list'],
    [[undefined], 'store.source: is missing'],
    [{ path: new URL('https://example.com/a.pfx') }, 'store.source: is a URL that names no file'],
  ])('%j is a SettingsError', async (source, message) => {
    expect(await refusalOf({ source: source as unknown as string })).toMatchObject({
      code: 'certificate.format',
      message,
    })
  })

  it('nor is a password that is no text', async () => {
    const options = { source: pemFixture('ann.crt'), password: 1234 as unknown as string }
    expect(await refusalOf(options)).toMatchObject({
      code: 'certificate.password',
      message: 'store.password: is not text',
    })
  })

  it('a FIFO is refused, and nobody waits for it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'posthorn-fifo-'))
    try {
      const path = join(folder, 'fifo')
      execFileSync('mkfifo', [path])
      expect((await refusalOf({ source: { path } }))?.message).toBe(`store.source: the file ${path} is not a file`)
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})

describe('a certificate with an object identifier that nobody could tell', () => {
  const { publicKey } = ecKeys()
  const long = element(6, Buffer.of(0x2a), Buffer.alloc(299, 0x81), Buffer.of(1))
  const name = sequence(element(0x31, sequence(long, element(0x0c, Buffer.from('x')))))
  const ecdsaSha256 = sequence(oid('1.2.840.10045.4.3.2'))
  const made = (issuer: Buffer, algorithm: Buffer) => {
    const dates = sequence(...['200101000000Z', '491231235959Z'].map((date) => element(0x17, Buffer.from(date))))
    const spki = publicKey.export({ type: 'spki', format: 'der' })
    const inside = sequence(element(0xa0, integer(2)), integer(1), algorithm, issuer, dates, sequence(), spki)
    return sequence(inside, algorithm, element(3, Buffer.of(0), nothing()))
  }

  it('is refused when it is read, and not when its issuer or signature is asked for', () => {
    expect(readCertificate(made(sequence(), ecdsaSha256)).signatureAlgorithm.name).toBe('ecdsa-with-SHA256')
    for (const der of [made(name, ecdsaSha256), made(sequence(), sequence(long))]) {
      expect(() => readCertificate(der)).toThrow(expect.objectContaining({ code: 'certificate.format' }))
    }
    expect(readCertificate(derFixture('ann.crt')).issuer).toContain('Fixture CA')
  })
})
