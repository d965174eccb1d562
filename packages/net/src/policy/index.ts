export { matchDane, usableTlsa, type DaneMatch } from './dane.js'
export { MtaStsFileStore } from './mta-sts-file-store.js'
export {
  MtaStsPolicies,
  type MtaStsFinding,
  type MtaStsOptions,
  type MtaStsProblem,
  type ResolveTxt,
} from './mta-sts-policies.js'
export { allowsMx, MtaStsSyntaxError, parseMtaStsPolicy, type MtaStsPolicy } from './mta-sts-policy.js'
export { MtaStsMemoryStore, type KeptPolicy, type MtaStsStore } from './mta-sts-store.js'
export { relayPolicy } from './relay-policy.js'
export type { RelayRefusalCode } from './relay-refusal.js'
export type { RelayPolicy, RelayReport, RelayTarget } from './relay-target.js'
export {
  lookUpOverHttps,
  secureResolverOverHttps,
  type AnswerOverHttps,
  type RecordType,
  type ResolverOverHttpsOptions,
} from './resolver-over-https.js'
export type { SecureAnswer, SecureHost, SecureResolver } from './secure-resolver.js'
