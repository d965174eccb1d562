import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { fixturePath, pemFixture, pfxFixture } from '../test/fixture.js'
import { openCertificateStore } from './index.js'
import type { CertificateStore, CertificateStoreOptions } from './index.js'
import { TOKEN_PACKAGE } from './store/pkcs11/cryptoki.js'
import { openCertificateStoreAtOnce, tokensCanBeOpened } from './sync.js'

const SECRET = { password: 'secret' }

/** What can be told of a store. */
function contents({ certificates, identities, publicKeys }: CertificateStore) {
  return {
    certificates: certificates.map(({ fingerprints }) => fingerprints.sha256),
    identities: identities.map(({ certificate }) => certificate.subject),
    publicKeys: publicKeys.map(({ pem, name }) => [pem, name]),
  }
}

function refusalAtOnce(options: CertificateStoreOptions): unknown {
  try {
    return openCertificateStoreAtOnce(options)
  } catch (error) {
    return error
  }
}

describe('a store that is opened at once', () => {
  let folder: string | undefined
  afterEach(async () => {
    if (folder !== undefined) await rm(folder, { recursive: true })
    folder = undefined
  })

  it.each<[string, CertificateStoreOptions]>([
    ['PFX with PBES2', { source: pfxFixture('aes-256.pfx'), ...SECRET }],
    ['PFX of Windows', { source: pfxFixture('windows-rc2-40.pfx'), ...SECRET }],
    ['a file of certificates', { source: { path: fixturePath('server.crt') } }],
    ['a key with scrypt', { source: { path: fixturePath('ann.scrypt.key') }, ...SECRET }],
    [
      'several sources, one with Argon2',
      { source: [pemFixture('ann.v3-argon2i.ppk'), pemFixture('ann.crt')], ...SECRET },
    ],
    ['an encrypted key of OpenSSH', { source: pemFixture('bob.encrypted.openssh.key'), ...SECRET }],
    ['an encrypted JWK', { source: pemFixture('bob.a256gcm.jwe'), ...SECRET }],
    ['XML', { source: pemFixture('bob.xml') }],
    ['P7B', { source: pemFixture('chain.p7b.pem') }],
  ])('has what one has that is waited for: %s', async (_, options) => {
    const found = contents(openCertificateStoreAtOnce(options))
    expect(found).toEqual(contents(await openCertificateStore(options)))
    expect(found.certificates.length + found.publicKeys.length).toBeGreaterThan(0)
  })

  it('is open when the call returns, and nothing else has run', async () => {
    let others = 0
    const waiting = Promise.resolve().then(() => others++)
    const store = openCertificateStoreAtOnce({ source: pfxFixture('aes-256.pfx'), ...SECRET })
    expect(store.identity().certificate.subject).toContain('CN=Ann')
    expect(others).toBe(0)
    await waiting
  })

  it('is refused as one that is waited for', async () => {
    folder = await mkdtemp(join(tmpdir(), 'posthorn-sync-'))
    const large = join(folder, 'large.pem')
    await writeFile(large, Buffer.alloc(8 * 1024 * 1024 + 1))
    const wrong: CertificateStoreOptions[] = [
      { source: { path: join(folder, 'nothing.pem') } },
      { source: { path: folder } },
      { source: { path: large } },
      { source: pfxFixture('aes-256.pfx'), password: 'Secret' },
      { source: 'nothing that is known' },
    ]
    for (const options of wrong) {
      const waited: unknown = await openCertificateStore(options).catch((error: unknown) => error)
      expect(refusalAtOnce(options)).toEqual(waited)
    }
  })

  it('is none in a token, which answers when it answers', () => {
    const options: CertificateStoreOptions = { type: 'pkcs11', source: 'pkcs11:token=ann?module-path=/lib/fake.so' }
    expect(refusalAtOnce(options)).toMatchObject({ code: 'certificate.store-unavailable' })
  })

  it('tells whether there is a package for tokens', async () => {
    const found = await import(TOKEN_PACKAGE).then(
      () => true,
      () => false,
    )
    expect(tokensCanBeOpened()).toBe(found)
  })
})
