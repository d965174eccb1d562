import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { storeOctets, storePath, storeText } from '../../../../test/store-fixture.js'
import { Certificate } from './certificate.js'
import { StoreType } from './store-type.js'

const ANN = 'CN=Ann Müller, O="Example, Inc.", C=DE'
const BOB = 'CN=Bob, O=Example, C=DE'
const ALTERNATIVE = /PFX file \(StoreType 2, cstPFXFile\).*PEM file \(StoreType 6, cstPEMKeyFile\)/

type TypeName = keyof typeof StoreType

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'posthorn-stores-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** A file with what a blob would have. */
async function fileOf(name: string): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, storeOctets(name))
  return path
}

/** What the properties give, in the order in which the document sets them. */
function read(name: TypeName, store: string | Buffer, password = 'secret', subject = '*'): Certificate {
  const certificate = new Certificate()
  certificate.storeType = StoreType[name]
  if (typeof store === 'string') certificate.store = store
  else certificate.storeB = store
  certificate.storePassword = password
  certificate.subject = subject
  return certificate
}

function refusal(name: TypeName, store?: string | Buffer): unknown {
  const certificate = new Certificate()
  certificate.storeType = StoreType[name]
  if (typeof store === 'string') certificate.store = store
  else if (store) certificate.storeB = store
  certificate.storePassword = 'secret'
  try {
    certificate.subject = 'CN=Ann'
  } catch (error) {
    expect([certificate.subject, certificate.isEmpty]).toEqual(['', true])
    return error
  }
  return 'taken'
}

const gives271 = (message: RegExp) => ({ code: 271, message: expect.stringMatching(message) as string })

describe('StoreType [ipworks.type.Certificate.StoreType]', () => {
  it('has the numbers of the document', () => {
    const numbers: number[] = Object.values(StoreType)
    expect(numbers).toEqual([...Array.from({ length: 20 }, (_, number) => number), 21, 22, 23, 99])
    expect([Certificate.cstUser, Certificate.cstPFXFile, Certificate.cstAuto]).toEqual([0, 2, 99])
  })

  it('takes no other', () => {
    for (const wrong of [20, 24, -1, 2.5, 'cstNone', null]) {
      const certificate = new Certificate()
      expect(() => Object.assign(certificate, { storeType: wrong })).toThrow(expect.objectContaining({ code: 10022 }))
    }
  })

  it.each<[string, TypeName]>([
    ['[ipworks.type.Certificate.StoreType.cstUser]', 'cstUser'],
    ['[ipworks.type.Certificate.StoreType.cstMachine]', 'cstMachine'],
  ])('%s: a store of Windows', (_, name) => {
    expect(refusal(name)).toMatchObject(gives271(/Windows/))
    expect(refusal(name)).toMatchObject(gives271(ALTERNATIVE))
    expect(refusal(name, 'CA')).toMatchObject(gives271(ALTERNATIVE))
  })

  it.each<[string, TypeName, string, string]>([
    ['[ipworks.type.Certificate.StoreType.cstPFXFile]', 'cstPFXFile', 'aes-256.pfx', ANN],
    ['[ipworks.type.Certificate.StoreType.cstPFXBlob]', 'cstPFXBlob', 'windows-rc2-40.pfx', BOB],
    ['[part of ipworks.type.Certificate.StoreType.cstJKSFile]', 'cstJKSFile', 'two.jks', ANN],
    ['[part of ipworks.type.Certificate.StoreType.cstJKSBlob]', 'cstJKSBlob', 'two.jceks', ANN],
    ['[part of ipworks.type.Certificate.StoreType.cstBCFKSFile]', 'cstBCFKSFile', 'keytool.bcfks', ANN],
    ['[part of ipworks.type.Certificate.StoreType.cstBCFKSBlob]', 'cstBCFKSBlob', 'scrypt.bcfks', ANN],
  ])('%s: %s, certificate and key out of %s', async (_, name, file, subject) => {
    const found = read(name, name.endsWith('File') ? await fileOf(file) : storeOctets(file))
    expect([found.subject, found.privateKeyAvailable]).toEqual([subject, true])
    expect(createPublicKey(createPrivateKey(found.privateKey)).export({ type: 'spki', format: 'pem' })).toBe(
      found.publicKey,
    )
    expect(await found.identity).toBeDefined()
  })

  it.each<[string, TypeName]>([
    ['[ipworks.type.Certificate.StoreType.cstJKSFile]', 'cstJKSFile'],
    ['[ipworks.type.Certificate.StoreType.cstJKSBlob]', 'cstJKSBlob'],
    ['[ipworks.type.Certificate.StoreType.cstBCFKSFile]', 'cstBCFKSFile'],
    ['[ipworks.type.Certificate.StoreType.cstBCFKSBlob]', 'cstBCFKSBlob'],
  ])('%s: one that cannot be opened', async (_, name) => {
    const damaged = join(folder, `${name}.store`)
    await writeFile(damaged, storeOctets('two.jks').subarray(0, 300))
    for (const store of name.endsWith('File') ? [damaged, join(folder, 'nothing.jks')] : [Buffer.from('nothing')]) {
      expect(refusal(name, store)).toMatchObject(gives271(ALTERNATIVE))
    }
  })

  it('cstPEMKeyFile, cstPEMKeyBlob: key and certificate [ipworks.type.Certificate.StoreType.cstPEMKeyFile] [ipworks.type.Certificate.StoreType.cstPEMKeyBlob]', async () => {
    const pem = storeText('bob.crt') + storeText('bob.pkcs1.key')
    const path = join(folder, 'bob.pem')
    await writeFile(path, pem)
    for (const found of [
      read('cstPEMKeyFile', path),
      read('cstPEMKeyBlob', pem),
      read('cstPEMKeyBlob', Buffer.from(pem)),
    ]) {
      expect([found.subject, found.privateKeyAvailable, found.publicKeyAlgorithm]).toEqual([BOB, true, 'RSA'])
    }
    const key = read('cstPEMKeyFile', storePath('ann.pbes2.key'))
    expect([key.hasKeyOnly, key.privateKeyAvailable, key.publicKeyAlgorithm]).toEqual([true, true, 'EC'])
  })

  it('cstPublicKeyFile, cstPublicKeyBlob, cstP7BFile, cstP7BBlob: certificates without a key [ipworks.type.Certificate.StoreType.cstPublicKeyFile] [ipworks.type.Certificate.StoreType.cstPublicKeyBlob] [ipworks.type.Certificate.StoreType.cstP7BFile] [ipworks.type.Certificate.StoreType.cstP7BBlob]', async () => {
    const { raw } = new X509Certificate(storeOctets('ann.crt'))
    for (const found of [
      read('cstPublicKeyFile', storePath('ann.crt')),
      read('cstPublicKeyBlob', storeText('ann.crt')),
      read('cstPublicKeyBlob', raw),
      read('cstPublicKeyBlob', raw.toString('latin1')),
      read('cstP7BFile', await fileOf('chain.p7b'), '', 'CN=Ann'),
      read('cstP7BBlob', storeOctets('chain.p7b'), '', 'CN=Ann'),
      read('cstP7BBlob', storeText('chain.p7b.pem'), '', 'CN=Ann'),
    ]) {
      expect([found.subject, found.privateKeyAvailable, found.der]).toEqual([ANN, false, raw])
      expect(await found.identity).toBeUndefined()
    }
  })

  it('cstSSHPublicKeyFile, cstSSHPublicKeyBlob: a public key [ipworks.type.Certificate.StoreType.cstSSHPublicKeyFile] [ipworks.type.Certificate.StoreType.cstSSHPublicKeyBlob]', async () => {
    for (const found of [
      read('cstSSHPublicKeyFile', storePath('bob.ssh.pub')),
      read('cstSSHPublicKeyBlob', storeText('bob.ssh.pub')),
    ]) {
      expect(found.publicKey).toBe(createPublicKey(storeText('bob.spki.pub')).export({ type: 'spki', format: 'pem' }))
      expect([found.subject, found.hasKeyOnly, found.privateKeyAvailable, found.publicKeyLength]).toEqual([
        '',
        true,
        false,
        2048,
      ])
      expect(await found.identity).toBeUndefined()
    }
  })

  it.each<[string, TypeName, string]>([
    ['[ipworks.type.Certificate.StoreType.cstPPKFile]', 'cstPPKFile', 'bob.v3.ppk'],
    ['[ipworks.type.Certificate.StoreType.cstPPKBlob]', 'cstPPKBlob', 'bob.v2.ppk'],
    ['[ipworks.type.Certificate.StoreType.cstXMLFile]', 'cstXMLFile', 'bob.xml'],
    ['[ipworks.type.Certificate.StoreType.cstXMLBlob]', 'cstXMLBlob', 'bob.xml'],
    ['[ipworks.type.Certificate.StoreType.cstJWKFile]', 'cstJWKFile', 'bob.jwk'],
    ['[ipworks.type.Certificate.StoreType.cstJWKBlob]', 'cstJWKBlob', 'bob.a256gcm.jwe'],
  ])('%s: %s, the key in %s, and its certificate by Encoded', async (_, name, file) => {
    const found = read(name, name.endsWith('File') ? storePath(file) : storeText(file))
    const key = createPrivateKey(storeText('bob.pkcs1.key'))
    expect(createPrivateKey(found.privateKey).equals(key)).toBe(true)
    expect([found.hasKeyOnly, found.isEmpty, found.privateKeyAvailable, found.der]).toEqual([
      true,
      false,
      true,
      undefined,
    ])
    expect([found.subject, found.issuer, found.thumbprintMD5, found.version]).toEqual(['', '', '', ''])
    expect([found.publicKeyAlgorithm, found.publicKeyLength, found.fingerprint.length]).toEqual(['RSA', 2048, 47])
    expect(await found.identity).toBeUndefined()
    found.encoded = storeText('bob.crt')
    expect([found.subject, found.hasKeyOnly, found.privateKeyAvailable]).toEqual([BOB, false, true])
    expect((await found.identity)?.certificate.subject).toBe('CN=Bob,O=Example,C=DE')
  })

  it('a key among others is found by its name or its thumbprint', () => {
    const keys = storeText('bob.ssh.pub') + storeText('eve.ssh.pub')
    expect(read('cstSSHPublicKeyBlob', keys, '', 'eve@').publicKeyAlgorithm).toBe('Ed25519')
    const print = read('cstSSHPublicKeyBlob', keys, '', 'Eve@example.test').fingerprintSHA256
    expect(read('cstSSHPublicKeyBlob', keys, '', `Thumbprint=${print}`).publicKeyAlgorithm).toBe('Ed25519')
    expect(read('cstSSHPublicKeyBlob', keys, '', 'nobody').isEmpty).toBe(true)
    expect(() => new Certificate(StoreType.cstSSHPublicKeyBlob, keys, '', 'nobody')).toThrow(
      expect.objectContaining({ code: 272 }),
    )
  })

  it.each([
    ['aes-256.pfx', ANN],
    ['ann.crt', ANN],
    ['chain.p7b', 'CN=Ann'],
    ['bob.jwk', 'RSA'],
    ['bob.v3-plain.ppk', 'RSA'],
    ['bob.ssh.pub', 'RSA'],
    ['bob.xml', 'RSA'],
    ['two.jks', ANN],
  ])('cstAuto: %s [ipworks.type.Certificate.StoreType.cstAuto]', async (file, expected) => {
    const wanted = expected === 'CN=Ann' ? expected : '*'
    for (const store of [await fileOf(file), storeOctets(file), storeOctets(file).toString('base64')]) {
      const found = read('cstAuto', store, 'secret', wanted)
      expect(expected === 'RSA' ? found.publicKeyAlgorithm : found.subject).toContain(expected)
    }
  })

  it('cstAuto: DER, text, and what is nothing that is known [part of ipworks.type.Certificate.StoreType.cstAuto]', () => {
    expect(read('cstAuto', new X509Certificate(storeOctets('ann.crt')).raw).subject).toBe(ANN)
    for (const file of ['ann.crt', 'bob.jwk', 'bob.ssh.pub', 'bob.xml', 'bob.v3-plain.ppk']) {
      expect(read('cstAuto', storeText(file)).isEmpty).toBe(false)
    }
    for (const unknown of ['nothing that is known', Buffer.from('nothing'), join(folder, 'nothing.pfx')]) {
      expect(refusal('cstAuto', unknown)).toMatchObject({ code: 271 })
    }
  })
})
