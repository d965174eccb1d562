import { ApiError } from '@posthorn/ground'
import type { AuthorizationServer, TokenAnswer } from './authorization-server.js'
import { endpointUrl } from './endpoint-url.js'
import { notUnderstood } from './provider-request.js'
import { refusalError } from './refusal.js'

/** What an authorization request asks for. */
export interface AuthorizationTerms {
  readonly redirectUri: string
  readonly scope: string
  /** Of the authorization request. */
  readonly authorizationParameters: Readonly<Record<string, string>>
  /** Of the token request. */
  readonly tokenParameters: Readonly<Record<string, string>>
}

/**
 * A sign-in by browser under way: an address to open, and what must come back. RFC 6749 4.1 with PKCE (RFC 7636, S256); state, PKCE and
 * `iss` bind the answer to this request (RFC 9700 2.1, 4.4, 4.7).
 */
export class AuthorizationRequest {
  /** What the browser is to open. */
  readonly url: string
  #server: AuthorizationServer
  #terms: AuthorizationTerms
  #state: string
  #verifier: string

  private constructor(
    server: AuthorizationServer,
    terms: AuthorizationTerms,
    url: string,
    state: string,
    verifier: string,
  ) {
    this.#server = server
    this.#terms = terms
    this.url = url
    this.#state = state
    this.#verifier = verifier
  }

  /** @throws {SettingsError} `oauth2.settings` without an authorization endpoint; {ApiError} as discovery does */
  static async begin(
    server: AuthorizationServer,
    terms: AuthorizationTerms,
    signal?: AbortSignal,
  ): Promise<AuthorizationRequest> {
    const oauth = await import('oauth4webapi')
    const { authorization_endpoint } = await server.metadata(signal)
    const url = endpointUrl('provider.authorizationUrl', authorization_endpoint ?? '')
    const state = oauth.generateRandomState()
    const verifier = oauth.generateRandomCodeVerifier()
    const parameters = {
      ...terms.authorizationParameters,
      response_type: 'code',
      client_id: server.clientId,
      redirect_uri: terms.redirectUri,
      ...(terms.scope === '' ? {} : { scope: terms.scope }),
      state,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    }
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
    return new AuthorizationRequest(server, terms, url.href, state, verifier)
  }

  /** Whether an answer belongs to this request. */
  matches(answer: URL): boolean {
    const states = answer.searchParams.getAll('state')
    return states.length === 1 && states[0] === this.#state
  }

  /**
   * Takes what the browser was sent back with, and exchanges its code.
   * @throws {ApiError} `oauth2.state` for an answer to another request, `oauth2.issuer` for one of another provider, and by the refusal
   */
  async finish(answer: URL, signal?: AbortSignal): Promise<TokenAnswer> {
    if (!this.matches(answer)) throw wrongState()
    const oauth = await import('oauth4webapi')
    const metadata = await this.#server.metadata(signal)
    const place = `authorization endpoint of ${new URL(this.url).host}`
    const parameters = new URLSearchParams(answer.search)
    if (!this.#server.knowsIssuer) parameters.delete('iss') // nothing to compare it with
    const [issuer, ...more] = parameters.getAll('iss')
    const needed = metadata.authorization_response_iss_parameter_supported === true
    if (more.length > 0 || (issuer === undefined ? needed : issuer !== metadata.issuer)) throw wrongIssuer(place)
    const error = parameters.get('error')
    if (error !== null) {
      const facts = { error, error_description: parameters.get('error_description') }
      const secrets = parameters.getAll('code')
      throw refusalError(facts, { where: place, grantType: 'authorization_code', secrets })
    }
    let callback: URLSearchParams
    try {
      callback = oauth.validateAuthResponse(metadata, { client_id: this.#server.clientId }, parameters, this.#state)
      if (!callback.get('code')) throw new Error('no code')
    } catch {
      throw notUnderstood(place, 'has no code, or more than a code') // no cause: it would hold the code
    }
    const { redirectUri, tokenParameters } = this.#terms
    return this.#server.codeToken(callback, redirectUri, this.#verifier, { ...tokenParameters }, signal)
  }
}

function wrongState(): ApiError {
  return new ApiError('oauth2.state', 'the answer to the sign-in belongs to another one; nothing was stored', {
    phase: 'auth',
    outcome: 'permanent',
    hint: 'Start the sign-in again, and use the page it opens. Somebody may have tried to slip an account of theirs in.',
  })
}

function wrongIssuer(place: string): ApiError {
  return new ApiError('oauth2.issuer', `the answer to the sign-in is not from the ${place}; nothing was stored`, {
    phase: 'auth',
    outcome: 'permanent',
    hint: 'Check the issuer in the settings; another provider may have mixed itself in (RFC 9207).',
  })
}
