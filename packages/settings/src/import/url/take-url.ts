import { missing, type Place, type ProfileDraft, malformed, SecretReference } from '../report.js'
import { splitUrl, type SplitUrl } from './split-url.js'
import { DIALECT_NAMES, PROVIDERS, protectionOf, SCHEMES, type UrlDialect } from './url-dialect.js'
import { dialectOf, takeQuery } from './url-query.js'

/** Ways out that are no relay. */
const NO_RELAY =
  /^(?:sendmail|native|null|file|console|consolemail|dummy|dummymail|filemail|memorymail|log|array|[a-z]+\+(?:api|https?))$/

/**
 * Takes a URL that names a relay over.
 * @param place where it stands; each part of the URL has a line of its own in the report
 * @param dialect who reads it; without one its settings tell, and else it is one of ours
 * @returns who sends a password in the clear where there is no TLS, for `concluded`
 * @throws {SettingsError} `import.format`, `import.missing`
 */
export function takeUrl(
  draft: ProfileDraft,
  text: string,
  place: Place,
  dialect?: UrlDialect,
): { readonly clearLogin: string | undefined } {
  const url = splitUrl(text, place.entry)
  const of = dialect ?? dialectOf(url.query) ?? 'posthorn'
  const at = (part: string): Place => ({ ...place, entry: place.entry === 'URL' ? part : `${place.entry} (${part})` })
  const [, provider = ''] = /^([a-z]+)\+smtps?$/.exec(url.scheme) ?? []
  if (NO_RELAY.test(url.scheme))
    throw missing(['the name of a relay'], `${place.entry}, by which no mail goes out by SMTP,`)
  if (provider !== '') takeProvider(draft, url, provider, at)
  else if (!SCHEMES.includes(url.scheme))
    throw malformed(
      place.entry,
      'has a scheme that is not known',
      'Write smtp://, smtps://, submission:// or submissions://.',
    )
  else takeServer(draft, url, of, at)
  takeLogin(draft, url, at)
  for (const [name, value] of url.query) takeQuery(draft, at(`?${name}`), name, value, of)
  return { clearLogin: of === 'posthorn' ? undefined : DIALECT_NAMES[of] }
}

function takeServer(draft: ProfileDraft, url: SplitUrl, dialect: UrlDialect, at: (part: string) => Place): void {
  const { security, port } = protectionOf(url, dialect)
  if (url.host === '') throw missing([at('host').entry], 'URL')
  draft.take(at('host'), [['relay.host', url.host]])
  const note = url.port === undefined ? `${DIALECT_NAMES[dialect]} uses ${port} then` : undefined
  draft.take(at('port'), [['relay.port', port]], url.port === undefined ? 'defaulted' : 'taken', note)
  if (url.scheme.startsWith('lmtp'))
    draft.take(at('scheme'), [
      ['transport', 'lmtp'],
      ['security', security],
    ])
  else draft.take(at('scheme'), [['security', security]], 'taken', whatItMeans(url, dialect, security))
}

function whatItMeans({ scheme, port }: SplitUrl, dialect: UrlDialect, security: string): string | undefined {
  if (scheme === 'smtp' && dialect === 'posthorn')
    return port === 465
      ? 'port 465 stands for TLS from the first octet'
      : 'STARTTLS or no session; write security=opportunistic for a program that goes on in the clear'
  if (security === 'opportunistic') return `${DIALECT_NAMES[dialect]} goes on in the clear when STARTTLS is not offered`
  if (security === 'none') return `${DIALECT_NAMES[dialect]} speaks no TLS then`
  return scheme === 'smtps' && dialect === 'django' && security === 'starttls'
    ? 'Django means STARTTLS by it'
    : undefined
}

function takeProvider(draft: ProfileDraft, url: SplitUrl, name: string, at: (part: string) => Place): void {
  const known = PROVIDERS.get(name)
  if (!known)
    throw malformed(
      at('scheme').entry,
      'names a provider that is not known',
      'Write smtp://user:password@host:port with the host of the provider.',
    )
  const region = url.query.find(([each]) => each === 'region')?.[1]
  const host = url.host === '' || url.host === 'default' ? known.host(region) : url.host
  draft.take(at('host'), [['relay.host', host]])
  const port = url.port ?? known.port
  draft.take(at('port'), [['relay.port', port]], url.port === undefined ? 'defaulted' : 'taken')
  draft.take(at('scheme'), [['security', port === 465 ? 'implicit' : 'starttls']])
}

function takeLogin(draft: ProfileDraft, url: SplitUrl, at: (part: string) => Place): void {
  const [, provider = ''] = /^([a-z]+)\+smtps?$/.exec(url.scheme) ?? []
  const own = PROVIDERS.get(provider)?.user
  if (own !== undefined && url.user !== undefined && url.password === undefined) {
    // the key stands where the user stands
    const user = own === 'key' ? url.user : own
    draft.take(at('user'), [
      ['credentials.user', user],
      ['credentials.password', url.user],
      ...(own === 'key' ? [['logging.showUser', false] as const] : []),
    ])
    return
  }
  if (url.user !== undefined) draft.take(at('user'), [['credentials.user', url.user]])
  if (url.password === undefined) return
  const password = referenceIn(url.password)
  const verdict = password instanceof SecretReference ? 'changed' : 'taken'
  draft.take(at('password'), [['credentials.password', password]], verdict)
}

/** A password that is a variable of a shell or of a framework, `${SMTP_PASSWORD}` or `%env(SMTP_PASSWORD)%`. */
function referenceIn(password: string): string | SecretReference {
  const [, braces, env] = /^(?:\$\{([A-Za-z_]\w*)\}|%env\(([A-Za-z_]\w*)\)%)$/.exec(password) ?? []
  const name = braces ?? env
  return name === undefined ? password : new SecretReference(`env:${name}`)
}
