import type { CandidateSettings } from './discovery.js'
import { hostName, type MailAddress } from './mail-address.js'
import { isPort } from './srv.js'
import { childrenOf, readXmlDocument, textOf, type XmlNode } from './xml-document.js'

const MAX_PROTOCOLS = 20

/** What a server of Autodiscover answers with. */
export type AutodiscoverAnswer =
  | { readonly servers: readonly CandidateSettings[]; readonly unused: readonly string[] }
  /** Ask there; an address of the web as it was written. */
  | { readonly redirectUrl: string }
  /** Ask for this domain in place of the one of the address. */
  | { readonly redirectDomain: string }
  /** In the words of the server. */
  | { readonly problem: string }

/** The question (MS-OXDSCLI 4.1): it names the mailbox, and nothing secret. */
export function autodiscoverQuestion(mailbox: string): string {
  const escaped = mailbox.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)
  return (
    '<?xml version="1.0" encoding="utf-8"?>' +
    '<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006">' +
    `<Request><EMailAddress>${escaped}</EMailAddress>` +
    '<AcceptableResponseSchema>http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a</AcceptableResponseSchema>' +
    '</Request></Autodiscover>'
  )
}

/** Reads an answer; undefined when it is none. Never throws. @source MS-OXDSCLI 2.2.4 */
export async function readAutodiscover(text: string, address: MailAddress): Promise<AutodiscoverAnswer | undefined> {
  const root = await readXmlDocument(text)
  if (root?.name !== 'autodiscover') return undefined
  const response = childrenOf(root, 'response')[0]
  if (!response) return undefined
  const problem = childrenOf(response, 'error')[0]
  if (problem) return { problem: textOf(problem, 'message') ?? 'an error without words' }
  const account = childrenOf(response, 'account')[0]
  if (!account) return undefined
  switch (textOf(account, 'action')?.toLowerCase()) {
    case 'redirecturl':
      return { redirectUrl: textOf(account, 'redirecturl') ?? '' }
    case 'redirectaddr': {
      const mailbox = textOf(account, 'redirectaddr') ?? ''
      const domain = hostName(mailbox.slice(mailbox.lastIndexOf('@') + 1))
      return domain === undefined
        ? { problem: 'a redirect to an address without a domain' }
        : { redirectDomain: domain }
    }
    default:
      return serversIn(account, address)
  }
}

function serversIn(account: XmlNode, address: MailAddress): AutodiscoverAnswer {
  const servers: CandidateSettings[] = []
  const unused: string[] = []
  for (const protocol of childrenOf(account, 'protocol').slice(0, MAX_PROTOCOLS)) {
    if (textOf(protocol, 'type')?.toUpperCase() !== 'SMTP') continue
    const read = readServer(protocol, address)
    if (typeof read === 'string') unused.push(read)
    else servers.push(read)
  }
  return { servers, unused }
}

function readServer(protocol: XmlNode, { address, localPart }: MailAddress): CandidateSettings | string {
  const host = hostName(textOf(protocol, 'server') ?? '')
  if (host === undefined) return 'no host name'
  const port = Number(textOf(protocol, 'port'))
  if (!isPort(port)) return 'no port'
  const security = securityOf(protocol, port)
  if (security === undefined) return 'clear text'
  const notes: string[] = []
  const needsDomain = isOn(protocol, 'domainrequired')
  if (needsDomain) notes.push('The login name needs the domain of Windows in front.')
  if (textOf(protocol, 'authrequired')?.toLowerCase() === 'off') return { host, port, security, login: 'none', notes }
  const written = textOf(protocol, 'loginname')
  const user = written !== undefined && /^[^\p{Cc}]{1,320}$/u.test(written) ? written : undefined
  const mechanisms = isOn(protocol, 'spa') ? { mechanisms: ['NTLM'] } : {}
  if (user === undefined && needsDomain) return { host, port, security, login: 'given', ...mechanisms, notes }
  if (user === undefined) {
    const whole = localPart === undefined ? {} : { user: address }
    return { host, port, security, login: 'address', ...whole, ...mechanisms, notes }
  }
  const form = user.toLowerCase() === address.toLowerCase() ? 'address' : user === localPart ? 'local-part' : 'given'
  return { host, port, security, login: form, user, ...mechanisms, notes }
}

/** `Encryption` goes before `SSL` (MS-OXDSCLI 2.2.4.1.1.2); neither being on is clear text. */
function securityOf(protocol: XmlNode, port: number): CandidateSettings['security'] | undefined {
  const byPort = port === 465 ? 'implicit' : 'starttls'
  switch (textOf(protocol, 'encryption')?.toLowerCase()) {
    case 'ssl':
      return 'implicit'
    case 'tls':
      return 'starttls'
    case 'auto':
      return byPort
    case 'none':
      return undefined
    default:
      return textOf(protocol, 'ssl')?.toLowerCase() === 'off' ? undefined : byPort
  }
}

const isOn = (protocol: XmlNode, name: string) => textOf(protocol, name)?.toLowerCase() === 'on'
