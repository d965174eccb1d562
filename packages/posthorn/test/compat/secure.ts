import { mailIdentity, type MailIdentityFacts, type ServerCertificate, type SinkServer } from '@posthorn/testkit'
import type { CipherNameAndProtocol, DetailedPeerCertificate, TLSSocket, TlsOptions } from 'node:tls'
import { onTestFinished } from 'vitest'
import { SSLStartMode, type SMTP } from '../../src/compat/ipworks/index.js'
import { Front } from '../tls-front.js'
import { component, sink } from './component.js'

/** A server for mail behind one of Node's for TLS, so that a test sees its side of the handshake. */
export interface SecureServer {
  readonly port: number
  readonly sink: SinkServer
  /** Each client with which a handshake came about. */
  readonly clients: readonly SeenClient[]
}

/** What a server knows of a client at the end of the handshake. */
export interface SeenClient {
  /** The common names of its certificate and of those of the issuers that it sent. */
  readonly names: readonly string[]
  readonly resumed: boolean
  readonly protocol: string | null
  readonly cipher: CipherNameAndProtocol
  readonly signatureAlgorithms: readonly string[]
  readonly servername: string | false | null
}

/** TLS from the first octet with these settings, closed with the test. */
export async function secureServer(settings: TlsOptions): Promise<SecureServer> {
  const behind = await sink()
  const clients: SeenClient[] = []
  const front = await Front.tls(settings, behind, (client) => clients.push(seen(client)))
  onTestFinished(() => front[Symbol.asyncDispose]())
  return { port: front.port, sink: behind, clients }
}

function seen(client: TLSSocket): SeenClient {
  const names: string[] = []
  let at = client.getPeerCertificate(true) as DetailedPeerCertificate | undefined
  while (at?.subject && names.length < 9) {
    names.push(at.subject.CN as string)
    at = at.issuerCertificate === at ? undefined : at.issuerCertificate
  }
  return {
    names,
    resumed: client.isSessionReused(),
    protocol: client.getProtocol(),
    cipher: client.getCipher(),
    signatureAlgorithms: client.getSharedSigalgs(),
    servername: (client as { servername?: string | false | null }).servername ?? null,
  }
}

/** A component for TLS from the first octet, with these settings. */
export function secured(to?: { readonly port: number }, ...settings: readonly string[]): SMTP {
  const smtp = component(to)
  smtp.sslStartMode = SSLStartMode.sslImplicit
  for (const setting of settings) smtp.config(setting)
  return smtp
}

const tlv = (tag: number, ...values: readonly Uint8Array[]) => {
  const value = Buffer.concat(values)
  return Buffer.concat([Buffer.of(tag, value.length), value])
}
const SERVER_AUTHENTICATION = '1.3.6.1.5.5.7.3.1'
/** RFC 5280 4.2.1.6. */
const FOR_LOOPBACK = {
  oid: '2.5.29.17',
  value: tlv(0x30, tlv(0x82, Buffer.from('localhost')), tlv(0x87, Buffer.of(127, 0, 0, 1))),
}

/** A certificate for a server on this machine, for what those of the testkit do not have. */
export async function serverIdentity(facts: Omit<MailIdentityFacts, 'email'> = {}): Promise<ServerCertificate> {
  const { key, certificate } = await mailIdentity({
    ...{ email: [], subject: 'CN=localhost', extendedUsage: [SERVER_AUTHENTICATION], extensions: [FOR_LOOPBACK] },
    ...facts,
  })
  return { key, cert: certificate }
}
