import type { TlsFacts } from '@posthorn/net'

/** The settings that tell what the last handshake came to. */
export type NegotiatedName =
  | 'SSLNegotiatedCipher'
  | 'SSLNegotiatedCipherStrength'
  | 'SSLNegotiatedCipherSuite'
  | 'SSLNegotiatedKeyExchange'
  | 'SSLNegotiatedKeyExchangeStrength'
  | 'SSLNegotiatedVersion'

/**
 * What was agreed on, as text; empty before the first handshake. The suite by OpenSSL's name and by IANA's; the strength of a key exchange
 * that cannot be told is 0. [ipworks.config.SSLNegotiatedCipher]
 */
export function negotiated(facts: TlsFacts | undefined): Readonly<Record<NegotiatedName, string>> {
  return {
    SSLNegotiatedCipher: facts?.cipherName ?? '',
    SSLNegotiatedCipherStrength: facts ? String(facts.strengthBits) : '',
    SSLNegotiatedCipherSuite: facts?.cipher ?? '',
    SSLNegotiatedKeyExchange: facts?.keyExchange ?? '',
    SSLNegotiatedKeyExchangeStrength: facts ? String(facts.keyExchangeBits) : '',
    SSLNegotiatedVersion: facts?.protocol ?? '',
  }
}
