export {
  ApiError,
  ConnectError,
  InvariantError,
  PosthornError,
  ProtocolError,
  ReplyError,
  replyText,
  Secret,
  SettingsError,
  type Content,
  type ErrorOutcome,
  type Phase,
  type Reply,
} from '@posthorn/ground'
export { SmtpClient } from './client.js'
export { headerIsUtf8, octetsOf, sourceFailed } from './content/prepare.js'
export * from './envelope.js'
export { Extensions, type ServerLimits } from './extensions.js'
export { isSendFailure, RecipientsRefused, type SendFailure } from './failure.js'
export { parseMailbox, type Path } from './mailbox.js'
export * from './options.js'
export { mailParameters, rcptParameters, type MailFacts } from './parameters.js'
export * from './receipt.js'
export type {
  AccessToken,
  ChannelBinding,
  Credentials,
  Exchange,
  LoginTerms,
  Mechanism,
  MechanismCredentials,
  NtlmSettings,
  PasswordCredentials,
  SaslContext,
  Strength,
  TokenCredentials,
  TokenSource,
} from '@posthorn/sasl'
export type { SmtpSession } from './smtp-session.js'
export type { TrailEvent, TrailFacts } from './trail.js'
export { fromUtf8AddressXtext, fromXtext } from './xtext.js'
