// A table: the properties of the class, in the order of its document.
import { Certificate } from '../type/certificate.js'
import { Firewall } from '../type/firewall.js'
import { HeaderList } from '../type/header-list.js'
import type { MessageRecipient } from '../type/message-recipient.js'
import { MessageRecipientList } from '../type/message-recipient-list.js'
import { choice, flag, object, octets, secret, text, whole, type Row } from './row.js'

/** A property: a row with the name of its accessor. */
export interface Property<A extends string, T, W extends boolean> {
  readonly accessor: A
  readonly writable: W
  readonly row: Row<T>
}

function property<const A extends string, T>(accessor: A, row: Row<T>): Property<A, T, true> {
  return { accessor, writable: true, row }
}

function readOnly<const A extends string, T>(accessor: A, row: Row<T>): Property<A, T, false> {
  return { accessor, writable: false, row }
}

export const AuthMechanism = Object.freeze({
  ...{ amUserPassword: 0, amCRAMMD5: 1, amNTLM: 2, amAPOP: 3, amSASLPlain: 4, amSASLDigestMD5: 5, amKerberos: 6 },
  ...{ amXOAUTH2: 7 },
} as const)
export const Importance = Object.freeze({ miUnspecified: 0, miHigh: 1, miNormal: 2, miLow: 3 } as const)
export const Priority = Object.freeze({ epUnspecified: 0, epNormal: 1, epUrgent: 2, epNonUrgent: 3 } as const)
export const Sensitivity = Object.freeze({
  esUnspecified: 0,
  esPersonal: 1,
  esPrivate: 2,
  esCompanyConfidential: 3,
} as const)
export const SSLProvider = Object.freeze({ sslpAutomatic: 0, sslpPlatform: 1, sslpInternal: 2 } as const)
export const SSLStartMode = Object.freeze({ sslAutomatic: 0, sslImplicit: 1, sslExplicit: 2, sslNone: 3 } as const)

const isCertificate = (value: unknown): value is Certificate => value instanceof Certificate
const isRecipientList = (value: unknown): value is MessageRecipientList => value instanceof MessageRecipientList
const isFirewall = (value: unknown): value is Firewall => value instanceof Firewall

function recipientListOf(recipients: readonly MessageRecipient[]): MessageRecipientList {
  const list = new MessageRecipientList()
  for (const recipient of recipients) list.add(recipient)
  return list
}

export const PROPERTIES = {
  AllowExtensions: property(
    'allowExtensions',
    flag(true, {
      change: 'connect',
      says: 'EHLO, and HELO where that is refused; false: HELO alone, and no extension.',
      to: '`extensions`',
    }),
  ),
  AuthMechanism: property(
    'authMechanism',
    choice(AuthMechanism, 0, {
      change: 'connect',
      says: 'How `User` and `Password` log in.',
      to: '`credentials.mechanism`, `mechanisms`',
    }),
  ),
  BCc: property(
    'bcc',
    text('', {
      change: 'send',
      says: 'Blind copies: adds to `MessageRecipients`; no header field.',
      to: 'the envelope',
    }),
  ),
  Cc: property(
    'cc',
    text('', { change: 'send', says: 'Copies: adds to `MessageRecipients`.', to: 'the envelope and Cc' }),
  ),
  Connected: readOnly(
    'connected',
    flag(false, {
      change: 'never',
      says: 'True from the end of `connect()` until the connection ends.',
      to: 'the session',
    }),
  ),
  DeliveryNotificationTo: property(
    'deliveryNotificationTo',
    text('', { change: 'send', says: 'Asks for a note of the delivery.', to: 'Return-Receipt-To' }),
  ),
  Firewall: property(
    'firewall',
    object(
      () => new Firewall(),
      { change: 'connect', says: 'The proxy on the way.', to: '`proxy`' },
      isFirewall,
      'a Firewall',
    ),
  ),
  From: property(
    'from',
    text('', {
      change: 'send',
      says: 'The author, `name <a@b>` or `a@b`. Required.',
      to: 'From, and the reverse-path',
    }),
  ),
  Idle: readOnly(
    'idle',
    flag(true, { change: 'never', says: 'False while a method is at work.', to: 'the class itself' }),
  ),
  Importance: property(
    'importance',
    choice(Importance, 0, { change: 'send', says: 'How important it is.', to: 'Importance' }),
  ),
  LastReply: readOnly(
    'lastReply',
    text('', { change: 'never', says: 'The last reply of the server, its lines joined by CRLF.', to: 'the replies' }),
  ),
  LocalHost: property(
    'localHost',
    text('', {
      change: 'connect',
      locked: 107,
      says: 'The address to connect from, or a name of it; while connected the address in use.',
      to: '`localAddress`',
    }),
  ),
  MailPort: property(
    'mailPort',
    whole(25, [0, 65_535], { change: 'connect', locked: 100, says: 'The port of the server.', to: '`port`' }),
  ),
  MailServer: property(
    'mailServer',
    text('', {
      change: 'connect',
      locked: 101,
      says: 'Name or address of the server; `*name` leaves the lookup to the proxy.',
      to: '`host`',
    }),
  ),
  Message: property(
    'message',
    octets({
      change: 'send',
      says: 'The body as octets, sent as they are; goes before `MessageText`.',
      to: 'the content',
    }),
  ),
  MessageDate: property(
    'messageDate',
    text('*', { change: 'send', says: '`*`: now; empty: no field; anything else stands as it is.', to: 'Date' }),
  ),
  MessageHeaders: readOnly(
    'messageHeaders',
    object(
      () => new HeaderList(),
      { change: 'never', says: 'The header fields that the next message gets, unfolded.', to: 'the header' },
      (value): value is HeaderList => value instanceof HeaderList,
      'a HeaderList',
    ),
  ),
  MessageHeadersString: readOnly(
    'messageHeadersString',
    text('', {
      change: 'never',
      says: 'The header of the next message, with its empty line; behind a send of the one sent, until a property or setting of the message is set.',
      to: 'the header',
    }),
  ),
  MessageId: property(
    'messageId',
    text('*', { change: 'send', says: '`*`: a new one for each message; empty: no field.', to: 'Message-ID' }),
  ),
  MessageRecipients: property(
    'messageRecipients',
    object(
      () => new MessageRecipientList(),
      {
        change: 'send',
        says: 'Everybody the message goes to, in the order of RCPT; what changes inside the list counts from the next message on, in `MessageHeadersString`, too.',
        to: 'the envelope, To and Cc',
      },
      isRecipientList,
      'a MessageRecipientList, or an array of MessageRecipient',
      (value) => (Array.isArray(value) && !isRecipientList(value) ? recipientListOf(value) : value),
    ),
  ),
  MessageText: property(
    'messageText',
    text('', {
      change: 'send',
      says: 'The body as text. What is not ASCII, or too long for a line, is encoded.',
      to: 'the content',
    }),
  ),
  OtherHeaders: property(
    'otherHeaders',
    text('', {
      change: 'send',
      says: 'Further header fields, each with CRLF; one that begins with CRLF takes the place of all.',
      to: 'the header',
    }),
  ),
  Password: property(
    'password',
    secret({ change: 'connect', says: 'With `User`: the login.', to: '`credentials.password`' }),
  ),
  Priority: property('priority', choice(Priority, 0, { change: 'send', says: 'How urgent it is.', to: 'Priority' })),
  ReadReceiptTo: property(
    'readReceiptTo',
    text('', { change: 'send', says: 'Asks for a note of the reading.', to: 'Disposition-Notification-To' }),
  ),
  ReplyTo: property('replyTo', text('', { change: 'send', says: 'Where answers are to go.', to: 'Reply-To' })),
  ReturnPath: property(
    'returnPath',
    text('', { change: 'send', says: 'The reverse-path in place of `From`; `<>`: the null one.', to: '`reversePath`' }),
  ),
  SendTo: property(
    'sendTo',
    text('', { change: 'send', says: 'Recipients: adds to `MessageRecipients`.', to: 'the envelope and To' }),
  ),
  Sensitivity: property(
    'sensitivity',
    choice(Sensitivity, 0, { change: 'send', says: 'How private it is.', to: 'Sensitivity' }),
  ),
  SSLAcceptServerCert: property(
    'sslAcceptServerCert',
    object(
      () => new Certificate(),
      {
        change: 'connect',
        says: 'The certificate that is taken whatever is wrong with it.',
        to: '`tls.acceptedCertificates`',
      },
      isCertificate,
      'a Certificate',
    ),
  ),
  SSLCert: property(
    'sslCert',
    object(
      () => new Certificate(),
      { change: 'connect', says: 'The certificate to show when the server asks for one.', to: '`tls.identity`' },
      isCertificate,
      'a Certificate',
    ),
  ),
  SSLEnabled: property(
    'sslEnabled',
    flag(false, {
      change: 'connect',
      says: 'Bound to `SSLStartMode`: true makes it automatic where it was none.',
      to: '`security`',
    }),
  ),
  SSLProvider: property(
    'sslProvider',
    choice(SSLProvider, 0, {
      change: 'connect',
      says: 'Kept; there is one TLS stack, and it does what each of them did.',
      to: 'nothing',
    }),
  ),
  SSLServerCert: readOnly(
    'sslServerCert',
    object(
      () => new Certificate(),
      { change: 'never', says: 'What the server showed last.', to: 'the session' },
      isCertificate,
      'a Certificate',
    ),
  ),
  SSLStartMode: property(
    'sslStartMode',
    choice(SSLStartMode, 3, {
      change: 'connect',
      says: 'Automatic: STARTTLS on 25 and 587, TLS from the first octet elsewhere, never clear text.',
      to: '`security`',
    }),
  ),
  Subject: property('subject', text('', { change: 'send', says: 'The subject.', to: 'Subject' })),
  Timeout: property(
    'timeout',
    whole(60, [0, 2_147_483], {
      change: 'at once',
      says: 'Seconds without an octet in either direction (see `AbsoluteTimeout`); 0: no limit.',
      to: '`timeouts.silentMs`, `timeouts.connectMs`',
    }),
  ),
  User: property(
    'user',
    text('', { change: 'connect', says: 'With `Password`: the login.', to: '`credentials.user`' }),
  ),
} as const

export type PropertyName = keyof typeof PROPERTIES
export type PropertyValue<N extends PropertyName> =
  (typeof PROPERTIES)[N] extends Property<string, infer T, boolean> ? T : never
