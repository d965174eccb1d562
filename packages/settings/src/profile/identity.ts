import { z } from 'zod'
import { group, line, port, setting } from './parts.js'

/** This side of the connection. */
export const identity = group({
  localName: setting(line(255), {
    says: 'The name given in EHLO: a domain or an address literal.',
    effect: 'session',
    default: '(`identity.localAddress`, else the name of this host when it is fully qualified, else its address)',
    smtp: 'localName',
    flag: '--local-name <name>',
    flagSays: 'the name given in EHLO',
    from: ['illiad.config.FullyQualifiedDomainName', 'javamail.mail.smtp.localhost', 'ipworks.config.Hello'],
  }),
  localAddress: setting(line(255), {
    says: 'The IP address to connect from.',
    effect: 'session',
    smtp: 'localAddress',
    from: ['javamail.mail.smtp.localaddress', 'ipworks.prop.LocalHost'],
  }),
  localPort: setting(port(), {
    says: 'The port to connect from. It serves one connection at a time.',
    effect: 'session',
    smtp: 'localPort',
    from: ['javamail.mail.smtp.localport', 'ipworks.config.LocalPort'],
  }),
  family: setting(z.literal([0, 4, 6]), {
    says: 'Which addresses are used: 4 or 6 alone, 0 for both (raced, RFC 8305).',
    effect: 'session',
    default: 0,
    smtp: 'family',
    from: ['ipworks.config.UseIPv6'],
  }),
})
