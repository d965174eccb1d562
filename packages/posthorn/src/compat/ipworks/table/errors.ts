// A table: the numbers of the errors, in the groups of the document; each with what it is and when it comes.
import { SYSTEM_ERRORS } from '@posthorn/net'

/** The groups in which the document lists them. */
export type ErrorGroup = 'SMTP' | 'TCPClient' | 'SSL' | 'TCP/IP'

/** One number of the document. [ipworks.error] */
export interface ErrorNumber {
  readonly group: ErrorGroup
  /** What it is, in a few words that begin a sentence. */
  readonly text: string
  /** False: a constant, which the class never gives; it is there so that code that compares with it goes on. */
  readonly raised: boolean
  /** When it comes, or why never. */
  readonly when: string
}

type Numbers = Readonly<Record<number, ErrorNumber>>

const SMTP = group('SMTP', {
  118: ['Proxy failure', 'The proxy refuses, rejects the login or answers nonsense.'],
  161: ['Server refused a command', 'The server answers 4yz or 5yz, or does not offer what the settings ask for.'],
  162: [
    'Talk with the server broke',
    'A reply makes no sense, or the connection ends in a transaction without an error of the system.',
  ],
  163: ['No server set', '`MailServer` is empty.'],
  164: ['No sender set', '`From` is empty, whatever `ReturnPath` is.'],
  165: ['No recipient', 'There is no To, and `AllowEmptyTo` is False; or there is no recipient at all.'],
  166: ['Another method is running', 'A method is called while `Idle` is False.'],
  301: [
    'Operation interrupted, or timed out',
    '`interrupt()` was called, or `Timeout` or `ConnectionTimeout` is over; `reason` says which.',
  ],
  302: ['Body not readable', 'The stream of `setMessageStream()` fails. The class has no attached files.'],
})

const TCP_CLIENT = group('TCPClient', {
  100: ['Port change refused', '`MailPort` is set while connected or connecting.'],
  101: ['Server change refused', '`MailServer` is set while connected or connecting.'],
  102: ['Unusable server address', '`MailServer` or the host of the proxy is 0.0.0.0 or ::.'],
  104: ['Already connected', '`connect()` while `Connected` is True.'],
  106: ['Local port change refused', '`LocalPort` is set while connected or connecting.'],
  107: ['Local host change refused', '`LocalHost` is set while connected or connecting.'],
  112: ['Line limit change refused', '`MaxLineLength` is set while connected or connecting.'],
  116: ['Port zero', '`MailPort` is 0.'],
  117: never('UseConnection change refused', 'The class has no UseConnection.'),
  135: never('Would block', 'Node.js queues what is written.'),
  201: never('Timeout (alternative number)', 'A timeout is 301 with the reason `timeout`.'),
  211: ['Not possible in this state', 'A call contradicts the settings, or what the server offers.'],
  212: never('Not possible while unconnected', '1117 is raised.'),
  213: never('Not possible while listening', 'The class never listens.'),
  303: ['File not opened', 'A queue folder, a file in it, the key log or a log cannot be used.'],
  434: ['Text not convertible to the charset', 'A header field has characters that `Charset` does not have.'],
  1105: ['Already connecting', '`connect()` while a connection is being made.'],
  1117: ['Not connected', '`sendCommand()` without a connection.'],
  1119: never('Local host change refused (alternative number)', '107 is raised.'),
  1120: [
    'Server dropped the connection',
    'The connection ends outside of a transaction without an error of the system.',
  ],
})

const SSL = group('SSL', {
  270: ['TLS library problem', 'The settings leave no cipher suite or version, or TLS cannot use them.'],
  271: [
    'Certificate store not opened',
    'The file is missing, the password is wrong, or the kind of store is not supported.',
  ],
  272: ['Certificate not found', 'No certificate of the store has the subject.'],
  273: ['TLS credentials refused', 'Certificate and key do not belong together, or cannot be loaded.'],
  274: ['Certificate chain not found', 'The server leaves out the certificate of an issuer.'],
  275: ['Certificate chain not valid', 'The chain ends in no trusted root, has expired, or is badly signed.'],
  276: ['Handshake failed', 'The two sides do not agree on version, suite or keys.'],
  280: [
    'Certificate refused',
    'It is for another name, revoked, signed in a way that is not allowed, or refused by `accept`.',
  ],
  281: ['Client certificate missing', 'The server asks for one, and `SSLCert` has none with a key.'],
  282: ['Server certificate missing', 'The server shows none (anonymous suites).'],
  283: ['Encryption failed', 'What was sent could not be encrypted, or not be read by the server.'],
  284: ['Decryption failed', 'A record of the server is broken.'],
})

const TCP_IP: Numbers = Object.fromEntries(
  SYSTEM_ERRORS.map(({ number, text, names }) => {
    const raised = names.length > 0
    const when = raised ? `Node.js reports ${names.join(' or ')}.` : 'Node.js has nothing like it.'
    return [number, { group: 'TCP/IP', text: text.charAt(0).toUpperCase() + text.slice(1), raised, when }]
  }),
)

/** Every number of the document. */
export const ERRORS: Numbers = { ...SMTP, ...TCP_CLIENT, ...SSL, ...TCP_IP }

/** How the text of an error begins: `[10061] Connection refused`, `118: Proxy failure`. Empty for a number that is none. */
export function errorText(code: number): string {
  const error = ERRORS[code]
  if (!error) return ''
  return error.group === 'TCP/IP' ? `[${code}] ${error.text}` : `${code}: ${error.text}`
}

type Line = readonly [text: string, when: string] | { readonly never: readonly [text: string, why: string] }

function never(text: string, why: string): Line {
  return { never: [text, why] }
}

function group(name: ErrorGroup, lines: Readonly<Record<number, Line>>): Numbers {
  const entries = Object.entries(lines).map(([number, line]) => {
    const raised = !('never' in line)
    const [text, when] = 'never' in line ? line.never : line
    return [Number(number), { group: name, text, raised, when }] as const
  })
  return Object.fromEntries(entries)
}
