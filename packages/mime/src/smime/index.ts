export { isForMailbox } from './certificate-mailbox.js'
export type { ContentCipher, EncryptOptions, SignOptions, SmimeOptions } from './options.js'
export {
  verifyMessage,
  type EncryptedLayer,
  type SmimeReadOptions,
  type SignedLayer,
  type SmimeLayer,
  type SmimeReport,
} from './report.js'
export { tryEncrypting } from './try-encrypting.js'
export { trySigning } from './try-signing.js'
export { verifySigned, type Signed } from './verify.js'
export type { Signature, SignatureProblem, VerifyOptions } from './verify-signer.js'
