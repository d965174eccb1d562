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
export {
  certificateProblem,
  openCertificateStore,
  readCertificate,
  type Certificate,
  type CertificateStore,
  type Identity,
} from '@posthorn/certificate'
export {
  closedAccess,
  compose,
  displayAddress,
  displayMailbox,
  messageOctets,
  messageStream,
  openAccess,
  parseAddressList,
  parseMailbox,
  parseMailboxList,
  rawContent,
  rawMessage,
  readMailboxes,
  readMessage,
  type Access,
  type Address,
  type AddressInput,
  type Attachment,
  type CalendarInput,
  type ComposeOptions,
  type ContentCipher,
  type DkimOptions,
  type Draft,
  type EncryptOptions,
  type ListFields,
  type Mailbox,
  type MailboxInput,
  type Message,
  type RawMessage,
  type RawMessageOptions,
  type RawSource,
  type ReadMessage,
  type SignOptions,
  type SmimeOptions,
} from '@posthorn/mime'
export {
  Extensions,
  isTransient,
  RecipientsRefused,
  SmtpClient,
  type AccessToken,
  type ContentSource,
  type Credentials,
  type Delivery,
  type Envelope,
  type Outcome,
  type PoolOptions,
  type Receipt,
  type Recipient,
  type Security,
  type SendOptions,
  type SmtpOptions,
  type SmtpSession,
  type Submission,
  type TimeoutOptions,
  type TokenSource,
  type TrailEvent,
} from '@posthorn/smtp'
export { DIAGNOSES, type DiagnosisCode, type DiagnosisText } from './diagnose/diagnoses.js'
export { diagnose, type DiagnoseOptions } from './diagnose/diagnose.js'
export type { Check, CheckStep, Diagnosis, Finding } from './diagnose/diagnosis.js'
export {
  tlsCapabilities,
  type ProxyChoice,
  type ProxyOptions,
  type RevocationChecks,
  type ServerCertificateFacts,
  type SocketOptions,
  type TlsCapabilities,
  type TlsFacts,
  type TlsOptions,
} from '@posthorn/net'
export { checkProfile, type Profile } from '@posthorn/settings'
export type { LeftOut } from './attachments/left-out.js'
export { draftFromJson } from './draft-json.js'
export { loadProfile } from './load-profile.js'
export type { Mail, MailDraft, ReadyMessage } from './mail.js'
export { isSendFailure, type MailFailure, type MailReceipt } from './mail-receipt.js'
export type { EnvelopeTerms, MailSendOptions } from './mail-send-options.js'
export { Mailer, type LoadTerms, type MailerOptions } from './mailer.js'
export type { LoadedProfile, LoadOptions } from './profiles/load-profile.js'
export type { MailerEvents } from './reload/current-way.js'
export type { ReloadEvent } from './reload/reload-event.js'
export type { SendResult } from './send-many.js'
export { profileFromUrl } from './server-url.js'
export type { ProfileTerms } from './way/profile-terms.js'
export type { ProfileWarning } from './way/profile-warning.js'
export type { SpooledDelivery } from './way/spool-client.js'
export { smimeOptionsOf } from './way/smime-options.js'
export { smtpOptionsOf } from './way/smtp-options.js'
export { tokenOptionsOf } from './way/token-options.js'
export { discover, isDiscoverFailure } from './discover/discover.js'
export type {
  Candidate,
  CandidateSettings,
  CandidateSource,
  DiscoveredProvider,
  Discovery,
  DiscoverOptions,
  DiscoverResolver,
  DiscoverRoad,
  Evidence,
  MxAnswer,
  SrvAnswer,
  Verification,
} from './discover/discovery.js'
export { profileOf } from './discover/profile-of.js'
export { connectionLogLines } from './logging/connection-log-lines.js'
export type { LogEntry } from './logging/log-entry.js'
export type { MailLog } from './logging/mail-log.js'
export { openLog, type LoggingSettings, type LogTerms } from './logging/open-log.js'
