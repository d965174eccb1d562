import { choice, flag, secret, text, whole } from '../table/row.js'
import { withPairs } from './pairs.js'

/** The kinds of proxy. [ipworks.type.Firewall.FirewallType] */
export const FirewallType = Object.freeze({ fwNone: 0, fwTunnel: 1, fwSOCKS4: 2, fwSOCKS5: 3, fwSOCKS4A: 10 } as const)

const PORTS: Readonly<Record<number, number>> = { 0: 0, 1: 80, 2: 1080, 3: 1080, 10: 1080 }

const ROWS = {
  autoDetect: flag(false, {
    change: 'connect',
    says: 'Finds the proxy in the environment when no `Host` is set.',
    to: '`proxy`',
  }),
  firewallType: choice(FirewallType, 0, {
    change: 'connect',
    says: 'The kind of proxy; sets `Port`.',
    to: '`proxy.type`',
  }),
  host: text('', { change: 'connect', says: 'Its name or address.', to: '`proxy.host`' }),
  password: secret({ change: 'connect', says: 'With `User`: the login at the proxy.', to: '`proxy.password`' }),
  port: whole(0, [0, 65_535], { change: 'connect', says: 'Its port.', to: '`proxy.port`' }),
  user: text('', { change: 'connect', says: 'The user at the proxy; for SOCKS4 the user id.', to: '`proxy.user`' }),
} as const

/** The fields of a Firewall. */
export interface FirewallFields {
  autoDetect: boolean
  firewallType: number
  host: string
  password: string
  port: number
  user: string
}

const Pairs = withPairs<FirewallFields>()({
  writable: ['autoDetect', 'firewallType', 'host', 'password', 'port', 'user'],
  switches: ['autoDetect'],
  constants: FirewallType,
})

/**
 * The proxy on the way to the server. It is used when `firewallType` is not 0 and `host` is set, or when `autoDetect` finds one.
 * Writing a field throws IPWorksError 10022 for what it cannot be. [ipworks.type.Firewall]
 */
export class Firewall extends Pairs implements FirewallFields {
  #autoDetect = ROWS.autoDetect.initial()
  #firewallType = ROWS.firewallType.initial()
  #host = ROWS.host.initial()
  #password = ROWS.password.initial()
  #port = ROWS.port.initial()
  #user = ROWS.user.initial()

  get autoDetect(): boolean {
    return this.#autoDetect
  }
  set autoDetect(value: boolean) {
    this.#autoDetect = ROWS.autoDetect.check(value, 'AutoDetect')
  }

  /** Writing it always sets `port`: 0 for none, 80 for a tunnel, 1080 for SOCKS. */
  get firewallType(): number {
    return this.#firewallType
  }
  set firewallType(value: number) {
    this.#firewallType = ROWS.firewallType.check(value, 'FirewallType')
    this.#port = PORTS[this.#firewallType]!
  }

  get host(): string {
    return this.#host
  }
  set host(value: string) {
    this.#host = ROWS.host.check(value, 'Host')
  }

  /** A secret: given back to who asks for it; in no error, event or trail. */
  get password(): string {
    return this.#password
  }
  set password(value: string) {
    this.#password = ROWS.password.check(value, 'Password')
  }

  /** Writing 0 takes back what `firewallType` gave. */
  get port(): number {
    return this.#port
  }
  set port(value: number) {
    this.#port = ROWS.port.check(value, 'Port') || PORTS[this.#firewallType]!
  }

  get user(): string {
    return this.#user
  }
  set user(value: string) {
    this.#user = ROWS.user.check(value, 'User')
  }
}
