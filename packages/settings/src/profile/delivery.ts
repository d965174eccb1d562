import { z } from 'zod'
import { group, line, lines, mailbox, setting } from './parts.js'

const onRefusal = (kind: string) =>
  setting(z.enum(['stop', 'continue']), {
    says: `When a recipient in ${kind} is refused: \`stop\`, and nobody gets the message, or \`continue\` with the others.`,
    effect: 'message',
    default: 'continue',
    from: ['runmyjobs.registry.SendPartial', 'javamail.mail.smtp.sendpartial', 'ipworks.config.StopOnRefusedRecipient'],
  })

/** On which terms messages are handed over. */
export const delivery = group({
  onRefused: group({ to: onRefusal('To'), cc: onRefusal('Cc'), bcc: onRefusal('Bcc') }),
  transferEncoding: setting(z.enum(['7bit', '8bit', 'binary']), {
    says: 'How far content is widened to what the server offers.',
    effect: 'session',
    default: '7bit',
    smtp: 'transferEncoding',
    from: ['javamail.mail.smtp.allow8bitmime'],
  }),
  dsn: group({
    notify: setting(
      z
        .array(z.enum(['never', 'success', 'failure', 'delay']))
        .min(1)
        .max(3),
      {
        says: 'Which status notifications are asked for, where the server offers DSN (RFC 3461); `never` stands alone.',
        effect: 'message',
        from: ['javamail.mail.smtp.dsn.notify'],
      },
    ),
    ret: setting(z.enum(['full', 'headers']), {
      says: 'How much of the message a failure notification returns.',
      effect: 'message',
      from: ['javamail.mail.smtp.dsn.ret'],
    }),
  }),
  smtpUtf8: setting(z.enum(['auto', 'when-offered', 'required']), {
    says:
      'SMTPUTF8 on MAIL (RFC 6531). `auto`: where an address needs it. `when-offered`: wherever the server offers it, header fields stay encoded. ' +
      '`required`: header fields that are not ASCII go as they are, and a server without SMTPUTF8 is refused. An address that needs it is ' +
      'never sent to a server without.',
    effect: 'message',
    default: 'auto',
    from: ['javamail.mail.mime.allowutf8'],
  }),
  submitter: setting(mailbox(), {
    says: 'The mailbox that submitted the messages: AUTH= of MAIL (RFC 4954 5), where the server offers AUTH.',
    effect: 'message',
    from: ['javamail.mail.smtp.submitter'],
  }),
  mailParameters: setting(lines(), {
    says: 'Further parameters of MAIL as they stand on the wire; each is sent where the server offers its extension, which is the keyword it begins with unless another one is known.',
    effect: 'message',
    from: ['javamail.mail.smtp.mailextension'],
  }),
  requireTls: setting(z.boolean(), {
    says: 'True: every server on the way must use verified TLS (REQUIRETLS, RFC 8689); a server that does not offer it is refused.',
    effect: 'message',
    default: false,
  }),
})

export const direct = group({
  mtaSts: setting(z.enum(['enforce', 'off']), {
    says: 'Transport `direct`: whether the MTA-STS policy of a domain is kept (RFC 8461).',
    effect: 'session',
    default: 'enforce',
    weakens: (value) => value === 'off',
  }),
  dane: setting(z.enum(['auto', 'off']), {
    says: 'Transport `direct`: whether TLSA records are kept (RFC 7672); they count only from a resolver that validates.',
    effect: 'session',
    default: 'auto',
    weakens: (value) => value === 'off',
  }),
  policyStore: setting(line(4096), {
    says: 'Transport `direct`: the file MTA-STS policies are kept in, so that they protect beyond the end of the process. One program should write to it.',
    effect: 'session',
    holds: 'path',
    default: '(in memory)',
  }),
  dnsOverHttps: setting(line(2000), {
    says: 'Transport `direct`: the address of a validating resolver that answers in JSON, `https://dns.example/resolve`.',
    effect: 'session',
  }),
})
