import { ApiError, Secret, SettingsError } from '@posthorn/ground'
import type * as oauth4webapi from 'oauth4webapi'
import type { AuthorizationServer as Metadata, Client, ClientAuth } from 'oauth4webapi'
import { clientAuthentication, clientProof } from './client-authentication.js'
import { urlProblem } from './endpoint-url.js'
import type { Provider } from './provider.js'
import { askProvider, notUnderstood, placeOf, type ProviderAnswer, type ProviderRoad } from './provider-request.js'
import { refusalError } from './refusal.js'
import { sentSecrets } from './sent-secrets.js'
import type { TokenOptions } from './token-options.js'

/** A clock that is further away than this is put right before an assertion is signed again. */
const CLOCK_TOLERANCE_MS = 30_000
const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code'

/** What a token request gave. */
export interface TokenAnswer {
  readonly accessToken: Secret
  /** When the request was begun, milliseconds since 1970: what the provider says counts from then, to be on the safe side. */
  readonly askedAt: number
  readonly expiresAt: number | undefined
  readonly refreshToken: Secret | undefined
}

/** A refusal and what a device code or a later attempt wants to know of it. */
export interface Refused {
  readonly error: ApiError
  /** The `error` of the answer: `authorization_pending`, `slow_down`. */
  readonly reason: string
}

/** A provider as one client sees it: its metadata, and the requests to its endpoints. */
export class AuthorizationServer {
  #provider: Provider
  #options: TokenOptions
  #road: ProviderRoad
  #metadata: Metadata | undefined
  /** Put right when an assertion was refused and the clocks differ. */
  #clockAheadMs = 0
  /** What the last answer asked to wait, in milliseconds. */
  retryAfterMs: number | undefined

  constructor(provider: Provider, options: TokenOptions, road: ProviderRoad) {
    this.#provider = provider
    this.#options = options
    this.#road = road
  }

  get clientId(): string {
    return this.#options.clientId ?? ''
  }

  /**
   * The endpoints: those of the settings, or the discovered ones (OpenID Connect Discovery 4, RFC 8414 3), which are asked for once.
   * @throws {ApiError} `oauth2.discovery`, `oauth2.unreachable`, `oauth2.timeout`
   */
  async metadata(signal?: AbortSignal): Promise<Metadata> {
    return (this.#metadata ??= this.#provider.tokenUrl === undefined ? await this.#discover(signal) : this.#given())
  }

  /** True when the metadata or the settings tell which `iss` a sign-in must be answered with (RFC 9207). */
  get knowsIssuer(): boolean {
    return this.#provider.issuer !== undefined
  }

  /**
   * One token request.
   * @param parameters are made anew when the request is repeated because the clocks differ; `now` is the provider's time
   * @throws {ApiError} by the answer
   */
  async token(
    grantType: string,
    parameters: (now: () => number) => Promise<Record<string, string>> | Record<string, string>,
    signal?: AbortSignal,
  ): Promise<TokenAnswer> {
    const before = this.#clockAheadMs
    const now = () => this.#road.clock.now() - this.#clockAheadMs
    const first = await this.#tokenRequest(grantType, await parameters(now), signal)
    if ('accessToken' in first) return first
    const signed = grantType.endsWith(':jwt-bearer') || clientProof(this.#options) === 'certificate'
    const otherClock = Math.abs(this.#clockAheadMs - before) > CLOCK_TOLERANCE_MS
    const mayBeClock = first.error.code === 'oauth2.invalid-client' || first.error.code === 'oauth2.invalid-grant'
    if (!signed || !otherClock || !mayBeClock) throw first.error
    const second = await this.#tokenRequest(grantType, await parameters(now), signal)
    if ('accessToken' in second) return second
    throw second.error
  }

  /** One question whether a device code was entered (RFC 8628 3.4). */
  deviceToken(deviceCode: string, signal: AbortSignal): Promise<TokenAnswer | Refused> {
    return this.#tokenRequest(DEVICE_CODE, { device_code: deviceCode }, signal)
  }

  /** A device code, RFC 8628 3.1. */
  async deviceAuthorization(parameters: Record<string, string>, signal: AbortSignal): Promise<ProviderAnswer> {
    const what = 'device authorization endpoint'
    const { answer, refused } = await this.#ask(what, DEVICE_CODE, signal, (oauth, server, client, proof, http) =>
      oauth.deviceAuthorizationRequest(server, client, proof, parameters, http),
    )
    if (refused) throw refused.error
    return answer
  }

  /** Exchanges what a sign-in was answered with, RFC 6749 4.1.3; it must have been validated by oauth4webapi. */
  async codeToken(
    callback: URLSearchParams,
    redirectUri: string,
    verifier: string,
    additionalParameters: Record<string, string>,
    signal?: AbortSignal,
  ): Promise<TokenAnswer> {
    const what = 'token endpoint'
    const { answer, refused } = await this.#ask(
      what,
      'authorization_code',
      signal,
      (oauth, server, client, proof, http) =>
        oauth.authorizationCodeGrantRequest(server, client, proof, callback, redirectUri, verifier, {
          ...http,
          additionalParameters,
        }),
    )
    if (refused) throw refused.error
    return this.#tokens(answer, signal)
  }

  async #tokenRequest(
    grantType: string,
    parameters: Record<string, string>,
    signal: AbortSignal | undefined,
  ): Promise<TokenAnswer | Refused> {
    const { answer, refused } = await this.#ask(
      'token endpoint',
      grantType,
      signal,
      (oauth, server, client, proof, http) =>
        oauth.genericTokenEndpointRequest(server, client, proof, grantType, parameters, http),
    )
    return refused ?? this.#tokens(answer, signal)
  }

  async #tokens({ json, askedAt }: ProviderAnswer, signal: AbortSignal | undefined): Promise<TokenAnswer> {
    const place = placeOf({ what: 'token endpoint', url: (await this.metadata(signal)).token_endpoint! })
    const { access_token, token_type, refresh_token, expires_in } = json ?? {}
    if (typeof access_token !== 'string' || access_token === '') throw notUnderstood(place, 'has no access token')
    if (/[^\x21-\x7e]/.test(access_token)) throw notUnderstood(place, 'has an access token that cannot be sent')
    if (typeof token_type !== 'string' || token_type.toLowerCase() !== 'bearer')
      throw notUnderstood(place, 'has a token that is not of the type Bearer')
    return {
      accessToken: new Secret(access_token),
      askedAt,
      expiresAt: expiry(askedAt, expires_in),
      refreshToken: typeof refresh_token === 'string' && refresh_token !== '' ? new Secret(refresh_token) : undefined,
    }
  }

  /** Builds a request with oauth4webapi, which knows how to authenticate and to encode, and sends it. */
  async #ask(
    what: string,
    grantType: string,
    signal: AbortSignal | undefined,
    build: (oauth: Oauth, server: Metadata, client: Client, proof: ClientAuth, http: Http) => Promise<Response>,
  ): Promise<{ readonly answer: ProviderAnswer; readonly refused: Refused | undefined }> {
    const oauth = await import('oauth4webapi')
    const server = await this.metadata(signal)
    let answer: ProviderAnswer | undefined
    let where = what
    let secrets: readonly string[] = []
    const http: Http = {
      [oauth.allowInsecureRequests]: true, // every address was checked: https, or this machine
      [oauth.customFetch]: async (url, { method, headers, body }) => {
        const request = { what, url, method, headers, body: body instanceof URLSearchParams ? body : undefined }
        where = placeOf(request)
        secrets = sentSecrets(request)
        answer = await askProvider(request, this.#road, signal)
        return new Response(null)
      },
    }
    const proof = await this.#proof(server, signal)
    try {
      await build(oauth, server, { client_id: this.clientId }, proof, http)
    } catch (error) {
      if (answer || error instanceof ApiError || error instanceof SettingsError) throw error
      signal?.throwIfAborted()
      throw missingEndpoint(what) // all else was checked before; its own error may hold parameters
    }
    const { json, status, clockAheadMs, retryAfterMs } = answer!
    this.retryAfterMs = retryAfterMs
    // a "200" with an error in it is one, too: there are servers that answer so
    if (status === 200 && json && typeof json['error'] !== 'string') return { answer: answer!, refused: undefined }
    if (clockAheadMs !== undefined) this.#clockAheadMs = clockAheadMs
    if ((status >= 300 && status < 400) || (status === 200 && !json)) {
      throw notUnderstood(where, status === 200 ? 'is not JSON' : `is a redirect (HTTP status ${status})`)
    }
    const error = refusalError({ ...json, status }, { where, grantType, secrets, clockAheadMs })
    return { answer: answer!, refused: { error, reason: typeof json?.['error'] === 'string' ? json['error'] : '' } }
  }

  async #proof(server: Metadata, signal: AbortSignal | undefined): Promise<ClientAuth> {
    const provider = this.#provider
    const methods = server.token_endpoint_auth_methods_supported
    const known =
      methods && !methods.includes('client_secret_basic') && methods.includes('client_secret_post') ? 'post' : 'basic'
    return clientAuthentication(this.#options, {
      now: () => this.#road.clock.now() - this.#clockAheadMs,
      audience: provider.assertionAudience ?? (provider.tokenUrl === undefined ? server.issuer : provider.tokenUrl),
      secretMethod: this.#options.clientSecretMethod ?? provider.clientSecretMethod ?? known,
      rsaAlgorithm: provider.assertionAlgorithm ?? 'RS256',
      signal: signal ?? AbortSignal.timeout(this.#road.timeoutMs),
    })
  }

  #given(): Metadata {
    const { issuer, tokenUrl, authorizationUrl, deviceAuthorizationUrl } = this.#provider
    return {
      issuer: issuer ?? new URL(tokenUrl!).origin,
      token_endpoint: tokenUrl!,
      ...(authorizationUrl === undefined ? {} : { authorization_endpoint: authorizationUrl }),
      ...(deviceAuthorizationUrl === undefined ? {} : { device_authorization_endpoint: deviceAuthorizationUrl }),
    }
  }

  async #discover(signal: AbortSignal | undefined): Promise<Metadata> {
    const oauth = await import('oauth4webapi')
    const issuer = new URL(this.#provider.issuer!)
    const ask = async (algorithm: 'oidc' | 'oauth2') => {
      let answer: ProviderAnswer | undefined
      await oauth.discoveryRequest(issuer, {
        algorithm,
        [oauth.allowInsecureRequests]: true,
        [oauth.customFetch]: async (url, { method, headers }) => {
          answer = await askProvider({ what: 'discovery document', url, method, headers }, this.#road, signal)
          return new Response(null)
        },
      })
      return answer!
    }
    let answer = await ask('oidc')
    if (answer.status === 404) answer = await ask('oauth2')
    if (answer.status >= 500 || answer.status === 429)
      throw discoveryFailed(issuer, `failed (HTTP status ${answer.status})`, 'transient')
    if (answer.status !== 200 || !answer.json)
      throw discoveryFailed(issuer, `gave no metadata (HTTP status ${answer.status})`, 'permanent')
    try {
      const found = await oauth.processDiscoveryResponse(issuer, Response.json(answer.json))
      const problem = metadataProblem(found)
      if (problem === undefined) return withEndpoints(found, this.#provider)
      throw discoveryFailed(issuer, problem, 'permanent')
    } catch (error) {
      if (error instanceof ApiError) throw error
      throw discoveryFailed(issuer, 'gave metadata of another issuer', 'permanent')
    }
  }
}

type Oauth = typeof oauth4webapi
type Http = NonNullable<Parameters<Oauth['genericTokenEndpointRequest']>[5]> &
  NonNullable<Parameters<Oauth['deviceAuthorizationRequest']>[4]>

/** Addresses in the settings come before discovered ones. */
function withEndpoints(found: Metadata, { authorizationUrl, deviceAuthorizationUrl }: Provider): Metadata {
  return {
    ...found,
    ...(authorizationUrl === undefined ? {} : { authorization_endpoint: authorizationUrl }),
    ...(deviceAuthorizationUrl === undefined ? {} : { device_authorization_endpoint: deviceAuthorizationUrl }),
  }
}

function metadataProblem(metadata: Metadata): string | undefined {
  for (const name of ['token_endpoint', 'authorization_endpoint', 'device_authorization_endpoint'] as const) {
    const url: unknown = metadata[name]
    if (url === undefined && name !== 'token_endpoint') continue
    const problem = typeof url === 'string' ? urlProblem(url) : 'is missing'
    if (problem !== undefined) return `gave metadata whose ${name} ${problem}`
  }
  return undefined
}

/** A lifetime that is missing, or no number above zero, is not known; a very long one is cut to a year. */
function expiry(askedAt: number, expiresIn: unknown): number | undefined {
  const seconds = typeof expiresIn === 'string' && expiresIn.trim() !== '' ? Number(expiresIn) : expiresIn
  if (typeof seconds !== 'number' || !Number.isFinite(seconds) || seconds <= 0) return undefined
  return askedAt + Math.min(seconds, 31_536_000) * 1000
}

function missingEndpoint(what: string): SettingsError {
  return new SettingsError('oauth2.settings', 'provider', `has no ${what}`, {
    phase: 'auth',
    hint: 'Give the address of that endpoint, an issuer that has it, or use another grant.',
  })
}

function discoveryFailed(issuer: URL, problem: string, outcome: 'transient' | 'permanent'): ApiError {
  return new ApiError('oauth2.discovery', `the issuer ${issuer.host} ${problem}`, {
    phase: 'auth',
    outcome,
    hint: 'Check the issuer, exactly as the provider writes it, or give the addresses of the endpoints instead.',
  })
}
