import { isIP } from 'node:net'
import { SettingsError } from '@posthorn/ground'

/** Where a collector is, and how it is spoken to. */
export interface SyslogAddress {
  /** `udp`: RFC 5426; `tcp`: octet counting, RFC 6587 3.4.1; `tls`: RFC 5425. */
  readonly protocol: 'udp' | 'tcp' | 'tls'
  /** Without brackets. */
  readonly host: string
  readonly port: number
}

const PORTS = { udp: 514, tcp: 601, tls: 6514 } as const

/** `udp://host:514`, `tcp://host:601`, `tls://host:6514`; the ports may be left out. @throws {SettingsError} `logging.syslog` */
export function parseSyslogAddress(text: string): SyslogAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const protocol = url?.protocol.slice(0, -1)
  const host = url?.hostname.replace(/^\[(.*)\]$/, '$1') ?? ''
  const isBare = url && url.username === '' && url.password === '' && url.search === '' && url.hash === ''
  const isProtocol = protocol === 'udp' || protocol === 'tcp' || protocol === 'tls'
  const isName = isIP(host) !== 0 || /^[\w.-]{1,255}$/.test(host)
  if (!isBare || !isProtocol || !isName || !['', '/'].includes(url.pathname) || url.port === '0') {
    throw new SettingsError('logging.syslog', 'logging.syslog.address', 'is not the address of a collector', {
      hint: 'Write udp://127.0.0.1:514, tcp://logs.example.com:601 or tls://logs.example.com:6514.',
    })
  }
  return { protocol, host, port: url.port === '' ? PORTS[protocol] : Number(url.port) }
}
