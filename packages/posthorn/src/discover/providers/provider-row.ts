import type { Provider, ProviderServer } from '../provider.js'

const CHECKED_ON = '2026-11-21'
export const LIST = 'https://github.com/thunderbird/autoconfig/blob/master/ispdb/'
export const MX_LIST = 'https://github.com/jace/mxsniff/blob/master/mxsniff/providers.py'
/** For names of mail exchangers that stand in no list, but in the published zones of many customers. */
export const ZONES = 'zones of customers in public repositories'

/** TLS from the first octet on 465, STARTTLS elsewhere. */
export const at = (host: string, ...ports: number[]): ProviderServer[] =>
  ports.map((port) => ({ host, port, security: port === 465 ? 'implicit' : 'starttls' }))

type Facts = Partial<Omit<Provider, 'id' | 'name' | 'servers' | 'checkedOn' | 'readAt' | 'domains'>> & {
  readonly domains?: string
}

/** `domains` between blanks; the rest has the defaults of most: mailboxes, login with the address. */
export function provider(
  id: string,
  name: string,
  servers: readonly ProviderServer[],
  readAt: readonly string[],
  { domains = '', ...facts }: Facts,
): Provider {
  const defaults = { mx: [], kind: 'mailboxes', login: 'address' } as const
  const known = domains === '' ? [] : domains.split(' ')
  return { id, name, ...defaults, ...facts, domains: known, servers, checkedOn: CHECKED_ON, readAt }
}

export const POSSIBLE = { need: 'possible' } as const
export const APP = 'Programs need an app password, made in the settings of the account.'
export const TWO_STEP = 'With two-step verification programs need an app password.'
export const SWITCH_ON = 'Programs must be allowed once in the settings of the mailbox.'
export const ABROAD = 'Taken from addresses of its own network only, as the public list says.'
