import { describe, expect, it } from 'vitest'
import { fixturePath, pemFixture } from '../../../test/fixture.js'
import { refusalOf } from '../../../test/refusal-of.js'
import { openCertificateStore } from '../open-certificate-store.js'
import { sshString } from './ssh-reader.js'

const bobPem = pemFixture('bob.spki.pub')
const line = (type: string, ...fields: readonly (Buffer | string)[]) =>
  `${type} ${Buffer.concat([type, ...fields].map(sshString)).toString('base64')} x`

describe('a public key of SSH', () => {
  it.each([
    ['bob.ssh.pub', 'RSA', 2048, 'bob@example.test'],
    ['ann.ssh.pub', 'EC', 256, 'ann@example.test'],
    ['p384.ssh.pub', 'EC', 384, 'p384'],
    ['p521.ssh.pub', 'EC', 521, 'p521'],
    ['eve.ssh.pub', 'Ed25519', 256, 'eve@example.test'],
    ['bob.ssh2.pub', 'RSA', 2048, 'bob@example.test'],
  ])(
    'is opened out of %s: %s of %i bits, %s [part of ipworks.type.Certificate.StoreType.cstSSHPublicKeyFile]',
    async (file, algorithm, bits, name) => {
      for (const type of ['ssh', 'auto'] as const) {
        const store = await openCertificateStore({ type, source: { path: fixturePath(file) } })
        expect(store.publicKeys).toMatchObject([{ algorithm, bits, name }])
        expect([store.privateKeys, store.certificates]).toEqual([[], []])
      }
    },
  )

  it('is the key of the PEM, and needs a certificate [part of ipworks.type.Certificate.StoreType.cstSSHPublicKeyBlob]', async () => {
    const store = await openCertificateStore({ source: pemFixture('bob.ssh.pub') })
    expect(store.publicKeys[0]!.pem).toBe(bobPem)
    expect(() => store.identity()).toThrow('the text has public keys but no certificate')
    expect(() => store.identityFor(pemFixture('bob.crt'))).toThrow(
      expect.objectContaining({ code: 'certificate.no-key' }),
    )
  })

  it('is opened among others, behind options, and without a comment', async () => {
    const [type, digits] = pemFixture('bob.ssh.pub').split(' ')
    const text = `# keys\r\n\r\n${type} ${digits}\nno-pty,from="192.0.2.1" ${pemFixture('eve.ssh.pub')}`
    const { publicKeys } = await openCertificateStore({ type: 'ssh', source: text })
    expect(publicKeys.map(({ name }) => name)).toEqual([undefined, 'eve@example.test'])
    expect((await openCertificateStore({ source: text })).publicKeys).toHaveLength(2)
  })

  it.each([
    'command="/usr/bin/backup now" ',
    'command="echo ssh-rsa hello",no-pty ',
    'restrict,environment="A=\\"ssh-rsa b\\"" ',
    '# all of them\n\nno-pty\t',
  ])('is opened behind the options %j', async (options) => {
    for (const type of ['auto', 'ssh'] as const) {
      const store = await openCertificateStore({ type, source: options + pemFixture('eve.ssh.pub') })
      expect(store.publicKeys).toMatchObject([{ algorithm: 'Ed25519', name: 'eve@example.test' }])
    }
  })

  it('is opened among others of kinds that are not read, and they are named when there is nothing else', async () => {
    const dss = line('ssh-dss', Buffer.of(1), Buffer.of(1), Buffer.of(1), Buffer.of(1))
    const store = await openCertificateStore({ source: `${dss}\n${pemFixture('eve.ssh.pub')}` })
    expect(store.publicKeys).toHaveLength(1)
    const refused = await refusalOf({ source: `${dss}\n${dss}\n` })
    expect(refused?.message).toContain('a kind that is not supported (ssh-dss)')
    expect((await refusalOf({ type: 'ssh', source: '\n'.repeat(10_001) }))?.message).toContain('more than 10000 lines')
  })

  it('is opened out of RFC 4716 with header fields that go on in the next line', async () => {
    const source = pemFixture('bob.ssh2.pub').replace(
      'Comment: "bob@example.test"',
      'Subject: bob\r\nComment: This is a comment that \\\ngoes on\nx-a: b\\\nc',
    )
    const two = source + pemFixture('bob.ssh2.pub')
    const { publicKeys } = await openCertificateStore({ source: two })
    expect(publicKeys.map(({ name, pem }) => [name, pem])).toEqual([['This is a comment that goes on', bobPem]])
  })

  it.each([
    ['a kind of key that has no use', line('ssh-dss', 'a'), 'it is a key of a kind that is not supported (ssh-dss)'],
    [
      'a key in a token',
      line('sk-ssh-ed25519@openssh.com', 'a'),
      'it is a key of a kind that is not supported (sk-ssh-ed25519@openssh.com)',
    ],
    ['a certificate of SSH', line('ssh-rsa-cert-v01@openssh.com', 'a'), 'kind that is not supported (ssh-rsa-cert-v01'],
    ['an inherited name', line('ssh-constructor', 'a'), 'not supported (ssh-constructor)'],
    ['two names', pemFixture('bob.ssh.pub').replace('ssh-rsa', 'ssh-ed25519'), 'a line that names two kinds of key'],
    ['two curves', line('ecdsa-sha2-nistp256', 'nistp384', Buffer.alloc(65, 4)), 'it names two curves'],
    ['a point off the curve', line('ecdsa-sha2-nistp256', 'nistp256', Buffer.alloc(65, 4)), 'no point of P-256'],
    ['a compressed point', line('ecdsa-sha2-nistp256', 'nistp256', Buffer.alloc(33, 2)), 'no point of P-256'],
    ['Ed25519 of another size', line('ssh-ed25519', Buffer.alloc(31)), 'no public key of Ed25519'],
    ['an exponent that is negative', line('ssh-rsa', Buffer.of(0x80), Buffer.alloc(256, 1)), 'zero or negative'],
    ['a modulus of 1 MiB', line('ssh-rsa', Buffer.of(3), Buffer.alloc(500_000, 1)), 'of the RSA key has 500000 octets'],
    ['octets behind it', line('ssh-ed25519', Buffer.alloc(32), 'more'), 'octets follow the public key'],
    ['a length of 4 GiB', `ssh-rsa ${Buffer.alloc(8, 0xff).toString('base64')}`, 'a length goes past the end'],
    ['a piece of it', pemFixture('bob.ssh.pub').slice(0, 100), 'a length goes past the end'],
    ['no base64', 'ssh-rsa !!!!', 'it has a key that is not base64'],
    ['no key', 'ssh-rsa ', 'it has a line that is no key'],
    ['words', 'hello world', 'it has a line that is no key'],
    ['comments alone', '# none', 'it has no key'],
    ['2 MiB', `# ${'x'.repeat(2_000_000)}`, 'it is larger than 1 MiB'],
    ['no end', pemFixture('bob.ssh2.pub').slice(0, 200), 'it has a key that does not end'],
    [
      'a private key of ssh.com',
      '---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\n',
      'it is a private key of ssh.com, which is not supported',
    ],
  ])('is refused with %s', async (_, source, message) => {
    const refused = await refusalOf({ type: 'ssh', source })
    expect(refused).toMatchObject({ code: 'certificate.format' })
    expect(refused?.message).toMatch(/^store\.source: the text cannot be read as a key of SSH: /)
    expect(refused?.message).toContain(message)
  })
})

describe('a private key of OpenSSH', () => {
  it.each([
    ['bob.openssh.key', 'bob.crt', 'plain'],
    ['bob.encrypted.openssh.key', 'bob.crt', 'AES-256-CTR, 16 rounds'],
    ['ann.encrypted-cbc.openssh.key', 'ann.crt', 'AES-256-CBC'],
  ])('%s belongs to %s: %s', async (key, certificate) => {
    const source = [pemFixture(key), pemFixture(certificate)]
    expect((await openCertificateStore({ source, password: 'secret' })).identities).toHaveLength(1)
    const alone = await openCertificateStore({ type: 'ssh', source: source[0]!, password: 'secret' })
    expect(alone.identityFor(source[1]!).privateKey.type).toBe(key.startsWith('bob') ? 'rsa' : 'ec')
  })

  it.each(['eve.openssh.key', 'eve.encrypted-gcm.openssh.key'])('%s is the Ed25519 key of eve', async (name) => {
    const [key] = (await openCertificateStore({ source: pemFixture(name), password: 'secret' })).publicKeys
    const [own] = (await openCertificateStore({ source: pemFixture('eve.ssh.pub') })).publicKeys
    expect([key?.pem, key?.name]).toEqual([own?.pem, 'eve@example.test'])
  })

  it.each(['bob.encrypted.openssh.key', 'ann.encrypted-cbc.openssh.key', 'eve.encrypted-gcm.openssh.key'])(
    '%s is refused without a password and with another one',
    async (name) => {
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
    },
  )

  it('with an encryption that Node does not have is refused, and how to change it is said', async () => {
    const refused = await refusalOf({ source: pemFixture('eve.encrypted-chacha.openssh.key'), password: 'secret' })
    expect(refused?.code).toBe('certificate.format')
    expect(refused?.message).toContain('not supported (chacha20-poly1305@openssh.com, bcrypt)')
    expect(refused?.hint).toContain('ssh-keygen -p')
  })

  const octetsOf = (name: string) => Buffer.from(pemFixture(name).replaceAll(/-----.*-----|\s/g, ''), 'base64')
  const plain = octetsOf('eve.openssh.key')
  const sealed = octetsOf('ann.encrypted-cbc.openssh.key')
  const pem = (octets: Uint8Array) => {
    const label = 'OPENSSH PRIVATE KEY-----'
    return `-----BEGIN ${label}\n${Buffer.from(octets).toString('base64')}\n-----END ${label}\n`
  }
  const changed = (octets: Buffer, at: number, value: Buffer) => {
    const copy = Buffer.from(octets)
    value.copy(copy, at < 0 ? copy.length + at : at)
    return pem(copy)
  }
  const rounds = sealed.indexOf(Buffer.from('00000002', 'hex'), 60)

  it.each([
    ['a million rounds', changed(sealed, rounds, Buffer.from('000f4240', 'hex')), 'asks for a key derivation of'],
    ['no rounds', changed(sealed, rounds, Buffer.alloc(4)), 'asks for a key derivation of 0 iterations'],
    ['a length of 4 GiB', changed(sealed, 15, Buffer.alloc(4, 0xff)), 'a length goes past the end'],
    ['a piece', pem(plain.subarray(0, 120)), 'a length goes past the end'],
    ['another magic', changed(plain, 0, Buffer.from('x')), 'it is no key of OpenSSH'],
    ['two keys', changed(plain, 38, Buffer.from('02', 'hex')), 'it does not have one key'],
    ['a check that does not fit', changed(plain, 98, Buffer.alloc(2)), 'its check does not fit'],
    ['padding that is none', changed(plain, -1, Buffer.of(0)), 'octets follow the key'],
    ['another public half', changed(plain, -70, Buffer.of(0)), 'is not that of the public key beside it'],
  ])('is refused with %s', async (_, source, message) => {
    const refused = await refusalOf({ source, password: 'secret' })
    expect(refused).toMatchObject({ code: 'certificate.format' })
    expect(refused?.message).toContain(message)
  })
})
