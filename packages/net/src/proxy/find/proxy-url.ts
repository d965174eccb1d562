import { Secret, SettingsError } from '@posthorn/ground'
import type { ProxyOptions } from '../../options.js'

/** What the schemes mean. The names always go to the proxy (but with SOCKS 4, which cannot take one), so `socks5h` is `socks5`. */
const TYPES: Readonly<Record<string, ProxyOptions['type']>> = {
  http: 'http',
  https: 'https',
  socks: 'socks5',
  socks4: 'socks4',
  socks4a: 'socks4a',
  socks5: 'socks5',
  socks5h: 'socks5',
}

/** Scheme, user and password, host, port. The last `@` ends the password, so that an unencoded one does no harm. */
const URL_OF_PROXY = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(?:([^/?#]*)@)?(\[[^\]/?#@]*\]|[^:/?#@[\]]+)(?::(\d{0,5}))?\/?$/i

/**
 * A proxy out of a URL such as `socks5://user:password@proxy.example:1080`; user and password are percent-encoded UTF-8.
 * @param field what the URL is called in errors, which never show the URL itself: it may have a password in it
 * @param usual the type when the scheme is missing; undefined: it must be there
 * @throws {SettingsError} `settings.proxy`
 */
export function parseProxyUrl(text: string, field = 'proxy', usual?: ProxyOptions['type']): ProxyOptions {
  const [, scheme, login, host = '', port] = URL_OF_PROXY.exec(text.trim()) ?? []
  const type = scheme === undefined ? usual : TYPES[scheme.toLowerCase()]
  if (host === '' || type === undefined) {
    const known = Object.keys(TYPES).join(', ')
    const unknown = host !== '' && scheme !== undefined
    const what = unknown ? `${scheme} is not a type of proxy; ${known} are` : 'is not the URL of a proxy'
    throw new SettingsError('settings.proxy', field, what, {
      hint: 'Write it as type://user:password@host:port, such as http://proxy.example:3128; in user and password /, ?, # and % are written as %2F, %3F, %23 and %25.',
    })
  }
  const [user, password] = login === undefined ? [] : splitLogin(login)
  return {
    type,
    host,
    ...(port ? { port: Number(port) } : {}),
    ...(user === undefined ? {} : { user: decoded(user, field) }),
    ...(password === undefined ? {} : { password: new Secret(decoded(password, field)) }),
  }
}

function splitLogin(login: string): [string, string?] {
  const colon = login.indexOf(':')
  return colon < 0 ? [login] : [login.slice(0, colon), login.slice(colon + 1)]
}

function decoded(text: string, field: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new SettingsError('settings.proxy', field, 'user or password is not percent-encoded UTF-8', {
      hint: 'Write a percent sign in user or password as %25.',
    })
  }
}
