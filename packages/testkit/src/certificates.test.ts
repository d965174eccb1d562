import { X509Certificate } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { connect, createServer } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { certificateNames, certificates } from './certificates.js'
import type { CertificateName } from './certificates.js'

/** The code a Node client gives as the reason for refusing this certificate; undefined when it is content. */
async function refusal(name: CertificateName, host = 'localhost'): Promise<string | undefined> {
  const made = await certificates()
  const server = createServer({ key: made[name].key, cert: made[name].cert }, (socket) =>
    socket
      .on('error', () => {})
      .resume()
      .end(),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  try {
    return await new Promise((resolve) => {
      const ip = /^[\d.]+$|:/.test(host)
      const socket = connect(
        { host: '127.0.0.1', port, ca: made.ca, ...(ip ? { host } : { servername: host }) },
        () => {
          socket.destroy()
          resolve(undefined)
        },
      )
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code))
    })
  } finally {
    await new Promise((resolve) => server.close(resolve))
  }
}

describe('certificates', () => {
  it.each(['localhost', '127.0.0.1', 'relay.example.test'])('good is accepted for %s', async (host) => {
    expect(await refusal('good', host)).toBeUndefined()
  })

  it('good names ::1 too', async () => {
    expect(new X509Certificate((await certificates()).good.cert).checkIP('::1')).toBe('::1')
  })

  it.each([
    ['wrongName', 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['expired', 'CERT_HAS_EXPIRED'],
    ['notYetValid', 'CERT_NOT_YET_VALID'],
    ['selfSigned', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ['unknownIssuer', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    ['wrongUsage', 'INVALID_PURPOSE'],
  ] as const)('%s is refused as %s', async (name, code) => {
    expect(await refusal(name)).toBe(code)
  })

  it('commonNameOnly has no alternative names', async () => {
    const certificate = new X509Certificate((await certificates()).commonNameOnly.cert)
    expect([certificate.subject, certificate.subjectAltName]).toEqual(['CN=localhost', undefined])
  })

  it('names every certificate and makes them once', async () => {
    const made = await certificates()
    expect(new Set([...certificateNames, 'ca'])).toEqual(new Set(Object.keys(made)))
    expect(await certificates()).toBe(made)
  })
})
