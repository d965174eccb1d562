import { SettingsError } from '@posthorn/ground'

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

/**
 * The address of an endpoint: https, or http to this machine alone (RFC 6749 3.1.2.1, 3.2), without a user, a password or a fragment.
 * @throws {SettingsError} `oauth2.settings`
 */
export function endpointUrl(field: string, text: string): URL {
  const problem = urlProblem(text)
  if (problem !== undefined) {
    throw new SettingsError('oauth2.settings', field, problem, {
      hint: 'Give a whole address such as https://login.example.com/token; http is for this machine alone.',
    })
  }
  return new URL(text)
}

/** What speaks against an address as an endpoint, or undefined. The text itself is not repeated: it may have a password in it. */
export function urlProblem(text: string): string | undefined {
  if (!URL.canParse(text)) return 'is not a URL'
  const url = new URL(text)
  if (url.username || url.password) return 'must not have a user or password in it'
  if (url.hash) return 'must not have a fragment'
  if (url.protocol === 'https:') return undefined
  if (url.protocol === 'http:') return isLoopback(url) ? undefined : 'must be https, or secrets travel in the clear'
  return 'must be https'
}

/** True for this machine, by name or address. */
export function isLoopback(url: URL): boolean {
  return LOOPBACK.test(url.hostname)
}
