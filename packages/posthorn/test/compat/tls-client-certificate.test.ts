import { certificates, mailAuthority, mailIdentity } from '@posthorn/testkit'
import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Certificate, SSLStartMode, StoreType, type SMTP } from '../../src/compat/ipworks/index.js'
import { storeOctets } from '../store-fixture.js'
import { component, failure, heardBy, sink, trailOf } from './component.js'
import { secured, secureServer } from './secure.js'

const { ca, good } = await certificates()
const root = await mailAuthority({ subject: 'CN=Client Root' })
const issuer = await mailAuthority({ subject: 'CN=Client CA', issuer: root })
const own = await mailIdentity({
  ...{ email: 'client@example.test', subject: 'CN=A client,O=example.test', issuer },
  extendedUsage: ['1.3.6.1.5.5.7.3.2'], // a client of TLS
})

/** A server that asks for a certificate and takes any, or none. */
const ASKING = { ...good, requestCert: true, rejectUnauthorized: false } as const

/** What the server saw of a client: the common names of its chain. */
async function shownBy(
  change: (smtp: SMTP) => void | Promise<void>,
  settings: object = {},
): Promise<readonly string[]> {
  const server = await secureServer({ ...ASKING, ...settings })
  const smtp = secured(server, `SSLServerCACerts=${ca}`)
  await change(smtp)
  await smtp.send()
  return server.clients[0]!.names
}

/** Certificate and key by way of a store. */
function owned(certificate: Certificate = new Certificate()): Certificate {
  certificate.storeType = StoreType.cstPEMKeyBlob
  certificate.store = own.certificate + own.key
  certificate.subject = 'A client'
  return certificate
}

test('[ipworks.prop.SSLCert] a server that asks for a certificate sees the subject, whatever way it was set', async () => {
  expect(await shownBy(() => {})).toEqual([])
  for (const set of [
    (smtp: SMTP) => void owned(smtp.sslCert), // in place
    (smtp: SMTP) => (smtp.sslCert = owned()),
    (smtp: SMTP) => smtp.setSSLCert(new Certificate(StoreType.cstPEMKeyBlob, own.certificate + own.key, '', '*')),
    (smtp: SMTP) => {
      const chosen = new Certificate() // the certificate by Encoded, its key out of the store
      chosen.storeType = StoreType.cstPEMKeyBlob
      chosen.store = own.key + own.certificate
      chosen.encoded = own.certificate
      smtp.sslCert = chosen
    },
  ])
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const)
      expect(await shownBy((smtp) => void set(smtp), { maxVersion })).toEqual(['A client'])
})

test('[part of ipworks.prop.SSLCert] a store that cannot be opened: no connection is made without the certificate, whatever was set first', async () => {
  const server = await secureServer(ASKING)
  const smtp = secured(server, `SSLServerCACerts=${ca}`)
  smtp.sslCert.subject = '*'
  smtp.sslCert.storeType = StoreType.cstPFXFile
  for (let connection = 0; connection < 2; connection++) expect(await failure(smtp.send())).toMatchObject({ code: 271 })
  expect(server.clients).toEqual([])
  owned(smtp.sslCert)
  await smtp.send()
  expect(server.clients.map(({ names }) => names)).toEqual([['A client']])
})

test('[part of ipworks.prop.SSLCert] out of a PFX file, by its password and a part of the subject', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'posthorn-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const file = join(folder, 'two.pfx')
  writeFileSync(file, storeOctets('java-two.pfx'))
  const shown = await shownBy((smtp) => {
    smtp.sslCert.storeType = StoreType.cstPFXFile
    smtp.sslCert.store = file
    smtp.sslCert.storePassword = 'secret'
    smtp.sslCert.subject = 'Bob'
  })
  expect(shown).toEqual(['Bob', 'Fixture CA'])
})

test('[part of ipworks.prop.SSLCert] over STARTTLS, and what is set while connected counts from the next connection on', async () => {
  const server = await sink({ tls: good })
  const smtp = component(server)
  smtp.sslStartMode = SSLStartMode.sslExplicit
  smtp.config(`SSLServerCACerts=${ca}`)
  smtp.sslCert = owned()
  await smtp.connect()
  const cut = new Certificate()
  cut.storeType = StoreType.cstPEMKeyBlob
  cut.store = 'no store at all'
  smtp.sslCert = cut // empty
  await smtp.send()
  await smtp.disconnect()
  await smtp.send()
  expect(server.ledger).toHaveLength(2)
  smtp.reset()
  expect([smtp.sslCert.subject, smtp.getSSLCert().privateKeyAvailable]).toEqual(['', false])
})

test.each(['TLSv1.2', 'TLSv1.3'] as const)(
  '[part of ipworks.prop.SSLCert] a certificate without its key: 281 when the server wants one, and that is said once: %s',
  async (version) => {
    const wanting = await secureServer({
      ...ASKING,
      rejectUnauthorized: true,
      ca: root.certificate,
      minVersion: version,
      maxVersion: version,
    })
    const smtp = secured(wanting, `SSLServerCACerts=${ca}`)
    smtp.sslCert = new Certificate(Buffer.from(own.certificate))
    const heard = heardBy(smtp)
    for (let again = 0; again < 2; again++) expect(await failure(smtp.send())).toMatchObject({ code: 281 })
    expect(trailOf(heard).filter((line) => line.includes('SSLCert'))).toEqual([
      '-- SSLCert has no private key: a server that asks for one gets none',
    ])
    // a server that does not ask is content
    const other = await secureServer(good)
    smtp.mailPort = other.port
    await smtp.send()
    expect(other.sink.ledger).toHaveLength(1)
    expect(wanting.sink.ledger).toEqual([])
  },
)

test('[part of ipworks.config.SSLCACerts] what its store does not have of its issuers is sent with the client certificate', async () => {
  expect(await shownBy((smtp) => void (smtp.sslCert = owned()))).toEqual(['A client'])
  const whole = await shownBy((smtp) => {
    smtp.sslCert = owned()
    smtp.config(`SSLCACerts=${root.certificate}\r\nthe one between\r\n${issuer.certificate}`)
  })
  expect(whole).toEqual(['A client', 'Client CA']) // a root is not sent
})

test('[part of ipworks.config.SSLCACerts] so a server that knows the root alone takes it', async () => {
  const server = await secureServer({ ...ASKING, rejectUnauthorized: true, ca: root.certificate })
  const smtp = secured(server, `SSLServerCACerts=${ca}`)
  smtp.sslCert = owned()
  await failure(smtp.send()) // it does not say why it hangs up
  smtp.config(`SSLCACerts=${issuer.certificate}`)
  await smtp.send()
  expect(server.sink.ledger).toHaveLength(1)
})
