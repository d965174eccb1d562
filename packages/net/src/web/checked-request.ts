import { Secret, SettingsError } from '@posthorn/ground'
import type { WebRequest } from './web-options.js'

/** A request whose parts cannot break out of their places. */
export interface CheckedRequest {
  readonly url: URL
  /** For errors: without the query, which may have a token in it. */
  readonly shown: string
  readonly method: string
  /** Names in lower case; the values of secrets are in it as they go out. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array | undefined
}

/** Fields that are made from the request itself. */
const OWN_FIELDS = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'proxy-authorization',
  'upgrade',
])

/** @throws {SettingsError} `settings.url`, `settings.headers` */
export function checkRequest({ url: text, method, headers = {}, body }: WebRequest): CheckedRequest {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new SettingsError('settings.url', 'url', 'is not an http: or https: URL', {
      hint: 'Write it whole, such as https://login.example/token.',
    })
  }
  const shown = `${url.protocol}//${url.host}${url.pathname}`
  if (url.username !== '' || url.password !== '') {
    throw new SettingsError('settings.url', 'url', `${shown} has a user or a password in it`, {
      hint: 'Send them in the header field Authorization.',
    })
  }
  url.hash = ''
  const verb = method ?? (body === undefined ? 'GET' : 'POST')
  if (!/^[A-Z]{1,20}$/.test(verb) || verb === 'CONNECT' || verb === 'TRACE') {
    throw new SettingsError('settings.url', 'method', 'is not a method of HTTP that can be used here')
  }
  return {
    url,
    shown,
    method: verb,
    headers: { 'accept-encoding': 'identity', 'user-agent': 'Posthorn', ...checkedFields(headers) },
    body: typeof body === 'string' ? Buffer.from(body) : body,
  }
}

function checkedFields(headers: Readonly<Record<string, string | Secret>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => {
      const field = `headers[${JSON.stringify(name.slice(0, 50))}]`
      const lower = name.toLowerCase()
      if (!/^[!#$%&'*+.^_`|~\w-]+$/.test(name)) throw wrong(field, 'is not the name of a header field')
      if (OWN_FIELDS.has(lower)) throw wrong(field, 'is written by Posthorn itself')
      const text = Secret.of(value).reveal()
      if (/[^\t\x20-\x7e\x80-\xff]/.test(text)) throw wrong(field, 'has a line end or another control character in it')
      return [lower, text]
    }),
  )
}

function wrong(field: string, what: string): SettingsError {
  return new SettingsError('settings.headers', field, what, {
    hint: 'Names are tokens, values visible characters of ISO 8859-1 (RFC 9110 5.5).',
  })
}
