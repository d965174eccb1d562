import type { Place } from '../report.js'
import { splitUrl } from '../url/split-url.js'
import type { Literal, Plain } from './literal.js'
import { numberOf, overrule, truthy, type OptionReader, type Overruled, type Written } from './option-reader.js'
import { serviceNamed } from './services.js'

/** Nodemailer's own: two minutes, ten minutes. */
const CONNECT_MS = 120_000
const SOCKET_MS = 600_000

/** What is written in a URL as options, as Nodemailer reads it. @throws {SettingsError} `import.format` */
export function optionsOfUrl(text: string, line: number): Map<string, Written> {
  const { scheme, host, port, user, password, query } = splitUrl(text, 'url')
  const options = new Map<string, Written>()
  const put = (path: string, value: Plain) => options.set(path, { line, value: { kind: 'plain', value, line } })
  if (scheme === 'smtp' || scheme === 'smtps') put('secure', scheme === 'smtps')
  else put('direct', true)
  if (port !== undefined) put('port', port)
  if (host !== '') put('host', host)
  if (user !== undefined) put('auth.user', user)
  if (password !== undefined) put('auth.pass', password)
  for (const [name, value] of query) {
    if (options.has(name) || (name.includes('.') && !name.startsWith('tls.'))) continue
    put(name, value === 'true' ? true : value === 'false' ? false : /^\d{1,15}$/.test(value) ? Number(value) : value)
  }
  return options
}

/** Puts in what a service stands for; it wins over what is written, as in Nodemailer. */
export function putService(options: Map<string, Written>, overruled: Overruled[]): 'none' | 'known' | 'unknown' {
  const written = options.get('service')
  if (written?.value.kind !== 'plain' || typeof written.value.value !== 'string') return 'none'
  const service = serviceNamed(written.value.value)
  if (!service) return 'unknown'
  const { line } = written
  const put = (path: string, value: Plain) => {
    if (value === undefined) return
    overrule(options, path, overruled)
    options.set(path, { line, value: { kind: 'plain', value, line } satisfies Literal })
  }
  put('host', service.host)
  put('port', service.port)
  put('secure', service.secure)
  put('requireTLS', service.requireTls)
  put('ignoreTLS', service.ignoreTls)
  put('authMethod', service.mechanism)
  return 'known'
}

/** Where the server is, and how the way to it is protected. */
export function takeServer(options: OptionReader): void {
  const { draft } = options
  const wantsHost = options.has('host')
  if (!options.take('host', 'relay.host') && !wantsHost) {
    draft.take(
      { ...options.place('host') },
      [['relay.host', 'localhost']],
      'defaulted',
      'Nodemailer connects to localhost',
    )
  }
  const portWritten = isWritten(options, 'port') ? options.place('port') : undefined
  options.take('port', 'relay.port', numberOf)
  const unknownPort = draft.has('relay.port') ? undefined : portWritten
  takeSecurity(options, unknownPort)
  if (!draft.has('relay.port')) {
    const port = draft.get('security') === 'implicit' ? 465 : 587
    if (unknownPort)
      draft.take(
        unknownPort,
        [['relay.port', port]],
        'changed',
        `it cannot be known, and ${port} stands in its place: check it`,
      )
    else draft.take(options.place('port'), [['relay.port', port]], 'defaulted', `Nodemailer uses ${port} then`)
  }
  options.take('name', 'identity.localName')
  options.take('localAddress', 'identity.localAddress')
  options.take('servername', 'tls.servername')
  const lmtp = options.plain('lmtp')
  if (lmtp) draft.take(lmtp.place, [['transport', truthy(lmtp.value) ? 'lmtp' : 'smtp']])
  takeTimeouts(options)
  takeProxy(options)
}

/** True for an option that stands for more than nothing. */
function isWritten(options: OptionReader, path: string): boolean {
  const literal = options.literal(path)
  return literal !== undefined && !(literal.kind === 'plain' && (literal.value === undefined || literal.value === null))
}

function takeSecurity(options: OptionReader, unknownPort: Place | undefined): void {
  const { draft } = options
  const names = ['secure', 'requireTLS', 'ignoreTLS', 'opportunisticTLS'] as const
  const written = names.filter((name) => isWritten(options, name)).map((name) => [name, options.place(name)] as const)
  const read = new Map(names.map((name) => [name, options.plain(name)] as const))
  const says = (name: (typeof names)[number]) => truthy(read.get(name)?.value)
  // what cannot be known may be what protects: then TLS is required
  const [, doubtful = read.get('secure') === undefined ? unknownPort : undefined] =
    written.find(([name]) => name !== 'opportunisticTLS' && read.get(name) === undefined) ?? []
  const onTlsPort = read.get('secure') === undefined && draft.get('relay.port') === 465
  if (doubtful && !says('secure') && !onTlsPort && !says('requireTLS')) {
    draft.take(doubtful, [['security', 'starttls']], 'changed', 'it cannot be known, so STARTTLS is required: check it')
    for (const plain of read.values())
      if (plain) draft.say(plain.place, 'ignored', `STARTTLS is required, as ${doubtful.entry} cannot be known`)
    return
  }
  const [security, decides] =
    says('secure') || onTlsPort
      ? (['implicit', 'secure'] as const)
      : says('requireTLS')
        ? (['starttls', 'requireTLS'] as const)
        : says('ignoreTLS')
          ? (['none', 'ignoreTLS'] as const)
          : (['opportunistic', 'secure'] as const)
  for (const [name, plain] of read) {
    if (!plain) continue
    const note = [
      plain.note,
      typeof plain.value === 'string' ? 'a text is true in JavaScript, whatever it says' : undefined,
    ]
      .filter((each) => each !== undefined)
      .join('; ')
    if (name === decides) draft.take(plain.place, [['security', security]], 'taken', note === '' ? undefined : note)
    else if (name === 'opportunisticTLS' && truthy(plain.value) && security === 'opportunistic') {
      draft.take(
        plain.place,
        [['security', security]],
        'changed',
        'a failed STARTTLS ends the session here; it does not go on in the clear',
      )
    } else
      draft.say(
        plain.place,
        'ignored',
        security === 'implicit' ? 'TLS begins with the first octet' : `it says what is so: ${security}`,
      )
  }
  if (read.get(decides)) return
  const note = onTlsPort
    ? 'port 465 stands for TLS from the first octet'
    : 'Nodemailer goes on in the clear when STARTTLS is not offered; requireTLS: true would not'
  draft.take(options.place('secure'), [['security', security]], 'defaulted', note)
}

function takeTimeouts(options: OptionReader): void {
  for (const [name, setting, usual] of [
    ['connectionTimeout', 'timeouts.connectMs', CONNECT_MS],
    ['socketTimeout', 'timeouts.idleMs', SOCKET_MS],
  ] as const) {
    const plain = options.plain(name)
    const value = numberOf(plain?.value)
    if (plain && value !== 0) options.draft.take(plain.place, [[setting, value]], 'taken', plain.note)
    const zero = plain !== undefined && value === 0
    if (!options.draft.has(setting)) {
      const note = zero ? `0 stands for ${usual} ms in Nodemailer` : `Nodemailer waits ${usual} ms`
      options.draft.take(plain?.place ?? options.place(name), [[setting, usual]], zero ? 'changed' : 'defaulted', note)
    }
  }
  options.draft.take(
    { ...options.place('a limit for the whole message') },
    [['timeouts.totalMs', 0]],
    'defaulted',
    'Nodemailer has none',
  )
  options.lose('greetingTimeout', 'the greeting is waited for as long as every reply: timeouts.idleMs')
  options.lose('dnsTimeout', 'resolving counts in timeouts.connectMs')
}

const PROXY_TYPES: Readonly<Record<string, string>> = {
  http: 'http',
  https: 'https',
  socks: 'socks5',
  socks5: 'socks5',
  socks5h: 'socks5',
  socks4: 'socks4',
  socks4a: 'socks4a',
}

function takeProxy(options: OptionReader): void {
  const plain = options.plain('proxy')
  if (!plain) return
  if (typeof plain.value !== 'string' || plain.value === '') {
    options.draft.say(plain.place, 'ignored', 'there is no proxy in it')
    return
  }
  const { scheme, host, port, user, password } = splitUrl(plain.value, 'proxy')
  const type = Object.hasOwn(PROXY_TYPES, scheme) ? PROXY_TYPES[scheme] : undefined
  if (type === undefined) {
    options.draft.say(
      plain.place,
      'lost',
      'this kind of proxy is not known: http, https, socks4, socks4a and socks5 are',
    )
    return
  }
  options.draft.take(plain.place, [
    ['proxy.type', type],
    ['proxy.host', host],
    ...(port === undefined ? [] : [['proxy.port', port] as const]),
    ...(user === undefined ? [] : [['proxy.user', user] as const]),
    ...(password === undefined ? [] : [['proxy.password', password] as const]),
  ])
}
