// A table: the events and their fields.

/** `direction` of PITrail: 0 by the client, 1 by the server, 2 said by the class itself. */
export interface PITrailEvent {
  readonly direction: 0 | 1 | 2
  /** The line, without CRLF. */
  readonly message: string
}

export type ConnectionEventName =
  'Firewall Connect' | 'SSL Connect' | 'Connected' | 'Disconnected' | 'SSL Broken' | 'Firewall Disconnect'

export interface ConnectionStatusEvent {
  readonly connectionEvent: ConnectionEventName
  /** 0, or the number of the error. */
  readonly statusCode: number
  /** `OK`, or the text of the error. */
  readonly description: string
}

/** The body begins, or is out. */
export interface TransferDirectionEvent {
  /** 0: by the client. */
  readonly direction: 0
}

export interface TransferEvent extends TransferDirectionEvent {
  /** Octets of the body so far, before dots are doubled. */
  readonly bytesTransferred: number
  /** 0 to 100; -1 when the length is not known. */
  readonly percentDone: number
  /** The octets of this step. */
  readonly text: Buffer
}

export interface ErrorEvent {
  readonly errorCode: number
  /** With the recipient and the reply. */
  readonly description: string
}

export interface ExpandEvent {
  /** A line of the reply, such as `Anna <anna@example.com>`. */
  readonly address: string
}

export interface SSLServerAuthenticationEvent {
  /** The certificate, PEM; with SSLIncludeCertChain the chain. */
  readonly certEncoded: Buffer
  readonly certSubject: string
  readonly certIssuer: string
  /** `OK`, or why it is not to be trusted. */
  readonly status: string
  /** The verdict; what the last handler leaves here counts. */
  accept: boolean
}

export interface SSLStatusEvent {
  readonly message: string
}

export interface ComponentEvents {
  readonly ConnectionStatus: ConnectionStatusEvent
  readonly EndTransfer: TransferDirectionEvent
  readonly Error: ErrorEvent
  readonly Expand: ExpandEvent
  readonly PITrail: PITrailEvent
  readonly SSLServerAuthentication: SSLServerAuthenticationEvent
  readonly SSLStatus: SSLStatusEvent
  readonly StartTransfer: TransferDirectionEvent
  readonly Transfer: TransferEvent
}

export type EventName = keyof ComponentEvents

/** When each is fired, and the fields of its argument; for the manual. */
export const EVENTS: Readonly<Record<EventName, { readonly says: string; readonly fields: readonly string[] }>> = {
  ConnectionStatus: {
    says: 'The proxy, the server or TLS was connected or has ended.',
    fields: ['connectionEvent', 'statusCode', 'description'],
  },
  EndTransfer: { says: 'The body is out.', fields: ['direction'] },
  Error: { says: 'A recipient was refused, and the message goes to the others.', fields: ['errorCode', 'description'] },
  Expand: { says: 'One line of the reply to `expand()`.', fields: ['address'] },
  PITrail: { says: 'A command, a line of a reply, or a note of the class.', fields: ['direction', 'message'] },
  SSLServerAuthentication: {
    says: 'The server has shown its certificate; nothing was sent over TLS yet. `accept` may be written.',
    fields: ['certEncoded', 'certSubject', 'certIssuer', 'status', 'accept'],
  },
  SSLStatus: { says: 'What happens in the handshake, and with LogSSLPackets every record.', fields: ['message'] },
  StartTransfer: { says: 'The body begins.', fields: ['direction'] },
  Transfer: {
    says: 'A part of the body is out.',
    fields: ['direction', 'bytesTransferred', 'percentDone', 'text'],
  },
}
