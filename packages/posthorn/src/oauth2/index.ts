export type { BrowserSignIn } from './browser-sign-in.js'
export type { Clock } from './clock.js'
export { describeToken, type TokenDescription } from './describe-token.js'
export type { DeviceCode } from './device-code.js'
export { FileTokenStore, type FileTokenStoreOptions } from './file-token-store.js'
export { google } from './google.js'
export { MemoryTokenStore } from './memory-token-store.js'
export { microsoft, type MicrosoftOptions } from './microsoft.js'
export { providerForAuthority } from './provider-for-authority.js'
export type { MailUse, Provider, ProviderScopes } from './provider.js'
export type { ServiceAccountKey } from './service-account.js'
export { TokenManager, type ManagedToken, type SignIn } from './token-manager.js'
export type {
  ClientAssertion,
  ClientCertificate,
  Grant,
  JwtAlgorithm,
  TokenEvent,
  TokenOptions,
} from './token-options.js'
export { tokenSource } from './token-source.js'
export type { StoredTokens, TokenStore } from './token-store.js'
