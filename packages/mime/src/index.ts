export { closedAccess, openAccess, type Access, type Fetched } from './access.js'
export type { DkimOptions } from './dkim/options.js'
export { compose, type ComposeOptions } from './compose.js'
export type {
  AddressInput,
  Alternative,
  Attachment,
  CalendarInput,
  Draft,
  ExtraField,
  GroupInput,
  ListFields,
  MailboxInput,
  OctetSource,
  ReadyPart,
} from './draft.js'
export { fileSource } from './body/file-source.js'
export { quotedPrintable } from './encode/quoted-printable.js'
export { fieldText } from './header/field-text.js'
export { unstructuredField } from './header/header-field.js'
export { isGroup, mailboxesOf, parseAddressList, type Address, type Group } from './address/address.js'
export { displayAddress, displayMailbox } from './address/display.js'
export { readMailboxes, type RefusedEntry, type TypedMailboxes } from './address/lenient.js'
export { parseMailbox, parseMailboxList, type Mailbox } from './address/mailbox.js'
export type { Message } from './message.js'
export { messageOctets, messageStream } from './message-octets.js'
export type { RandomOctets } from './random-block.js'
export { rawContent, type RawContent, type RawContentOptions } from './raw/raw-content.js'
export type { RawEnvelope } from './raw/raw-envelope.js'
export { rawMessage, type RawMessage, type RawMessageOptions } from './raw/raw-message.js'
export type { RawSource } from './raw/raw-source.js'
export { readyOctets } from './raw/ready-octets.js'
export {
  readMessage,
  type ReadAddress,
  type ReadAttachment,
  type ReadMailbox,
  type ReadMessage,
  type ReadOptions,
} from './read/read-message.js'
export type { ContentCipher, EncryptOptions, SignOptions, SmimeOptions } from './smime/options.js'
