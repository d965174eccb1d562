import { createHash } from 'node:crypto'
import { Secret } from '@posthorn/ground'
import type { Grant } from './grant.js'
import { seedOf } from './grant-tokens.js'
import type { TokenOptions } from './token-options.js'
import type { StoredTokens } from './token-store.js'

/** Whose tokens these settings stand for, and what the tokens are for: a name in a store may have been given to others before. */
export class TokenOrigin {
  /** The name in the store when none is given. */
  readonly usualName: string
  #owner: string
  #purpose: string
  /** Of the refresh token in the settings. */
  #seed: string | undefined
  /** A renewal has the scope that was granted, whatever the settings say now. */
  #renewsAsGranted: boolean

  constructor({ provider, clientId = '', grant, scope = '', parameters = {} }: TokenOptions) {
    const place = provider?.tokenUrl ?? provider?.issuer ?? ''
    const who = [
      'user' in grant ? grant.user : '',
      'subject' in grant ? grant.subject : '',
      'key' in grant && 'file' in grant.key ? grant.key.file : '',
      'key' in grant && 'json' in grant.key ? seedOf(Secret.of(grant.key.json)) : '',
    ]
    this.#seed = grant.type === 'refresh-token' ? seedOf(Secret.of(grant.refreshToken)) : undefined
    this.#owner = digest([byPerson(grant) ? 'person' : grant.type, place, clientId, ...who])
    this.#purpose = digest([provider?.scopes, scope, parameters])
    this.#renewsAsGranted = byPerson(grant) && provider?.scopes?.refresh === undefined
    const name = [place, clientId, provider?.scopes, scope, ...who, this.#seed ?? '']
    this.usualName = `${grant.type}-${digest(name).slice(0, 24)}`
  }

  /** What of the stored tokens may be used: nothing of another's, and no access token that was asked for something else. */
  own(stored: StoredTokens | undefined): StoredTokens | undefined {
    if (!stored || (stored.owner ?? this.#owner) !== this.#owner) return undefined
    if (this.#seed !== undefined && stored.seed !== this.#seed) return undefined
    if ((stored.purpose ?? this.#purpose) === this.#purpose) return stored
    return this.#renewsAsGranted ? undefined : { ...stored, accessToken: undefined }
  }

  /** Tokens that were had with these settings. */
  marked(tokens: StoredTokens): StoredTokens {
    return { ...tokens, owner: this.#owner, purpose: this.#purpose }
  }
}

function byPerson({ type }: Grant): boolean {
  return type === 'authorization-code' || type === 'device-code'
}

function digest(facts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex')
}
