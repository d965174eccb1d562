import type { SaslContext } from '../src/index.js'

/** A user with a password, at a server without TLS. */
export function context(more: Partial<SaslContext> = {}): SaslContext {
  return {
    service: 'smtp',
    serviceHost: 'relay.example.test',
    host: 'relay.example.test',
    port: 587,
    user: 'user',
    password: () => 'pencil',
    accessToken: undefined,
    authorizationId: undefined,
    realm: undefined,
    ntlm: undefined,
    secure: false,
    offered: [],
    channelBindings: [],
    ...more,
  }
}

/** A message of an exchange as text. */
export async function text(
  message: Promise<Uint8Array | null | undefined> | Uint8Array | null | undefined,
): Promise<string | null | undefined> {
  const octets = await message
  return octets instanceof Uint8Array ? Buffer.from(octets).toString('utf8') : octets
}
