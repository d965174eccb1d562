import { createHash, randomBytes } from 'node:crypto'
import { badChallenge } from './exchange-error.js'
import type { NtlmSettings } from './mechanism.js'
import {
  AV,
  FLAG,
  readNtlmChallenge,
  SIGNATURE,
  writePairs,
  type AvPair,
  type NtlmChallenge,
} from './ntlm-challenge.js'
import { hmacMd5, ntHash2, respond1, respond1Extended, respond2, type NtlmResponse } from './ntlm-response.js'

/** What the AUTHENTICATE message is made of. */
export interface NtlmAuthentication {
  /** The CHALLENGE message as it came. */
  readonly challenge: Uint8Array
  /** The name alone, `user@domain`, or `DOMAIN\user`, which says the domain, too. */
  readonly user: string
  readonly password: string
  /** Default: that of `user`; then the one the server names, or none when `user` has an "@". */
  readonly domain?: string | undefined
  readonly settings?: NtlmSettings | undefined
  /** The NEGOTIATE message as it was sent, for the message integrity code. Default: `ntlmNegotiate(settings)`. */
  readonly negotiate?: Uint8Array | undefined
  /** The name of the service that is meant, `SMTP/host`, `HTTP/host`. Version 2 only. */
  readonly targetName?: string | undefined
  /** The `tls-server-end-point` binding (RFC 5929 4) of the TLS session around it. Version 2 only. */
  readonly channelBinding?: Uint8Array | undefined
  /** For tests: eight octets; default: random ones. */
  readonly clientChallenge?: Uint8Array | undefined
  /** For tests: milliseconds since 1970; default: now. */
  readonly at?: number | undefined
}

const OFFERED =
  FLAG.unicode |
  FLAG.oem |
  FLAG.requestTarget |
  FLAG.ntlm |
  FLAG.alwaysSign |
  FLAG.extendedSessionSecurity |
  FLAG.key128 |
  FLAG.key56

/** From 1601, where a FILETIME begins, to 1970. */
const FILETIME_OFFSET_MS = 11_644_473_600_000
/** In MsvAvFlags: the AUTHENTICATE message has a message integrity code. */
const HAS_MIC = 2
const MIC_AT = 72

/** The NEGOTIATE message (MS-NLMP 2.2.1.1). The domain, when given, is told to the server in upper case, as far as it is US-ASCII. */
export function ntlmNegotiate(settings: NtlmSettings & { readonly domain?: string } = {}): Uint8Array {
  const domain = asciiName(settings.domain)
  const workstation = asciiName(settings.workstation)
  let flags = OFFERED | (settings.flags ?? 0)
  if (domain.length > 0) flags |= FLAG.domainSupplied
  if (workstation.length > 0) flags |= FLAG.workstationSupplied
  const head = Buffer.alloc(32)
  SIGNATURE.copy(head)
  head.writeUInt32LE(1, 8)
  head.writeUInt32LE(flags >>> 0, 12)
  writeField(head, 16, domain.length, 32)
  writeField(head, 24, workstation.length, 32 + domain.length)
  return Buffer.concat([head, domain, workstation])
}

/**
 * The AUTHENTICATE message (MS-NLMP 2.2.1.3, 3.1.5.1.2). Version 2 answers what the server says about itself, with the name of the
 * service, the binding to the TLS session, and a message integrity code when the server gave the time.
 * @throws {ProtocolError} `sasl.challenge`
 */
export function ntlmAuthenticate(authentication: NtlmAuthentication): Uint8Array {
  const { settings = {}, password } = authentication
  const challenge = readNtlmChallenge(authentication.challenge)
  const { user, domain } = identity(authentication, challenge)
  const clientChallenge = authentication.clientChallenge ?? randomBytes(8)
  const timestamp = challenge.pairs.find(({ id, value }) => id === AV.timestamp && value.length === 8)?.value
  const version2 = settings.version !== 1
  const signed = version2 && timestamp !== undefined
  let response: NtlmResponse
  if (version2) {
    const info = writePairs(targetInfo(authentication, challenge, signed))
    const time = timestamp ?? fileTime(authentication.at ?? Date.now())
    const hash = ntHash2(password, user, domain)
    response = respond2(hash, challenge.serverChallenge, clientChallenge, time, info, !signed)
  } else {
    response =
      (challenge.flags & FLAG.extendedSessionSecurity) !== 0
        ? respond1Extended(password, challenge.serverChallenge, clientChallenge)
        : respond1(password, challenge.serverChallenge)
  }
  const message = write(challenge, response, domain, user, settings, signed)
  if (signed) {
    const negotiate = authentication.negotiate ?? ntlmNegotiate(settings)
    // over all three messages, with zeros in its own place
    hmacMd5(response.sessionKey, Buffer.concat([negotiate, authentication.challenge, message])).copy(message, MIC_AT)
  }
  return message
}

function identity(
  { user, domain }: NtlmAuthentication,
  { targetName }: NtlmChallenge,
): { user: string; domain: string } {
  const backslash = user.indexOf('\\')
  if (backslash !== -1) return { domain: domain ?? user.slice(0, backslash), user: user.slice(backslash + 1) }
  return { user, domain: domain ?? (user.includes('@') ? '' : targetName) }
}

/** What the server said, and what we say to it: that there is an integrity code, the TLS session we see, the service we mean. */
function targetInfo(
  { channelBinding, targetName }: NtlmAuthentication,
  { pairs }: NtlmChallenge,
  signed: boolean,
): AvPair[] {
  if (pairs.length === 0) return []
  const own: readonly number[] = [AV.flags, AV.channelBindings, AV.targetName]
  const info = pairs.filter(({ id }) => !own.includes(id))
  const said = pairs.find(({ id, value }) => id === AV.flags && value.length === 4)?.value
  const flags = (said ? Buffer.from(said).readUInt32LE() : 0) | (signed ? HAS_MIC : 0)
  if (flags !== 0) {
    const value = Buffer.alloc(4)
    value.writeUInt32LE(flags >>> 0)
    info.push({ id: AV.flags, value })
  }
  info.push({ id: AV.channelBindings, value: channelBinding ? bindingsHash(channelBinding) : Buffer.alloc(16) })
  info.push({ id: AV.targetName, value: Buffer.from(targetName ?? '', 'utf16le') })
  return info
}

/** MD5 of gss_channel_bindings_struct (RFC 2744 3.11) without addresses (MS-NLMP 3.1.5.1.2, MS-NLMP 2.2.2.1). */
function bindingsHash(endPoint: Uint8Array): Buffer {
  const data = Buffer.concat([Buffer.from('tls-server-end-point:', 'latin1'), endPoint])
  const length = Buffer.alloc(4)
  length.writeUInt32LE(data.length)
  return createHash('md5').update(Buffer.alloc(16)).update(length).update(data).digest()
}

function write(
  challenge: NtlmChallenge,
  { lm, nt }: NtlmResponse,
  domain: string,
  user: string,
  settings: NtlmSettings,
  signed: boolean,
): Buffer {
  const unicode = (challenge.flags & FLAG.unicode) !== 0
  const text = (name: string) => Buffer.from(name, unicode ? 'utf16le' : 'latin1')
  const payload = [lm, nt, text(domain), text(user), text(settings.workstation ?? ''), Buffer.alloc(0)]
  const tooLong = payload.some(({ length }) => length > 0xffff)
  if (tooLong) throw badChallenge('NTLM', 'the target information is too long')
  // no key exchange: nothing is signed or sealed, so there is no key to be told
  const wanted = (OFFERED | (settings.flags ?? 0) | FLAG.targetInfo) & ~FLAG.keyExchange & ~FLAG.oem & ~FLAG.unicode
  const flags = (challenge.flags & wanted) | FLAG.ntlm | (unicode ? FLAG.unicode : FLAG.oem)
  const head = Buffer.alloc(signed ? MIC_AT + 16 : 64)
  SIGNATURE.copy(head)
  head.writeUInt32LE(3, 8)
  let at = head.length
  payload.forEach((part, index) => {
    writeField(head, 12 + index * 8, part.length, at)
    at += part.length
  })
  head.writeUInt32LE(flags >>> 0, 60)
  return Buffer.concat([head, ...payload])
}

function writeField(head: Buffer, at: number, length: number, offset: number): void {
  head.writeUInt16LE(length, at)
  head.writeUInt16LE(length, at + 2)
  head.writeUInt32LE(offset, at + 4)
}

function asciiName(name = ''): Buffer {
  return Buffer.from(/^[\x20-\x7e]*$/.test(name) ? name.toUpperCase() : '', 'latin1')
}

function fileTime(at: number): Buffer {
  const time = Buffer.alloc(8)
  time.writeBigUInt64LE(BigInt(at + FILETIME_OFFSET_MS) * 10_000n)
  return time
}
