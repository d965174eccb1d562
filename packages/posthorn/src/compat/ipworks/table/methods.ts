// A table: the methods, in the order of the document; for the manual.

/** A method as it is called, and what it does. */
export interface Method {
  /** Its name and arguments; the callback that each takes last is left out. */
  readonly call: string
  /** `later`: it returns a promise. */
  readonly gives: 'at once' | 'later'
  readonly says: string
}

export const METHODS = {
  Config: {
    call: 'config(setting)',
    gives: 'at once',
    says: '`NAME=VALUE` sets and `NAME` tells a setting; names without regard to case, switches as True, False, Yes, No, 1, 0.',
  },
  Connect: { call: 'connect()', gives: 'later', says: 'Connects, greets, starts TLS, logs in.' },
  Disconnect: { call: 'disconnect()', gives: 'later', says: 'QUIT, and the end of the connection.' },
  DoEvents: { call: 'doEvents()', gives: 'later', says: 'Resolves once the events that wait were delivered.' },
  Expand: { call: 'expand(emailAddress)', gives: 'later', says: 'EXPN; an event Expand for each line of the reply.' },
  Interrupt: { call: 'interrupt()', gives: 'at once', says: 'Ends the method at work: it rejects with 301.' },
  ProcessQueue: {
    call: 'processQueue(queueDir)',
    gives: 'later',
    says: 'Sends every file ending `.queued`, the oldest first, over one connection; stops at the first failure.',
  },
  Queue: {
    call: 'queue(queueDir)',
    gives: 'later',
    says: 'Writes the message into a folder, durably, and gives the name of the file; for `*` gives the text it would hold.',
  },
  Reset: {
    call: 'reset()',
    gives: 'at once',
    says: 'Every property and setting as in the beginning; ends the connection.',
  },
  ResetHeaders: {
    call: 'resetHeaders()',
    gives: 'at once',
    says: 'Empties what becomes a header field, and the recipients.',
  },
  Send: { call: 'send()', gives: 'later', says: 'Sends the message; without a connection on one of its own.' },
  SendCommand: {
    call: 'sendCommand(command)',
    gives: 'later',
    says: 'One command as it stands; the reply is in `lastReply`, whatever it says.',
  },
  SendToTerminalAndEmail: { call: 'sendToTerminalAndEmail()', gives: 'later', says: 'As `send()`, by SAML.' },
  SendToTerminalOnly: { call: 'sendToTerminalOnly()', gives: 'later', says: 'As `send()`, by SEND.' },
  SendToTerminalOrEmail: { call: 'sendToTerminalOrEmail()', gives: 'later', says: 'As `send()`, by SOML.' },
  SetMessageStream: {
    call: 'setMessageStream(stream)',
    gives: 'at once',
    says: 'A `Readable`, or an async iterable of octets, as the body of the next message.',
  },
  Verify: { call: 'verify(emailAddress)', gives: 'later', says: 'VRFY; the reply is in `lastReply`.' },
} as const satisfies Readonly<Record<string, Method>>
