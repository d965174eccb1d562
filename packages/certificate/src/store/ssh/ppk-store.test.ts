import { describe, expect, it } from 'vitest'
import { fixturePath, pemFixture, pfxFixture } from '../../../test/fixture.js'
import { refusalOf } from '../../../test/refusal-of.js'
import { openCertificateStore } from '../open-certificate-store.js'

const plain = pemFixture('bob.v3-plain.ppk')
const encrypted = pemFixture('eve.v3.ppk')

describe('a key of PuTTY', () => {
  it.each([
    ['bob.v3.ppk', 'bob.crt', 'version 3, Argon2id with what puttygen takes'],
    ['bob.v3-plain.ppk', 'bob.crt', 'version 3, plain'],
    ['bob.v2.ppk', 'bob.crt', 'version 2'],
    ['bob.v2-plain.ppk', 'bob.crt', 'version 2, plain'],
    ['ann.v3-argon2i.ppk', 'ann.crt', 'P-256, Argon2i'],
    ['ann.v2-plain.ppk', 'ann.crt', 'P-256, version 2, plain'],
  ])('%s is the key of %s: %s [part of ipworks.type.Certificate.StoreType.cstPPKFile]', async (name, certificate) => {
    const store = await openCertificateStore({ type: 'ppk', source: { path: fixturePath(name) }, password: 'secret' })
    expect(() => store.identity()).toThrow('has private keys but no certificate')
    expect(store.identityFor(pemFixture(certificate)).privateKey.keyObject?.type).toBe('private')
    const source = [pemFixture(name), pemFixture(certificate)]
    expect((await openCertificateStore({ source, password: 'secret' })).identities).toHaveLength(1)
  })

  it.each([
    ['p384.v3-argon2d.ppk', 'p384.ssh.pub', 'P-384, Argon2d in two lanes'],
    ['p521.v3-plain.ppk', 'p521.ssh.pub', 'P-521'],
    ['eve.v3.ppk', 'eve.ssh.pub', 'Ed25519, Argon2id'],
    ['eve.v2.ppk', 'eve.ssh.pub', 'Ed25519, version 2'],
  ])('%s is the key of %s: %s [part of ipworks.type.Certificate.StoreType.cstPPKBlob]', async (name, publicKey) => {
    const [key] = (await openCertificateStore({ source: pemFixture(name), password: 'secret' })).publicKeys
    const [own] = (await openCertificateStore({ source: pemFixture(publicKey) })).publicKeys
    expect([key?.pem, key?.name]).toEqual([own?.pem, own?.name])
  })

  it.each(['latin1.v3-plain.ppk', 'latin1.v2.ppk'])(
    '%s has a comment in Latin-1, as Windows writes it',
    async (name) => {
      const store = await openCertificateStore({ source: pfxFixture(name), password: 'secret' })
      expect(store.publicKeys.map((key) => key.name)).toEqual(['müller'])
    },
  )

  it.each([
    ['CR LF', '\r\n'],
    ['CR', '\r'],
  ])('may have lines that end with %s', async (_, end) => {
    const source = plain.replaceAll('\n', end)
    expect((await openCertificateStore({ source })).privateKeys).toHaveLength(1)
  })

  it.each(['eve.v3.ppk', 'eve.v2.ppk'])('%s is refused without a password and with another one', async (name) => {
    const source = pemFixture(name)
    expect(await refusalOf({ source })).toMatchObject({
      code: 'certificate.password',
      message: 'store.password: is needed for the private key in the text',
    })
    expect(await refusalOf({ source, password: 'hunter2' })).toEqual({
      code: 'certificate.password',
      message: 'store.password: does not open the private key in the text',
      hint: 'Check the password.',
    })
    expect(await refusalOf({ source, password: 'secret', keyPassword: 'x' })).toMatchObject({
      message: expect.stringContaining('store.keyPassword') as string,
    })
  })

  it.each(['bob.v3-plain.ppk', 'bob.v2-plain.ppk'])('%s is refused when anything in it was changed', async (name) => {
    const text = pemFixture(name)
    const changes = [
      text.replace('Comment: ', 'Comment: x'),
      text.replace(/(Private-Lines: \d+\n.{8})./, '$1!').replace('!', 'x'),
      text.replace(/(Private-MAC: )../, '$100'),
      text.replace(/(Private-MAC: ..)../, '$1'),
    ]
    for (const source of changes) {
      expect(source).not.toBe(text)
      expect((await refusalOf({ source }))?.message).toContain('its MAC does not fit: it was changed')
    }
  })

  it('is refused with the password when the comment of an encrypted one was changed: the MAC has it', async () => {
    const source = encrypted.replace('Comment: ', 'Comment: x')
    expect(await refusalOf({ source, password: 'secret' })).toMatchObject({ code: 'certificate.password' })
  })

  it.each([
    ['a TiB of memory', encrypted.replace('Memory: 256', 'Memory: 999999999'), 'with 999999999 KiB in 1 lanes'],
    ['no memory', encrypted.replace('Memory: 256', 'Memory: 0'), 'with 0 KiB in 1 lanes, which is out of range'],
    ['passes without end', encrypted.replace('Passes: 3', 'Passes: 999999999'), 'asks for a key derivation of'],
    ['no pass', encrypted.replace('Passes: 3', 'Passes: 0'), 'asks for a key derivation of 0 iterations'],
    ['no lane', encrypted.replace('Parallelism: 1', 'Parallelism: 0'), 'in 0 lanes, which is out of range'],
    ['1000 lanes', encrypted.replace('Parallelism: 1', 'Parallelism: 1000'), 'in 1000 lanes, which is out of range'],
    ['a short salt', encrypted.replace(/Salt: .*/, 'Salt: 00'), 'which is out of range'],
    ['a number that is none', encrypted.replace('Passes: 3', 'Passes: -3'), "its line 'Argon2-Passes' is no number"],
    ['another derivation', encrypted.replace('Argon2id', 'scrypt'), 'its key derivation is not known'],
    ['an inherited derivation', encrypted.replace('Argon2id', 'constructor'), 'its key derivation is not known'],
    ['another encryption', encrypted.replace('aes256-cbc', 'rot13'), 'its encryption is not supported'],
    ['part of a block', encrypted.replace(/(Lines: 1\n.{20}).*/, '$1'), 'is not made of whole blocks'],
    ['version 1', plain.replace('File-3', 'File-1'), 'it is of version 1, which proves nothing'],
    ['version 4', plain.replace('File-3', 'File-4'), 'it is of no version that is known'],
    ['two kinds', plain.replace('ssh-rsa', 'ssh-ed25519'), 'it names two kinds of key'],
    ['DSA', plain.replace(/Lines: 6[^]*Private-L/, 'Lines: 1\nAAAAB3NzaC1kc3M=\nPrivate-L'), 'not supported (ssh-dss)'],
    ['a million lines', plain.replace('Public-Lines: 6', 'Public-Lines: 999999'), "'Public-Lines' is out of range"],
    ['too few lines', plain.replace('Public-Lines: 6', 'Public-Lines: 3'), "its line 'Private-Lines' is missing"],
    ['a MAC that is no hexadecimal', plain.replace(/MAC: .*/, 'MAC: xyz'), "its line 'Private-MAC' is not hexadecimal"],
    ['no MAC', plain.replace(/Private-MAC: .*/, ''), "its line 'Private-MAC' is missing"],
    ['more behind it', `${plain}more`, 'something follows its end'],
    ['a piece', plain.slice(0, 700), 'is not base64'],
    ['300 KiB', plain + '\n'.repeat(300_000), 'it is larger than 256 KiB'],
    ['words', 'hello', 'it is of no version that is known'],
  ])('is refused with %s', async (_, source, message) => {
    const refused = await refusalOf({ type: 'ppk', source, password: 'secret' })
    expect(refused).toMatchObject({ code: 'certificate.format' })
    expect(refused?.message).toMatch(/^store\.source: the text cannot be read as a key of PuTTY: /)
    expect(refused?.message).toContain(message)
  })
})
