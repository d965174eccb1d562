import { group, milliseconds, setting } from './parts.js'

/** How long each step may take; 0: without limit (24 days, what a timer can wait). */
export const timeouts = group({
  connectMs: setting(milliseconds(0), {
    says: 'Resolving, proxy, connecting and implicit TLS together.',
    effect: 'session',
    unit: 'ms',
    default: 30_000,
    smtp: 'timeouts.connectMs',
    from: ['genesys.option.connect-timeout', 'javamail.mail.smtp.connectiontimeout'],
  }),
  idleMs: setting(milliseconds(0), {
    says: 'One reply, or one block of content taken by the other side.',
    effect: 'session',
    unit: 'ms',
    default: '(by phase, RFC 5321 4.5.3.2: 2 to 5 minutes)',
    smtp: 'timeouts.idleMs',
    from: [
      'illiad.config.Timeout',
      'genesys.option.protocol-timeout',
      'javamail.mail.smtp.timeout',
      'ipworks.prop.Timeout',
    ],
  }),
  writeMs: setting(milliseconds(0), {
    says: 'One block of content taken by the other side, when it is not to be `timeouts.idleMs`.',
    effect: 'session',
    unit: 'ms',
    smtp: 'timeouts.writeMs',
    from: ['javamail.mail.smtp.writetimeout'],
  }),
  finalMs: setting(milliseconds(0), {
    says: 'The reply to the end of the content; a short one makes duplicates.',
    effect: 'session',
    unit: 'ms',
    default: 600_000,
    smtp: 'timeouts.finalMs',
  }),
  quitMs: setting(milliseconds(0), {
    says: 'How long QUIT waits for its reply; 0: not at all.',
    effect: 'session',
    unit: 'ms',
    default: 2000,
    smtp: 'timeouts.quitMs',
    from: ['javamail.mail.smtp.quitwait'],
  }),
  totalMs: setting(milliseconds(0), {
    says: 'One message, from the call to its receipt, waiting for a session included.',
    effect: 'message',
    unit: 'ms',
    default: 300_000,
    smtp: 'deadlineMs',
    flag: '--deadline <seconds>',
    flagSays: 'how long a message may take (default: 300)',
    from: ['beyondtrust.server.ServerTimeout', 'ipworks.config.AbsoluteTimeout'],
  }),
})
