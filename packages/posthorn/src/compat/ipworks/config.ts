import type { TlsFacts } from '@posthorn/net'
import type { Socket } from 'node:net'
import { createRequire } from 'node:module'
import { hostname } from 'node:os'
import { negotiated } from './road/negotiated.js'
import { CONFIG, type ConfigName, type FirewallField } from './table/config-settings.js'
import type { PropertyName } from './table/properties.js'
import { nameIn, type Row } from './table/row.js'
import { invalidArgument } from './ipworks-error.js'
import type { ComponentValues } from './values.js'

/** What `config()` reads and writes. */
export interface Configured {
  readonly values: ComponentValues
  /** What the last handshake came to. */
  readonly tls: TlsFacts | undefined
  /** While connected. */
  readonly socket: Socket | undefined
  readonly transferText: () => string
  readonly read: (name: PropertyName) => unknown
  readonly write: (name: PropertyName, value: unknown) => void
  /** Before a setting of the message is set: the header of the message sent last is not that of the next one any more. */
  readonly messageChanges: () => void
}

const NAMES = new Map((Object.keys(CONFIG) as ConfigName[]).map((name) => [name.toLowerCase(), name]))

/** The setting of a name, without regard to case. @throws {IPWorksError} 10022 that names the nearest one */
export function configNamed(name: string): ConfigName {
  return nameIn(NAMES, name)
}

/** The text of a setting. A secret is given back to who asks for it; it is in no error, event or trail. */
export function readConfig(configured: Configured, name: ConfigName): string {
  const { values } = configured
  const { row, of }: { readonly row: Row; readonly of: unknown } = CONFIG[name]
  if (of === 'read') return told(configured, name)
  const inUse = of === 'shown' ? shown(configured, name) : undefined
  if (inUse !== undefined) return inUse
  if (isProperty(of)) return String(configured.read(of.property))
  if (isFirewall(of)) return row.print(values.property('Firewall')[of.firewall])
  return row.print(values.config(name)) || (name === 'Hello' ? hostname() : '')
}

/** Sets a setting by its text. @throws {IPWorksError} 10022; 106, 107, 112 while connected */
export function writeConfig(configured: Configured, name: ConfigName, text: string): void {
  const { values } = configured
  const { row, of }: { readonly row: Row; readonly of: unknown } = CONFIG[name]
  if (of === 'read') throw invalidArgument(name, 'is told, and cannot be set')
  if (isProperty(of)) return configured.write(of.property, text)
  const value = row.parse(text, name)
  if (row.change === 'send') configured.messageChanges()
  if (isFirewall(of)) Object.assign(values.property('Firewall'), { [of.firewall]: value })
  else values.setConfig(name, value)
}

function isProperty(of: unknown): of is { readonly property: PropertyName } {
  return typeof of === 'object' && of !== null && 'property' in of
}

function isFirewall(of: unknown): of is { readonly firewall: FirewallField } {
  return typeof of === 'object' && of !== null && 'firewall' in of
}

/** What is in use while connected. */
function shown({ socket }: Configured, name: ConfigName): string | undefined {
  if (!socket) return undefined
  if (name === 'LocalPort') return String(socket.localPort)
  return String(name === 'InBufferSize' ? socket.readableHighWaterMark : socket.writableHighWaterMark)
}

function told(configured: Configured, name: ConfigName): string {
  switch (name) {
    case 'MessageHeadersString':
      return String(configured.read('MessageHeadersString'))
    case 'TransferText':
      return configured.transferText()
    case 'BuildInfo':
      return `Posthorn ${version()}`
    case 'LicenseInfo':
      return LICENSE_INFO
    default:
      return negotiated(configured.tls)[name as keyof ReturnType<typeof negotiated>]
  }
}

const LICENSE_INFO = [
  'Product: Posthorn',
  'Product Key: ',
  'License Source: LICENSE',
  'License Type: MIT',
  'Last Valid Build: ',
].join('\r\n')

/** Of the package that this is part of. */
function version(): string {
  const { version } = createRequire(import.meta.url)('../../../package.json') as { readonly version: string }
  return version
}
