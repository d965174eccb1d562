import { openCertificateStore, readCertificate } from '@posthorn/certificate'
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { makeCertificate, type CertificateWish } from '../../test/certificate.js'
import type { TlsOptions } from '../options.js'
import { anchorsAbove, type WellKnown } from './anchors.js'

const make = (commonName: string, wish: Partial<CertificateWish> = {}) => makeCertificate({ commonName, ...wish })
const root = make('Root', { authority: true })
const stranger = make('Stranger', { authority: true })

afterEach(() => void vi.unstubAllEnvs())

test('those of Node are asked for as a whole, or with what NODE_EXTRA_CA_CERTS adds; an intermediate there only leads to a root', async () => {
  const inter = make('Inter', { authority: true, issuer: root })
  const leaf = readCertificate(new X509Certificate(make('mail', { issuer: inter }).cert).raw)
  const found = async (node: WellKnown, tls: TlsOptions = {}) => {
    const { trusted, between } = await anchorsAbove([leaf], tls, node)
    return [trusted, between].map((each) => each.map(({ subject }) => subject))
  }
  const whole = { rootCertificates: [], getCACertificates: () => [stranger.cert, root.cert, inter.cert, 'no PEM'] }
  expect(await found(whole)).toEqual([['CN=Root'], ['CN=Inter']])
  expect(await found(whole, { extraCa: stranger.cert })).toEqual([['CN=Inter', 'CN=Root'], []])
  expect(await found(whole, { ca: stranger.cert })).toEqual([[], []])
  const folder = await mkdtemp(join(tmpdir(), 'posthorn-anchors-'))
  try {
    const file = join(folder, 'extra.pem')
    vi.stubEnv('NODE_EXTRA_CA_CERTS', file)
    expect(await found({ rootCertificates: [inter.cert] }), 'there is no such file').toEqual([[], ['CN=Inter']])
    await writeFile(file, `# ours\n${root.cert}`)
    expect(await found({ rootCertificates: [inter.cert] })).toEqual([['CN=Root'], ['CN=Inter']])
  } finally {
    await rm(folder, { recursive: true })
  }
})

test.each([
  ['those inside a PKCS #12 are among them', 'client.pfx', ['CN=PFX Authority']],
  ['but not where OpenSSL cannot open the file: then Node has not seen them', 'client-old.pfx', []],
])('%s', async (_, name, expected) => {
  const file = new URL(`../../test/fixtures/${name}.base64`, import.meta.url)
  const pfx = Buffer.from(readFileSync(file, 'latin1'), 'base64')
  const { certificates } = await openCertificateStore({ type: 'pfx', source: pfx, password: 'test' })
  for (const tls of [{ pfx, passphrase: 'test' }, { pfx: [{ buf: pfx, passphrase: 'test' }] }]) {
    const { trusted } = await anchorsAbove(certificates.slice(0, 1), tls, { rootCertificates: [] })
    expect(trusted.map(({ subject }) => subject)).toEqual(expected)
  }
})
