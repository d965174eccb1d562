import { z } from 'zod'
import { count, group, host, port, setting } from './parts.js'

/** The server that takes our mail, and how it is spoken to. */
export const relay = group({
  host: setting(host(), {
    says: 'The name or IP address of the relay.',
    effect: 'session',
    smtp: 'host',
    from: [
      'illiad.key.EMailSMTPServer',
      'genesys.option.server',
      'beyondtrust.server.ServerName',
      'runmyjobs.registry.Server',
      'javamail.mail.smtp.host',
      'ipworks.prop.MailServer',
    ],
  }),
  port: setting(port(), {
    says: 'Its port.',
    effect: 'session',
    default: '(465 with implicit TLS, else 587)',
    smtp: 'port',
    from: [
      'illiad.key.EMailSMTPPort',
      'genesys.option.port',
      'beyondtrust.server.Port',
      'runmyjobs.registry.Port',
      'javamail.mail.smtp.port',
      'ipworks.prop.MailPort',
    ],
  }),
  extensions: setting(z.boolean(), {
    says: 'False: HELO only, no extension, no STARTTLS, no AUTH.',
    effect: 'session',
    default: true,
    smtp: 'extensions',
    from: ['illiad.config.AllowExtensions', 'javamail.mail.smtp.ehlo', 'ipworks.prop.AllowExtensions'],
  }),
  pipelining: setting(z.enum(['auto', 'off']), {
    says: 'Commands in groups when PIPELINING is offered (RFC 2920).',
    effect: 'session',
    default: 'auto',
    smtp: 'pipelining',
  }),
  chunking: setting(z.enum(['auto', 'off']), {
    says: 'BDAT in place of DATA when CHUNKING is offered (RFC 3030).',
    effect: 'session',
    default: 'auto',
    smtp: 'chunking',
  }),
  chunkOctets: setting(count(1, 67_108_864), {
    says: 'The size of the pieces that BDAT sends; without it the content goes in one piece where it can.',
    effect: 'session',
    unit: 'octets',
    smtp: 'chunkOctets',
    from: ['javamail.mail.smtp.chunksize'],
  }),
  quitAfterRefusedGreeting: setting(z.boolean(), {
    says: 'True: QUIT is sent after a greeting that is not 220; false: the connection is closed.',
    effect: 'session',
    default: true,
    smtp: 'quitAfterRefusedGreeting',
    from: ['javamail.mail.smtp.quitonsessionreject'],
  }),
  keepAlive: setting(z.boolean(), {
    says: 'TCP keep-alive.',
    effect: 'session',
    default: true,
    smtp: 'keepAlive',
    from: ['ipworks.config.TcpKeepAlive'],
  }),
  keepAliveDelayMs: setting(count(1, 2 ** 31 - 1), {
    says: 'Idle time before the first keep-alive probe.',
    effect: 'session',
    unit: 'ms',
    default: '(that of the system)',
    smtp: 'keepAliveDelayMs',
  }),
  noDelay: setting(z.boolean(), {
    says: 'TCP_NODELAY: no waiting for more octets to fill a packet.',
    effect: 'session',
    default: true,
    smtp: 'noDelay',
  }),
  linger: setting(z.boolean(), {
    says: 'How a connection is closed: true sends what is left, false resets it at once.',
    effect: 'session',
    default: true,
    smtp: 'linger',
  }),
  lingerMs: setting(count(1, 2 ** 31 - 1), {
    says: 'How long that may take before the connection is reset.',
    effect: 'session',
    unit: 'ms',
    smtp: 'lingerMs',
  }),
  readBufferOctets: setting(count(1, 2 ** 31 - 1), {
    says: 'What a connection reads ahead.',
    effect: 'session',
    unit: 'octets',
    smtp: 'readBufferOctets',
  }),
  writeBufferOctets: setting(count(1, 2 ** 31 - 1), {
    says: 'What a connection holds before it makes the writer wait.',
    effect: 'session',
    unit: 'octets',
    smtp: 'writeBufferOctets',
  }),
})
