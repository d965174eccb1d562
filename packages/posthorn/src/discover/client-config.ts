import type { CandidateSettings } from './discovery.js'
import { hostName, type MailAddress } from './mail-address.js'
import { isPort } from './srv.js'
import { childrenOf, readXmlDocument, textOf, type XmlNode } from './xml-document.js'

/** How many servers of one document count. */
const MAX_SERVERS = 10

/** What a document in Thunderbird's format offers for sending. */
export interface ClientConfig {
  readonly servers: readonly CandidateSettings[]
  /** Why servers in it are not used: `clear text`, ... */
  readonly unused: readonly string[]
}

/** Reads `config-v1.1.xml`; undefined when it is no such document. Never throws. */
export async function readClientConfig(text: string, address: MailAddress): Promise<ClientConfig | undefined> {
  const root = await readXmlDocument(text)
  if (root?.name !== 'clientconfig') return undefined
  const providers = childrenOf(root, 'emailprovider')
  const outgoing = providers.flatMap((each) => childrenOf(each, 'outgoingserver')).slice(0, MAX_SERVERS)
  const issuer = [root, ...providers]
    .flatMap((each) => childrenOf(each, 'oauth2'))
    .map((each) => textOf(each, 'issuer'))
  const servers: CandidateSettings[] = []
  const unused: string[] = []
  for (const server of outgoing) {
    const read = readServer(server, address, issuer[0])
    if (typeof read === 'string') unused.push(read)
    else servers.push(read)
  }
  return { servers, unused }
}

function readServer(server: XmlNode, address: MailAddress, issuer: string | undefined): CandidateSettings | string {
  const type = server.attributes.get('type')
  if (type !== undefined && type.toLowerCase() !== 'smtp') return 'no SMTP'
  const host = hostName(filled(textOf(server, 'hostname') ?? '', address) ?? '')
  if (host === undefined) return 'no host name'
  const port = Number(textOf(server, 'port'))
  if (!isPort(port)) return 'no port'
  const security = SOCKET_TYPES.get((textOf(server, 'sockettype') ?? '').toLowerCase())
  if (security === undefined) return 'clear text'
  const notes: string[] = []
  const restricted = childrenOf(server, 'restriction').some(({ text }) => text === 'client-IP-address')
  if (restricted) notes.push('It takes mail from addresses of its own network only.')
  return { host, port, security, ...loginOf(server, address, notes), ...mechanismsOf(server, issuer), notes }
}

const SOCKET_TYPES = new Map<string, CandidateSettings['security']>([
  ['ssl', 'implicit'],
  ['tls', 'implicit'],
  ['starttls', 'starttls'],
])

function loginOf(server: XmlNode, address: MailAddress, notes: string[]): Pick<CandidateSettings, 'login' | 'user'> {
  const names = authentications(server)
  if (names.length > 0 && names.every((name) => name === 'none' || name === 'client-ip-address')) {
    return { login: 'none' }
  }
  const written = textOf(server, 'username')
  if (written === undefined) return {}
  const login = FORMS.get(written.toUpperCase()) ?? 'given'
  const user = filled(written, address)
  if (user === undefined) {
    if (login === 'given') notes.push('The login name is one the provider gives.')
    return { login }
  }
  return { login, user }
}

const FORMS = new Map<string, NonNullable<CandidateSettings['login']>>([
  ['%EMAILADDRESS%', 'address'],
  ['%EMAILLOCALPART%', 'local-part'],
  ['%EMAILLOCALPART%@%EMAILDOMAIN%', 'address'],
])

/** Hints only: what the server offers decides. */
function mechanismsOf(server: XmlNode, issuer: string | undefined): Pick<CandidateSettings, 'mechanisms' | 'oauth2'> {
  const names = authentications(server)
  const mechanisms = [...new Set(names.flatMap((name) => MECHANISMS.get(name) ?? []))]
  const isToken = names.includes('oauth2')
  const isPassword = names.some((name) => name !== 'oauth2' && MECHANISMS.has(name))
  const provider = issuer === undefined ? undefined : (ISSUERS.get(issuer) ?? lineOf(issuer))
  return {
    ...(mechanisms.length > 0 ? { mechanisms } : {}),
    ...(isToken
      ? { oauth2: { need: isPassword ? 'possible' : 'required', ...(provider === undefined ? {} : { provider }) } }
      : {}),
  }
}

/** What Thunderbird's words for logins are on the wire. */
const MECHANISMS = new Map<string, readonly string[]>([
  ['oauth2', ['OAUTHBEARER', 'XOAUTH2']],
  ['password-cleartext', ['PLAIN', 'LOGIN']],
  ['plain', ['PLAIN', 'LOGIN']],
  ['password-encrypted', ['CRAM-MD5']],
  ['secure', ['CRAM-MD5']],
  ['ntlm', ['NTLM']],
  ['gssapi', ['GSSAPI']],
  ['tls-client-cert', ['EXTERNAL']],
])

const ISSUERS = new Map([
  ['accounts.google.com', 'google'],
  ['login.microsoftonline.com', 'microsoft'],
])

const authentications = (server: XmlNode) => childrenOf(server, 'authentication').map(({ text }) => text.toLowerCase())

const lineOf = (text: string) => (/^[\x21-\x7e]{1,200}$/.test(text) ? text : undefined)

/** The text with its placeholders filled; undefined when one is not known, or the mailbox is. */
function filled(text: string, { address, localPart, domain }: MailAddress): string | undefined {
  if (text.length > 1000) return undefined
  const values = new Map([
    ['EMAILADDRESS', localPart === undefined ? undefined : address],
    ['EMAILLOCALPART', localPart],
    ['EMAILDOMAIN', domain],
  ])
  // a placeholder without its end is none, and no name either
  let isWhole = !/%EMAIL/i.test(text.replace(/%[A-Za-z]+%/g, ''))
  const result = text.replace(/%([A-Za-z]+)%/g, (_, name: string) => {
    const value = values.get(name.toUpperCase())
    if (value === undefined) isWhole = false
    return value ?? ''
  })
  return isWhole && result !== '' && !/\p{Cc}/u.test(result) ? result : undefined
}
