import { certificates, mailAuthority, readClientHello, type ClientHello } from '@posthorn/testkit'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import type { TlsOptions } from 'node:tls'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Certificate } from '../../src/compat/ipworks/index.js'
import { failure, heardBy, sink, trailOf, type Heard } from './component.js'
import { secured, secureServer, serverIdentity, type SeenClient } from './secure.js'

const { ca, good } = await certificates()
const rsaRoot = await mailAuthority({ subject: 'CN=RSA Root', keyType: 'rsa' })
const rsa = await serverIdentity({ keyType: 'rsa', issuer: rsaRoot })
const TRUSTING = [`SSLServerCACerts=${ca}${rsaRoot.certificate}`]

interface Talk {
  readonly client: SeenClient | undefined
  readonly error: (Error & { readonly code?: number }) | undefined
  readonly heard: Heard[]
}

/** What a server of this kind and a component with these settings come to. */
async function talk(server: TlsOptions, ...settings: readonly string[]): Promise<Talk> {
  const secure = await secureServer({ ...good, ...server })
  const smtp = secured(secure, ...TRUSTING, ...settings)
  const heard = heardBy(smtp, ['PITrail', 'SSLStatus'])
  const error = await smtp.send().then(
    () => undefined,
    (reason: unknown) => reason as Error & { readonly code?: number },
  )
  expect(secure.sink.ledger).toHaveLength(error ? 0 : 1)
  return { client: secure.clients[0], error, heard }
}

/** What goes out first with these settings. */
async function offer(...settings: readonly string[]): Promise<ClientHello> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const smtp = secured({ port: (server.address() as AddressInfo).port }, ...settings)
  const sent = failure(smtp.send())
  const [socket] = (await once(server, 'connection')) as [Socket]
  const octets: Buffer[] = []
  let hello: ClientHello | undefined
  while (!hello) {
    octets.push(((await once(socket, 'data')) as [Buffer])[0])
    hello = readClientHello(Buffer.concat(octets))
  }
  socket.destroy()
  await sent
  return hello
}

const refusal = (code: number, message: string) => ({ code, message: expect.stringContaining(message) as string })
const [TLS1, TLS11, TLS12, TLS13] = [0x301, 0x302, 0x303, 0x304]
const GROUPS = {
  ...{ x25519: 0x1d, x448: 0x1e, secp256r1: 0x17, secp384r1: 0x18, secp521r1: 0x19 },
  ...{ ffdhe_2048: 0x100, ffdhe_3072: 0x101, ffdhe_4096: 0x102, ffdhe_6144: 0x103, ffdhe_8192: 0x104 },
}
const groupsOf = (names: string) =>
  names.split(',').map((name) => GROUPS[name.trim().replace('ecdhe_', '') as keyof typeof GROUPS])

describe('versions', () => {
  test('[ipworks.config.SSLEnabledProtocols] 3072 is TLS 1.2, 12288 is TLS 1.3, 48 throws', async () => {
    expect((await talk({}, 'SSLEnabledProtocols=3072')).client!.protocol).toBe('TLSv1.2')
    expect((await talk({}, 'SSLEnabledProtocols=12288')).client!.protocol).toBe('TLSv1.3')
    const smtp = secured()
    expect(smtp.config('SSLEnabledProtocols')).toBe('15360') // never touched: 1.2 and 1.3
    for (const mask of [48, 12, 60, 3072 + 48])
      expect(() => smtp.config(`SSLEnabledProtocols=${mask}`)).toThrow(
        expect.objectContaining(refusal(10022, 'TLS 1.2')) as Error,
      )
    for (const mask of ['768', '12288', '1', '-3072', 'TLS1.2', '', String(768 + 12_288), '3.5']) {
      const odd = mask !== '768' && mask !== '12288'
      const set = () => smtp.config(`SSLEnabledProtocols=${mask}`)
      if (odd) expect(set, mask).toThrow(expect.objectContaining({ code: 10022 }) as Error)
      else expect(set()).toBe(mask)
    }
    expect(smtp.config('SSLEnabledProtocols')).toBe('12288')
    smtp.reset()
    expect(smtp.config('SSLEnabledProtocols')).toBe('15360')
  })

  test('[part of ipworks.config.SSLEnabledProtocols] what is offered', async () => {
    expect((await offer()).versions).toEqual([TLS13, TLS12])
    expect((await offer('SSLEnabledProtocols=15360')).versions).toEqual([TLS13, TLS12])
    expect((await offer('SSLEnabledProtocols=4032')).versions[0]).toBe(TLS12)
    expect((await offer('SSLEnabledProtocols=960')).versions[0]).toBe(TLS11)
    expect((await offer('SSLEnabledProtocols=2048')).versions).toEqual([TLS12]) // one bit of the two
  })

  test('[part of ipworks.config.SSLEnabledProtocols] a server from before, only when its bits are given', async () => {
    for (const [version, mask] of [
      ['TLSv1', 192],
      ['TLSv1.1', 768],
      ['TLSv1', 4032],
    ] as const) {
      const old = { minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' } as const
      const { client, heard } = await talk(old, `SSLEnabledProtocols=${mask}`)
      expect(client!.protocol).toBe(version)
      expect(trailOf(heard)).toContainEqual(expect.stringMatching(/^-- SSLEnabledProtocols allows TLSv1.*RFC 8996/))
      expect((await talk(old)).error).toMatchObject({ code: 276 })
    }
    expect(TLS1).toBe(0x301)
  })
})

describe('suites', () => {
  const ONE = 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'

  test('[ipworks.config.SSLEnabledCipherSuites] all of them; none that is left; one that is agreed on', async () => {
    expect((await talk({}, 'SSLEnabledCipherSuites=*')).error).toBeUndefined()
    const { error } = await talk({}, 'SSLEnabledCipherSuites=SSL_RSA_WITH_RC4_128_SHA')
    expect(error).toMatchObject(refusal(270, 'SSL_RSA_WITH_RC4_128_SHA'))
    const both = { ...rsa, key: [rsa.key, good.key], cert: [rsa.cert, good.cert] } as unknown as TlsOptions
    for (const name of [ONE, 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384', 'TLS_RSA_WITH_AES_128_CBC_SHA256']) {
      const { client } = await talk({ ...both, ciphers: 'ALL' }, `SSLEnabledCipherSuites=${name}`)
      expect(client!.cipher).toMatchObject({ standardName: name, version: expect.stringMatching(/^TLSv1/) as string })
    }
  })

  test('[part of ipworks.config.SSLEnabledCipherSuites] the prefix does not count, nor do blanks; what is not there is left out and told', async () => {
    const list = `  SSL_RSA_WITH_RC4_128_SHA ;${ONE.replace('TLS_', 'SSL_')};TLS_KRB5_WITH_DES_CBC_SHA`
    const { client, heard } = await talk({}, `SSLEnabledCipherSuites=${list}`)
    expect(client!.cipher.standardName).toBe(ONE)
    const notes = trailOf(heard).filter((line) => line.startsWith('-- SSLEnabledCipherSuites'))
    for (const why of [
      'SSL_RSA_WITH_RC4_128_SHA is not supported by this Node',
      'TLS_KRB5_WITH_DES_CBC_SHA needs a secret shared beforehand',
    ])
      expect(notes.filter((note) => note.includes(why))).toHaveLength(1)
    // with TLS 1.3 its three suites alone count
    const only13 = await talk({}, 'SSLEnabledCipherSuites=TLS_CHACHA20_POLY1305_SHA256')
    expect(only13.client).toMatchObject({ protocol: 'TLSv1.3', cipher: { name: 'TLS_CHACHA20_POLY1305_SHA256' } })
    expect((await talk({}, `SSLEnabledCipherSuites=${ONE}`, 'SSLEnabledProtocols=12288')).error).toMatchObject({
      code: 270,
    })
    const smtp = secured()
    expect(smtp.config('SSLEnabledCipherSuites')).toBe('*')
    expect(smtp.config(`SSLEnabledCipherSuites=${list}`)).toBe(list)
    expect(() => smtp.config('SSLEnabledCipherSuites="quoted"')).toThrow(
      expect.objectContaining({ code: 10022 }) as Error,
    )
  })

  test('[ipworks.example.ciphers] the first connects, the two others fail with 270', async () => {
    expect((await talk({}, 'SSLEnabledCipherSuites=*')).client).toBeDefined()
    for (const gone of ['SSL_RSA_WITH_RC4_128_SHA', 'SSL_RSA_WITH_RC4_128_SHA; SSL_DHE_RSA_WITH_3DES_EDE_CBC_SHA']) {
      const { error, client } = await talk({}, `SSLEnabledCipherSuites=${gone}`)
      expect(client).toBeUndefined()
      for (const name of gone.split('; ')) expect(error).toMatchObject(refusal(270, name))
    }
  })

  test('[part of ipworks.example.ciphers] with STARTTLS that is known before the server hears of it', async () => {
    const server = await sink({ tls: good })
    const smtp = secured(server, 'SSLEnabledCipherSuites=SSL_RSA_WITH_RC4_128_SHA')
    smtp.sslStartMode = 2
    expect(await failure(smtp.send())).toMatchObject({ code: 270 })
    expect(server.sessions).toEqual([])
  })

  test('[ipworks.config.SSLCipherStrength] 256 and a server that has AES-128 alone: 276; the strength is told', async () => {
    const weak = { ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256', maxVersion: 'TLSv1.2' } as const
    const { error } = await talk(weak, 'SSLCipherStrength=256')
    expect(error).toMatchObject({ code: 276 })
    const { client, heard } = await talk(weak, 'SSLCipherStrength=128')
    expect(client!.cipher.standardName).toBe(ONE)
    expect(heard).toContainEqual({
      name: 'SSLStatus',
      event: { message: expect.stringContaining(', 128 bits') as string },
    })
    expect((await talk(weak)).error).toBeUndefined()
    const strong = await offer('SSLCipherStrength=256')
    expect(strong.suites).toContain(0x1302)
    for (const suite of [0x1301, 0xc02b, 0xc02f, 0x9c]) expect(strong.suites).not.toContain(suite)
  })

  test('[part of ipworks.config.SSLCipherStrength] none is left: 270, also together with SSLEnabledCipherSuites', async () => {
    for (const settings of [
      ['SSLCipherStrength=257'],
      ['SSLCipherStrength=4096'],
      ['SSLCipherStrength=256', `SSLEnabledCipherSuites=${ONE}`],
    ])
      expect((await talk({}, ...settings)).error).toMatchObject({ code: 270 })
    const smtp = secured()
    expect([smtp.config('SSLCipherStrength'), smtp.config('SSLCipherStrength=128')]).toEqual(['0', '128'])
    for (const odd of ['-1', 'high', ''])
      expect(() => smtp.config(`SSLCipherStrength=${odd}`)).toThrow(expect.objectContaining({ code: 10022 }) as Error)
  })
})

describe('groups', () => {
  const ALL =
    'ecdhe_x25519,ecdhe_x448,ecdhe_secp256r1,ecdhe_secp384r1,ecdhe_secp521r1,ffdhe_2048,ffdhe_3072,ffdhe_4096,ffdhe_6144,ffdhe_8192'

  test('[ipworks.config.TLS12SupportedGroups] with TLS 1.2 alone, what is set, in its order', async () => {
    for (const list of [
      'ecdhe_secp384r1,ecdhe_secp256r1',
      'ecdhe_secp521r1',
      'ecdhe_secp256r1,ecdhe_secp384r1,ecdhe_secp521r1',
    ])
      expect((await offer('SSLEnabledProtocols=3072', `TLS12SupportedGroups=${list}`)).groups).toEqual(groupsOf(list))
    expect(secured().config('TLS12SupportedGroups')).toBe('ecdhe_secp256r1,ecdhe_secp384r1,ecdhe_secp521r1')
  })

  test('[ipworks.config.TLS13SupportedGroups] what is set, in its order', async () => {
    for (const list of [ALL, 'ecdhe_x448,ffdhe_3072,ecdhe_secp521r1', 'ecdhe_secp256r1'])
      for (const versions of ['SSLEnabledProtocols=12288', 'SSLEnabledProtocols=15360'])
        expect((await offer(versions, `TLS13SupportedGroups=${list}`)).groups).toEqual(groupsOf(list))
    expect(secured().config('TLS13SupportedGroups')).toBe(ALL)
  })

  test('[part of ipworks.config.TLS12SupportedGroups] [part of ipworks.config.TLS13SupportedGroups] with both versions what either has, that of TLS 1.3 first', async () => {
    const [two, three] = [
      'TLS12SupportedGroups=ecdhe_secp384r1,ecdhe_secp256r1',
      'TLS13SupportedGroups=ecdhe_x448,ecdhe_secp256r1',
    ]
    expect((await offer(two, three)).groups).toEqual(groupsOf('ecdhe_x448,ecdhe_secp256r1,ecdhe_secp384r1'))
    expect((await offer(two)).groups).toEqual(groupsOf(ALL)) // a wish for TLS 1.2 takes nothing from TLS 1.3
    expect((await offer(two, three, 'SSLEnabledProtocols=12288')).groups).toEqual(
      groupsOf('ecdhe_x448,ecdhe_secp256r1'),
    )
    const { error } = await talk({}, 'TLS13SupportedGroups=ecdhe_nonesuch')
    expect(error).toMatchObject({ code: 270 })
    const { heard } = await talk({}, 'TLS13SupportedGroups=ecdhe_nonesuch,ecdhe_x25519')
    expect(trailOf(heard)).toContainEqual(expect.stringMatching(/^-- .*TLS13SupportedGroups: ecdhe_nonesuch/))
  })

  test('[ipworks.config.TLS13KeyShareGroups] the first group gets the key share', async () => {
    const { keyShares, groups } = await offer('TLS13KeyShareGroups=ecdhe_x448,ecdhe_x25519')
    expect([keyShares, groups[0], new Set(groups)]).toEqual([[GROUPS.x448], GROUPS.x448, new Set(groupsOf(ALL))])
    const chosen = await offer(
      'TLS13SupportedGroups=ecdhe_x25519,ecdhe_secp384r1',
      'TLS13KeyShareGroups=ecdhe_secp384r1',
    )
    expect([chosen.keyShares, chosen.groups]).toEqual([[GROUPS.secp384r1], groupsOf('ecdhe_secp384r1,ecdhe_x25519')])
    // a group that is not offered gets none
    const other = await offer('TLS13SupportedGroups=ecdhe_secp384r1', 'TLS13KeyShareGroups=ecdhe_x448')
    expect([other.keyShares, other.groups]).toEqual([[GROUPS.secp384r1], [GROUPS.secp384r1]])
    expect((await offer('SSLEnabledProtocols=3072', 'TLS13KeyShareGroups=ecdhe_x448')).keyShares).toEqual([])
    expect(secured().config('TLS13KeyShareGroups')).toBe(
      'ecdhe_x25519,ecdhe_secp256r1,ecdhe_secp384r1,ffdhe_2048,ffdhe_3072',
    )
    expect((await talk({ ecdhCurve: 'X448' }, 'TLS13KeyShareGroups=ecdhe_x448')).error).toBeUndefined()
  })
})

describe('signature algorithms', () => {
  const FOUR = 'TLS12SignatureAlgorithms=sha256-rsa,sha256-dsa,sha1-rsa,sha1-dsa'
  const AS_SHOWN = ['SSLEnabledProtocols=3072', FOUR]

  test('[ipworks.example.sigalgs] provider, mask and four pairs: the four are offered, and a server is content', async () => {
    expect((await offer(...AS_SHOWN)).signatureAlgorithms).toEqual([0x401, 0x402, 0x201, 0x202])
    const server = await secureServer(rsa)
    const smtp = secured(server, ...TRUSTING, ...AS_SHOWN)
    smtp.sslProvider = 2
    await smtp.send()
    expect(server.clients[0]).toMatchObject({
      protocol: 'TLSv1.2',
      signatureAlgorithms: expect.arrayContaining(['RSA+SHA256']) as string[],
    })
  })

  test('[ipworks.config.TLS12SignatureAlgorithms] a certificate with sha1-rsa is refused where sha256-rsa alone is named, and the four pairs of the document are taken', async () => {
    const sha1 = await serverIdentity({ keyType: 'rsa', issuer: rsaRoot, digest: 'SHA-1' })
    const old = { ...sha1, ciphers: 'DEFAULT@SECLEVEL=0' } // else the server would not even show it
    for (const versions of [[], ['SSLEnabledProtocols=3072']]) {
      const { error } = await talk(
        { ...old, maxVersion: 'TLSv1.2' },
        ...versions,
        'TLS12SignatureAlgorithms=sha256-rsa',
      )
      expect(error).toMatchObject({ code: 280 })
    }
    expect((await talk(old, ...AS_SHOWN)).error).toBeUndefined()
    expect((await talk(rsa, ...AS_SHOWN)).error).toBeUndefined()
    const { error } = await talk(
      rsa,
      'SSLEnabledProtocols=3072',
      'TLS12SignatureAlgorithms=sha384-rsa,sha1-rsa,sha256-ecdsa',
    )
    expect(error).toMatchObject(refusal(280, 'sha256WithRSAEncryption, which is not among TLS12SignatureAlgorithms'))
    expect((await talk(old, 'SSLEnabledProtocols=3072')).error).toMatchObject({ code: 280 }) // OpenSSL itself
  })

  test('[part of ipworks.config.TLS12SignatureAlgorithms] empty restricts nothing, it is for TLS 1.2 alone, and what is not known is told', async () => {
    const none = await offer('SSLEnabledProtocols=3072', 'TLS12SignatureAlgorithms=')
    expect(none.signatureAlgorithms).toEqual((await offer('SSLEnabledProtocols=3072')).signatureAlgorithms)
    expect((await talk(rsa, 'TLS12SignatureAlgorithms=sha512-ecdsa')).client!.protocol).toBe('TLSv1.3')
    const { heard, error } = await talk({}, 'TLS12SignatureAlgorithms=md4-rsa,sha256-ecdsa')
    expect(error).toBeUndefined()
    expect(trailOf(heard)).toContainEqual(expect.stringMatching(/^-- TLS12SignatureAlgorithms.*: md4-rsa is not known/))
    const smtp = secured()
    const whole = smtp.config('TLS12SignatureAlgorithms')
    expect(whole.split(',')).toHaveLength(15)
    // the whole list of the document, said out loud, together with that for TLS 1.3
    const both = [
      `TLS12SignatureAlgorithms=${whole}`,
      `TLS13SignatureAlgorithms=${smtp.config('TLS13SignatureAlgorithms')}`,
    ]
    expect((await talk(rsa, ...both)).error).toBeUndefined()
    const pinned = secured(
      await secureServer({ ...good, maxVersion: 'TLSv1.2' }),
      'TLS12SignatureAlgorithms=sha384-ecdsa',
    )
    pinned.sslAcceptServerCert = new Certificate(Buffer.from(good.cert))
    await pinned.send()
  })

  test('[ipworks.config.TLS13SignatureAlgorithms] ed25519 alone and a server with RSA: 276', async () => {
    expect((await talk(rsa, 'TLS13SignatureAlgorithms=ed25519')).error).toMatchObject({ code: 276 })
    const ed = await serverIdentity({ keyType: 'ed25519', issuer: await edwards })
    const trusting = `SSLCACerts=${(await edwards).certificate}`
    expect((await talk(ed, trusting, 'TLS13SignatureAlgorithms=ed25519')).client!.protocol).toBe('TLSv1.3')
    expect((await offer('TLS13SignatureAlgorithms=ed25519,rsa_pss_sha256')).signatureAlgorithms).toEqual([
      ...[0x807, 0x804, 0x809],
    ])
    const every = secured().config('TLS13SignatureAlgorithms')
    expect(every.split(',')).toHaveLength(11)
    for (const name of every.split(','))
      expect((await offer(`TLS13SignatureAlgorithms=${name}`)).signatureAlgorithms.length).toBeGreaterThan(0)
  })

  const edwards = mailAuthority({ subject: 'CN=Edwards Root', keyType: 'ed25519' })
})
