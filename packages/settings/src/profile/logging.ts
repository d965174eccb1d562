import { z } from 'zod'
import { count, group, line, setting } from './parts.js'

/** What is written down of what happens. Secrets and content never are. */
export const logging = group({
  level: setting(z.enum(['off', 'error', 'warn', 'info', 'debug']), {
    says: 'How much: `info` is connect, TLS, login, each message; `debug` is the dialogue, too.',
    effect: 'message',
    default: 'info',
    from: ['genesys.option.enable-debug', 'javamail.mail.debug'],
  }),
  destinations: setting(z.array(z.enum(['stderr', 'file', 'syslog', 'eventlog'])).max(4), {
    says: 'Where it goes: `stderr`, `file`, `syslog` (RFC 5424), `eventlog` (Windows).',
    effect: 'start',
    default: '(none)',
    from: ['beyondtrust.logging.EventLog', 'beyondtrust.logging.FileLogging'],
  }),
  file: group({
    path: setting(line(4096), {
      says: 'The log file; it is appended to.',
      effect: 'start',
      holds: 'path',
      from: ['beyondtrust.logging.LogFileName'],
    }),
    maxOctets: setting(count(1024), {
      says: 'The size at which a new one is begun.',
      effect: 'start',
      unit: 'octets',
      default: 10_000_000,
    }),
    keep: setting(count(1, 1000), { says: 'How many old ones are kept.', effect: 'start', default: 5 }),
    format: setting(z.enum(['text', 'json']), {
      says: 'One line of text for each entry, or one JSON object.',
      effect: 'start',
      default: 'text',
    }),
  }),
  syslog: group({
    address: setting(line(2000), {
      says: 'Where the collector is: `udp://host:514`, `tcp://host:601`, `tls://host:6514`.',
      effect: 'start',
      default: 'udp://127.0.0.1:514',
    }),
    caFile: setting(line(4096), {
      says: 'The authorities of a collector at `tls://`, trusted besides the well-known ones: a file in PEM.',
      effect: 'start',
      holds: 'path',
    }),
    facility: setting(
      z.enum([
        ...(['kern', 'user', 'mail', 'daemon', 'auth', 'syslog', 'lpr', 'news', 'uucp', 'cron', 'authpriv'] as const),
        ...(['ftp', 'local0', 'local1', 'local2', 'local3', 'local4', 'local5', 'local6', 'local7'] as const),
      ]),
      { says: 'The facility of its entries (RFC 5424 6.2.1).', effect: 'start', default: 'mail' },
    ),
    appName: setting(line(48), { says: 'The APP-NAME of its entries.', effect: 'start', default: 'posthorn' }),
  }),
  trailFile: setting(line(4096), {
    says: 'A file that gets the protocol trail of every session, whatever the level.',
    effect: 'start',
    holds: 'path',
    from: ['genesys.option.enable-debug', 'javamail.mail.debug'],
  }),
  showUser: setting(z.boolean(), {
    says: 'False: the name that logs in is not shown either.',
    effect: 'start',
    default: true,
    from: ['javamail.mail.debug.auth.username'],
  }),
})
