import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { ProtocolError } from '@posthorn/ground'
import { describe, expect, it } from 'vitest'
import { AV, FLAG, readNtlmChallenge, writePairs, type AvPair } from './ntlm-challenge.js'
import { ntHash, ntHash2, respond1, respond1Extended, respond2 } from './ntlm-response.js'
import { ntlmAuthenticate, ntlmNegotiate, type NtlmAuthentication } from './ntlm.js'

const SERVER = Buffer.from('0123456789abcdef', 'hex')
const CLIENT = Buffer.alloc(8, 0xaa)
const utf16 = (text: string) => Buffer.from(text, 'utf16le')
const NAMES: AvPair[] = [
  { id: 2, value: utf16('Domain') },
  { id: 1, value: utf16('Server') },
]
const TIME = { id: AV.timestamp, value: Buffer.from('0090d336b734c301', 'hex') }

/** A CHALLENGE message (MS-NLMP 2.2.1.2). */
function challenge({
  pairs,
  flags = FLAG.unicode | FLAG.ntlm,
  name = 'Domain',
}: { pairs?: readonly AvPair[]; flags?: number; name?: string } = {}): Buffer {
  const target = (flags & FLAG.unicode) !== 0 ? utf16(name) : Buffer.from(name, 'latin1')
  const info = pairs ? writePairs(pairs) : Buffer.alloc(0)
  const head = Buffer.alloc(48)
  head.write('NTLMSSP\0', 'latin1')
  head.writeUInt32LE(2, 8)
  head.writeUInt16LE(target.length, 12)
  head.writeUInt32LE(48, 16)
  head.writeUInt32LE((flags | (pairs ? FLAG.targetInfo : 0)) >>> 0, 20)
  SERVER.copy(head, 24)
  head.writeUInt16LE(info.length, 40)
  head.writeUInt32LE(48 + target.length, 44)
  return Buffer.concat([head, target, info])
}

function field(message: Uint8Array, at: number): Buffer {
  const octets = Buffer.from(message)
  const from = octets.readUInt32LE(at + 4)
  return octets.subarray(from, from + octets.readUInt16LE(at))
}

const LM = 12
const NT = 20
const DOMAIN = 28
const USER = 36
const WORKSTATION = 44
const SESSION_KEY = 52

function authenticate(more: Partial<NtlmAuthentication> = {}): Buffer {
  return Buffer.from(
    ntlmAuthenticate({
      challenge: challenge(),
      user: 'User',
      password: 'Password',
      clientChallenge: CLIENT,
      at: -11_644_473_600_000,
      ...more,
    }),
  )
}

/** The pairs in an NTLMv2 response, which begin behind proof (16), header (8), time (8), challenge (8) and four octets. */
function pairsIn(message: Uint8Array): Map<number, Buffer> {
  const info = field(message, NT).subarray(44, -4)
  return new Map(readNtlmChallenge(challengeAround(info)).pairs.map(({ id, value }) => [id, Buffer.from(value)]))
}

function challengeAround(info: Buffer): Buffer {
  const around = challenge({ pairs: [], name: '' })
  around.writeUInt16LE(info.length, 40)
  return Buffer.concat([around.subarray(0, 48), info])
}

describe('NTLM responses, MS-NLMP 4.2', () => {
  it('NTOWFv1 (4.2.2.1.2)', () => {
    expect(ntHash('Password').toString('hex')).toBe('a4f49c406510bdcab6824ee7c30fd852')
  })

  it('NTLMv1 (4.2.2.1.3, 4.2.2.2.1)', () => {
    const { nt, lm, sessionKey } = respond1('Password', SERVER)
    expect(nt.toString('hex')).toBe('67c43011f30298a2ad35ece64f16331c44bdbed927841f94')
    expect(lm).toEqual(nt)
    expect(sessionKey.toString('hex')).toBe('d87262b0cde4b1cb7499becccdf10784')
  })

  it('NTLMv1 with extended session security (4.2.3.2)', () => {
    const { nt, lm, sessionKey } = respond1Extended('Password', SERVER, CLIENT)
    expect(nt.toString('hex')).toBe('7537f803ae367128ca458204bde7caf81e97ed2683267232')
    expect(lm.toString('hex')).toBe('aaaaaaaaaaaaaaaa00000000000000000000000000000000')
    expect(sessionKey.toString('hex')).toBe('eb93429a8bd952f8b89c55b87f475edc')
  })

  it('NTLMv2 (4.2.4.1, 4.2.4.2)', () => {
    const hash = ntHash2('Password', 'User', 'Domain')
    expect(hash.toString('hex')).toBe('0c868a403bfd7a93a3001ef22ef02e3f')
    const { nt, lm, sessionKey } = respond2(hash, SERVER, CLIENT, Buffer.alloc(8), writePairs(NAMES), true)
    expect(nt.toString('hex', 0, 16)).toBe('68cd0ab851e51c96aabc927bebef6a1c')
    expect(lm.toString('hex')).toBe('86c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa')
    expect(sessionKey.toString('hex')).toBe('8de40ccadbc14a82f15cb0ad0de95ca3')
  })

  it('names are made large letter by letter', () => {
    expect(ntHash2('p', 'stra\u00dfe', '')).toEqual(ntHash2('p', 'STRA\u00dfE', ''))
  })
})

describe('ntlmNegotiate', () => {
  it('offers both alphabets, NTLM, and extended session security', () => {
    const message = Buffer.from(ntlmNegotiate())
    expect(message).toHaveLength(32)
    expect(message.toString('latin1', 0, 8)).toBe('NTLMSSP\0')
    expect(message.readUInt32LE(8)).toBe(1)
    expect(message.readUInt32LE(12)).toBe(0xa0088207)
  })

  it('sets the flags it is told [part of javamail.mail.smtp.auth.ntlm.flags]', () => {
    expect(Buffer.from(ntlmNegotiate({ flags: 0x10 })).readUInt32LE(12)).toBe(0xa0088217)
  })

  it('carries domain and workstation in upper case, as far as they are US-ASCII', () => {
    const message = ntlmNegotiate({ domain: 'corp', workstation: 'desk' })
    expect(Buffer.from(message).readUInt32LE(12)).toBe(0xa008b207)
    expect(field(message, 16).toString()).toBe('CORP')
    expect(field(message, 24).toString()).toBe('DESK')
    expect(ntlmNegotiate({ domain: '\u0161' })).toHaveLength(32)
  })
})

describe('ntlmAuthenticate', () => {
  it('is version 2 unless told otherwise [part of javamail.mail.smtp.auth.ntlm.v2] [part of ipworks.config.UseNTLMv2]', () => {
    const message = authenticate({ challenge: challenge({ pairs: NAMES }) })
    expect(message.toString('latin1', 0, 8)).toBe('NTLMSSP\0')
    expect(message.readUInt32LE(8)).toBe(3)
    expect(field(message, NT).length).toBeGreaterThan(24)
    expect(field(message, NT).toString('hex', 16, 24)).toBe('0101000000000000')
    expect(field(message, LM).toString('hex')).toBe('86c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa')
    expect(field(message, USER).toString('utf16le')).toBe('User')
    expect(field(message, SESSION_KEY)).toHaveLength(0)
    expect(message.readUInt32LE(60) & (FLAG.unicode | FLAG.oem | FLAG.keyExchange)).toBe(FLAG.unicode)
  })

  it('is version 1 when asked for, with the client challenge where the server knows that [part of ipworks.config.UseNTLMv2]', () => {
    const settings = { version: 1 } as const
    const old = authenticate({ settings })
    expect(field(old, NT).toString('hex')).toBe('67c43011f30298a2ad35ece64f16331c44bdbed927841f94')
    expect(field(old, LM)).toEqual(field(old, NT))
    const extended = authenticate({
      settings,
      challenge: challenge({ flags: FLAG.unicode | FLAG.extendedSessionSecurity }),
    })
    expect(field(extended, NT).toString('hex')).toBe('7537f803ae367128ca458204bde7caf81e97ed2683267232')
  })

  it('takes the domain from the setting, the user, or the server [part of javamail.mail.smtp.auth.ntlm.domain]', () => {
    const domainOf = (more: Partial<NtlmAuthentication>) => field(authenticate(more), DOMAIN).toString('utf16le')
    expect(domainOf({ domain: 'CORP' })).toBe('CORP')
    expect(domainOf({ user: 'CORP\\User' })).toBe('CORP')
    expect(domainOf({ user: 'OTHER\\User', domain: 'CORP' })).toBe('CORP')
    expect(domainOf({})).toBe('Domain')
    expect(domainOf({ user: 'user@example.test' })).toBe('')
    expect(field(authenticate({ user: 'CORP\\User' }), USER).toString('utf16le')).toBe('User')
  })

  it('speaks Unicode, and the OEM alphabet to a server that knows nothing else [part of javamail.mail.smtp.auth.ntlm.unicode]', () => {
    const oem = authenticate({
      challenge: challenge({ flags: FLAG.oem, name: 'OLD' }),
      settings: { workstation: 'DESK' },
    })
    expect(field(oem, USER).toString('latin1')).toBe('User')
    expect(field(oem, DOMAIN).toString('latin1')).toBe('OLD')
    expect(field(oem, WORKSTATION).toString('latin1')).toBe('DESK')
    expect(oem.readUInt32LE(60) & (FLAG.unicode | FLAG.oem)).toBe(FLAG.oem)
  })

  it('never agrees to a key exchange, whatever was asked for', () => {
    const flags = FLAG.unicode | FLAG.keyExchange
    const message = authenticate({
      challenge: challenge({ flags, pairs: NAMES }),
      settings: { flags: FLAG.keyExchange },
    })
    expect(message.readUInt32LE(60) & FLAG.keyExchange).toBe(0)
  })

  it('says what service it means and which TLS session it sees', () => {
    const binding = Buffer.alloc(32, 0x5a)
    const server = challenge({ pairs: [...NAMES, { id: AV.channelBindings, value: Buffer.alloc(16, 1) }] })
    const pairs = pairsIn(
      authenticate({ challenge: server, targetName: 'SMTP/relay.example.test', channelBinding: binding }),
    )
    expect(pairs.get(2)!.toString('utf16le')).toBe('Domain')
    expect(pairs.get(AV.targetName)!.toString('utf16le')).toBe('SMTP/relay.example.test')
    expect(pairs.get(AV.channelBindings)).toHaveLength(16)
    expect(pairs.get(AV.channelBindings)!.some((octet) => octet !== 0)).toBe(true)
    expect(pairs.has(AV.flags)).toBe(false)
    expect(pairsIn(authenticate({ challenge: server })).get(AV.channelBindings)).toEqual(Buffer.alloc(16))
  })

  it('hashes the binding as Microsoft showed it (NTLM and Channel Binding Hash, 2013)', () => {
    const channelBinding = Buffer.from('ea05fefecc6b0bd571dbbc5baa3ed45386d0446835f7b74c85621b9983475f95', 'hex')
    const pairs = pairsIn(authenticate({ challenge: challenge({ pairs: NAMES }), channelBinding }))
    expect(pairs.get(AV.channelBindings)!.toString('hex')).toBe('6586e99d81c2fc984e47172fd4dd0310')
  })

  it('answers a time with that time, a message integrity code over all three messages, and no LM response', () => {
    const negotiate = ntlmNegotiate({ workstation: 'DESK' })
    const server = challenge({ pairs: [...NAMES, TIME] })
    const message = authenticate({ challenge: server, negotiate, domain: 'Domain' })
    expect(field(message, LM)).toEqual(Buffer.alloc(24))
    expect(field(message, NT).subarray(24, 32)).toEqual(TIME.value)
    expect(pairsIn(message).get(AV.flags)!.readUInt32LE()).toBe(2)
    const proof = field(message, NT).subarray(0, 16)
    const key = createHmac('md5', ntHash2('Password', 'User', 'Domain'))
      .update(proof)
      .digest()
    const blank = Buffer.from(message)
    blank.fill(0, 72, 88)
    const wanted = createHmac('md5', key).update(negotiate).update(server).update(blank).digest()
    expect(message.subarray(72, 88)).toEqual(wanted)
    expect(wanted.some((octet) => octet !== 0)).toBe(true)
  })

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['a short message', challenge().subarray(0, 31)],
    ['another signature', Buffer.concat([Buffer.from('NTLMSSX\0'), challenge().subarray(8)])],
    ['a NEGOTIATE message', Buffer.from(ntlmNegotiate())],
    ['a name outside the message', challenge().subarray(0, 50)],
    ['target information without an end', challengeAround(Buffer.from([2, 0, 4, 0, 65, 0, 66, 0]))],
    ['a pair longer than the information', challengeAround(Buffer.from([2, 0, 200, 0, 0, 0, 0, 0]))],
  ])('refuses %s', (_what, message) => {
    expect(() => authenticate({ challenge: message })).toThrow(
      expect.objectContaining({ code: 'sasl.challenge' }) as Error,
    )
  })

  it('throws nothing but ProtocolError, whatever the challenge is', () => {
    const whole = challenge({ pairs: [...NAMES, TIME] })
    const spoilt = fc.tuple(fc.nat(whole.length - 1), fc.nat(255), fc.nat(whole.length)).map(([at, octet, length]) => {
      const message = Buffer.from(whole)
      message[at] = octet
      return message.subarray(0, length)
    })
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), spoilt), (message) => {
        try {
          expect(authenticate({ challenge: message }).includes(utf16('Password'))).toBe(false)
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError)
        }
      }),
    )
  })
})
