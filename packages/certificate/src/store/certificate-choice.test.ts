import type { KeyObject } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { element } from '../../test/der-writer.js'
import { ecdsa, ecKeys, extension, madeCertificate, mailNames } from '../../test/made-certificate.js'
import type { MadeFacts } from '../../test/made-certificate.js'
import { readCertificate } from '../read-certificate.js'
import { certificateChoice } from './certificate-choice.js'
import { openCertificateStore } from './open-certificate-store.js'
import { inTurns } from './steps.js'

const keys = ecKeys()
const other = ecKeys()
const pkcs8 = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'der' })
const made = (subject: string, more: Partial<MadeFacts> = {}) =>
  madeCertificate({ subject, issuer: 'Root', publicKey: keys.publicKey, signing: ecdsa(keys.privateKey), ...more })
const dns = (name: string) =>
  extension('2.5.29.17', Buffer.concat([Buffer.of(0x30, name.length + 2), element(0x82, Buffer.from(name))]))
const sha1Of = (der: Buffer) => readCertificate(der).fingerprints.sha1
const ofOther = { publicKey: other.publicKey }

describe('the certificate that is chosen', () => {
  it('is the same for select and identity, which says when it has no key [part of ipworks.type.Certificate.Subject]', async () => {
    const store = await openCertificateStore({ source: [made('Ann', ofOther), made('Joanna'), pkcs8(keys.privateKey)] })
    expect(store.select('Ann').subject).toBe('CN=Ann')
    expect(() => store.identity('Ann')).toThrow(
      expect.objectContaining({
        code: 'certificate.no-key',
        message: expect.stringContaining("has no private key for 'CN=Ann'") as string,
      }),
    )
    expect(store.identity('Joanna').certificate.subject).toBe('CN=Joanna')
  })

  it('is found by a thumbprint and by nothing that looks like one', async () => {
    const ann = made('Ann')
    const byName = made(sha1Of(ann))
    const byPart = made(`Thumbprint=${sha1Of(ann)}`)
    const without = await openCertificateStore({ source: [byName, byPart] })
    for (const subject of [sha1Of(ann), `Thumbprint=${sha1Of(ann)}`, 'thumbprint = 1234']) {
      expect(() => without.select(subject), subject).toThrow(expect.objectContaining({ code: 'certificate.not-found' }))
    }
    const store = await openCertificateStore({ source: [byName, byPart, ann] })
    expect(store.select(`Thumbprint=${sha1Of(ann)}`).subject).toBe('CN=Ann')
  })

  it('has the whole attribute rather than a part of it, and the DNS name rather than a longer one [part of ipworks.type.Certificate.Subject]', async () => {
    const source = [
      made('Anna Evil'),
      made('Ann,Example'),
      made('mail.example.com.evil.net'),
      made('', { extensions: [dns('Mail.example.com')] }),
    ]
    const store = await openCertificateStore({ source: [...source, made('Ann')] })
    expect(store.select('CN=Ann').subject).toBe('CN=Ann')
    expect(store.select('Ann').subject).toBe('CN=Ann')
    expect(store.select('mail.example.com').dnsNames).toEqual(['Mail.example.com'])
    expect(store.select('evil').subject).toBe('CN=Anna Evil')
  })

  it('is the renewed one, which is valid now, of several that fit equally [part of illiad.config.SslCertSubject]', async () => {
    const expired = { notAfter: '201231235959Z', extensions: [mailNames('ann@example.com')] }
    const old = made('Ann', expired)
    const renewed = made('Ann', { serialNumber: 2, extensions: [mailNames('ann@example.com')] })
    const store = await openCertificateStore({ source: [old, renewed, pkcs8(keys.privateKey)] })
    for (const subject of ['*', 'ann@example.com', 'Ann', 'CN=Ann', 'an']) {
      expect(store.identity(subject).certificate.serialNumberHex, subject).toBe('02')
      expect(store.select(subject).serialNumberHex, subject).toBe('02')
    }
    const alone = await openCertificateStore({ source: [old, pkcs8(keys.privateKey)] })
    expect(alone.identity('Ann').certificate.serialNumberHex).toBe('01')
  })

  it('is one with a private key before one without, though that expired', async () => {
    const source = [
      made('Ann', { ...ofOther, serialNumber: 2 }),
      made('Ann', { notAfter: '201231235959Z' }),
      pkcs8(keys.privateKey),
    ]
    const store = await openCertificateStore({ source })
    expect(store.identity('Ann').certificate.serialNumberHex).toBe('01')
    expect(store.select('Ann').serialNumberHex).toBe('01')
  })

  it('is not the one whose letters become ASCII in lower case', async () => {
    const store = await openCertificateStore({ source: [made('mi\u212ae'), made('M\u0130KE')] })
    for (const subject of ['mike', 'm\u0131ke', 'mi']) {
      const found = () => store.select(subject).subject
      if (subject === 'mi') expect(found()).toBe('CN=mi\u212ae')
      else expect(found).toThrow(expect.objectContaining({ code: 'certificate.not-found' }))
    }
    expect(store.select('MI\u212aE').subject).toBe('CN=mi\u212ae')
  })

  it('is anything for blanks', async () => {
    const store = await openCertificateStore({ source: [made('Root', { isAuthority: true }), made('Ann')] })
    for (const subject of [' ', ' * ']) expect(store.select(subject).subject).toBe('CN=Ann')
  })

  it('is nobody for what says nothing of anybody', async () => {
    const store = await openCertificateStore({ source: [made('Ann "the" Smith, = Co', ofOther)] })
    for (const subject of ['"', '""', ',', '=', 'CN=', 'O='])
      expect(() => store.select(subject)).toThrow(expect.objectContaining({ code: 'certificate.not-found' }) as Error)
    expect(store.select('Smith').subject).toContain('Smith')
  })

  it('is looked for without reading the names of all again each time', async () => {
    let reads = 0
    const stored = Array.from({ length: 30 }, (_, index) => {
      const certificate = readCertificate(made(`User ${index}`))
      return {
        certificate: new Proxy(certificate, {
          get: (target, name) => {
            if (name === 'subject') reads++
            return Reflect.get(target, name, target) as unknown
          },
        }),
      }
    })
    const choice = await inTurns(certificateChoice(stored, () => 'open'))
    for (let time = 0; time < 20; time++) expect(choice('nobody', new Date())).toBeUndefined()
    expect(choice('User 29', new Date())).toBe(stored[29])
    expect(reads).toBe(30)
  })
})
