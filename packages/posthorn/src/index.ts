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
  compose,
  parseMailbox,
  parseMailboxList,
  type AddressInput,
  type Attachment,
  type ComposeOptions,
  type Draft,
  type Mailbox,
  type MailboxInput,
  type Message,
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
  type TrailEvent,
} from '@posthorn/smtp'
export { isSendFailure, type MailFailure, type MailReceipt } from './mail-receipt.js'
export { Mailer, type EnvelopeTerms, type MailSendOptions, type ReadyMessage } from './mailer.js'
export { profileFromJson, type Profile } from './profile.js'
export { profileFromUrl } from './server-url.js'
