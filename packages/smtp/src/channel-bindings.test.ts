import { createHash } from 'node:crypto'
import { PassThrough } from 'node:stream'
import type { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { certificates } from '@posthorn/testkit'
import { channelBindings, serverEndPoint } from './channel-bindings.js'

/** SEQUENCE, OBJECT IDENTIFIER and the like: as long as it is short, one octet of length. */
function der(tag: number, ...contents: (Uint8Array | string)[]): Buffer {
  const body = Buffer.concat(contents.map((each) => (typeof each === 'string' ? Buffer.from(each, 'hex') : each)))
  const length = body.length < 0x80 ? [body.length] : [0x82, body.length >> 8, body.length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...length]), body])
}

/** What of a certificate counts here. */
const certificate = (...algorithm: (Uint8Array | string)[]): Buffer =>
  der(0x30, der(0x30, Buffer.alloc(200)), der(0x30, ...algorithm), der(3, '00'))
const oid = (hex: string): Buffer => der(6, hex)

describe('serverEndPoint', () => {
  it.each([
    ['md5WithRSAEncryption', '2a864886f70d010104', 'sha256'],
    ['sha1WithRSAEncryption', '2a864886f70d010105', 'sha256'],
    ['sha256WithRSAEncryption', '2a864886f70d01010b', 'sha256'],
    ['sha384WithRSAEncryption', '2a864886f70d01010c', 'sha384'],
    ['sha512WithRSAEncryption', '2a864886f70d01010d', 'sha512'],
    ['ecdsa-with-SHA256', '2a8648ce3d040302', 'sha256'],
    ['ecdsa-with-SHA384', '2a8648ce3d040303', 'sha384'],
    ['ecdsa-with-SHA512', '2a8648ce3d040304', 'sha512'],
  ])('%s (RFC 5929 4.1)', (_name, hex, hash) => {
    const octets = certificate(oid(hex))
    expect(serverEndPoint(octets)).toEqual(createHash(hash).update(octets).digest())
  })

  it('reads the hash of RSASSA-PSS out of its parameters', () => {
    const pss = oid('2a864886f70d01010a')
    const withSha512 = certificate(pss, der(0x30, der(0xa0, der(0x30, oid('608648016503040203')))))
    expect(serverEndPoint(withSha512)).toEqual(createHash('sha512').update(withSha512).digest())
    for (const parameters of [der(0x30), der(0x30, der(0xa2, der(2, '20')))]) {
      const withSha1 = certificate(pss, parameters)
      expect(serverEndPoint(withSha1)).toEqual(createHash('sha256').update(withSha1).digest())
    }
  })

  it('is undefined for Ed25519, which has no hash of its own, and for what is no certificate', () => {
    expect(serverEndPoint(certificate(oid('2b6570')))).toBeUndefined()
    for (const octets of [
      Buffer.alloc(0),
      Buffer.from('30', 'hex'),
      Buffer.from('3084ffffffff', 'hex'),
      Buffer.from('3080', 'hex'),
    ])
      expect(serverEndPoint(octets)).toBeUndefined()
    const whole = certificate(oid('2a864886f70d01010b'))
    for (let length = 0; length < 230; length++) serverEndPoint(whole.subarray(0, length))
  })

  it('reads a real certificate', async () => {
    const { good } = await certificates()
    const octets = Buffer.from(
      good.cert.replace(/-----[^-]*-----|\s/g, '').slice(0, good.cert.indexOf('-----END')),
      'base64',
    )
    expect(serverEndPoint(octets)).toHaveLength(32)
  })
})

describe('channelBindings', () => {
  it('there are none without TLS', () => {
    expect(channelBindings(new PassThrough() as unknown as Socket)).toEqual([])
  })
})
