import type { ProfileDraft } from '../report.js'
import { absent, placeOf, type Entry, type SiteSource } from './entries.js'
import { isLeftOut, LEFT_OUT } from './take-connection.js'
import { oneOf, unreadable, wholeNumber } from './written-value.js'

type ProxyType = 'none' | 'http' | 'socks4' | 'socks5' | 'socks4a'

const TYPES: Readonly<Record<string, ProxyType>> = {
  fwNone: 'none',
  fwTunnel: 'http',
  fwSOCKS4: 'socks4',
  fwSOCKS5: 'socks5',
  fwSOCKS4A: 'socks4a',
}
const NUMBERS: Readonly<Record<string, ProxyType>> = { 0: 'none', 1: 'http', 2: 'socks4', 3: 'socks5', 10: 'socks4a' }

/** The way through a firewall. @throws {SettingsError} `import.format` */
export function takeFirewall(draft: ProfileDraft, { elements, of }: SiteSource): void {
  const [kind, host, port] = [elements.get('FirewallType'), elements.get('FirewallHost'), elements.get('FirewallPort')]
  const [user, password] = [elements.get('FirewallUser'), elements.get('FirewallPassword')]
  const type = kind ? oneOf(kind, TYPES, NUMBERS) : 'none'
  const number = port ? wholeNumber(port, 0, 65_535) : 0
  if (type === 'none' || !host) {
    const why =
      type === 'none' ? `FirewallType is ${kind ? '' : 'left out, which is '}fwNone` : 'there is no FirewallHost'
    for (const entry of [kind, host, port, user, password]) {
      if (entry) draft.say(placeOf(entry), 'ignored', `${why}: the relay is reached directly`)
    }
    return
  }
  draft.take(placeOf(kind!), [['proxy.type', type]])
  if (!draft.take(placeOf(host), [['proxy.host', host.value]])) throw unreadable(host, 'is no host name')
  const usual = type === 'http' ? 80 : 1080
  const setting = [['proxy.port', number === 0 ? usual : number]] as const
  if (port)
    draft.take(placeOf(port), setting, 'taken', number === 0 ? `0 is the port of the type: ${usual}` : undefined)
  else draft.take(absent('FirewallPort', of), setting, 'defaulted', `it is the port of the type: ${usual}`)
  if (user && !draft.take(placeOf(user), [['proxy.user', user.value]])) throw unreadable(user, 'is no name for a login')
  if (password) takePassword(draft, password, type, user)
}

function takePassword(draft: ProfileDraft, password: Entry, type: ProxyType, user: Entry | undefined): void {
  if (isLeftOut(password)) draft.say(placeOf(password), 'lost', LEFT_OUT)
  else if (!user) draft.say(placeOf(password), 'ignored', 'there is no FirewallUser beside it, so nobody logs in')
  else if (type.startsWith('socks4')) draft.say(placeOf(password), 'ignored', 'SOCKS 4 has no password')
  else if (!draft.take(placeOf(password), [['proxy.password', password.value]])) {
    throw unreadable(password, 'is too long for a password')
  }
}
