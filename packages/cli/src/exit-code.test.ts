import {
  ConnectError,
  InvariantError,
  ProtocolError,
  RecipientsRefused,
  ReplyError,
  SettingsError,
  type Delivery,
  type ErrorOutcome,
  type Phase,
} from 'posthorn'
import { describe, expect, it } from 'vitest'
import { exitCodeOf, exitCodeOfReceipt } from './exit-code.js'
import { EXIT } from './sysexits.js'

const settings = (code: string) => new SettingsError(code, 'field', 'is wrong')
const connect = (code: string, phase: Phase, outcome: ErrorOutcome) => new ConnectError(code, 'no', { phase, outcome })
const protocol = (code: string, phase: Phase, outcome: ErrorOutcome) =>
  new ProtocolError(code, 'no', { phase, outcome })
const refused = (phase: Phase, code: number) =>
  new ReplyError(`smtp.${phase}.refused`, 'no', {
    phase,
    outcome: code < 500 ? 'transient' : 'permanent',
    reply: { code, lines: ['no'] },
  })

function delivery(outcome: Delivery['outcome'], code?: number): Delivery {
  return {
    recipient: 'a@example.test',
    outcome,
    phase: 'rcpt',
    at: 0,
    ...(code ? { reply: { code, lines: ['x'] } } : {}),
  }
}

describe('exitCodeOf', () => {
  it.each([
    ['a flag typed wrongly', settings('usage.flag'), 64],
    ['an address', settings('address.malformed'), 65],
    ['a draft', settings('draft.control-character'), 65],
    ['a mailbox of the envelope', settings('mailbox.syntax'), 65],
    ['a message over the size limit', settings('content.too-large'), 65],
    ['an attachment that is not there', settings('content.unreadable'), 66],
    ['a message whose signature does not hold', settings('smime.tampered'), 65],
    ['a certificate without its key', settings('certificate.no-key'), 78],
    ['a key that cannot sign', settings('dkim.key'), 78],
    ['a file of authorities that is not there', settings('settings.file'), 66],
    ['a spool folder that is not there', settings('spool.missing'), 66],
    ['a spool folder that cannot be written to', settings('spool.denied'), 73],
    ['a spool file that is no message', settings('spool.garbage'), 65],
    ['all recipients refused for good', new RecipientsRefused([delivery('refused', 550)]), 67],
    ['all recipients refused for now', new RecipientsRefused([delivery('refused', 450)]), 75],
    ['no such host', connect('resolve.not-found', 'resolve', 'permanent'), 68],
    ['a name server that is down', connect('resolve.failed', 'resolve', 'transient'), 75],
    ['nothing listens', connect('connect.refused', 'connect', 'transient'), 75],
    ['a certificate for another name', connect('tls.wrong-name', 'tls', 'permanent'), 69],
    ['a certificate that has expired', connect('tls.certificate-expired', 'tls', 'transient'), 75],
    ['no STARTTLS', protocol('smtp.starttls.not-offered', 'starttls', 'permanent'), 69],
    ['a greeting that says no', refused('greeting', 554), 69],
    ['a message refused', refused('final', 554), 69],
    ['a message refused for now', refused('final', 451), 75],
    ['an extension the server lacks', settings('extension.missing'), 69],
    ['a sandbox folder', settings('sandbox.dir'), 73],
    ['a sandbox port in use', settings('sandbox.listen'), 69],
    ['content sent and no reply', protocol('smtp.connection.lost', 'final', 'unknown'), 74],
    ['a connection lost before', protocol('smtp.connection.lost', 'mail', 'transient'), 75],
    ['too slow', protocol('deadline.exceeded', 'connect', 'transient'), 75],
    ['no SMTP server', protocol('smtp.reply.syntax', 'greeting', 'transient'), 76],
    ['injected octets', protocol('smtp.starttls.injected', 'starttls', 'permanent'), 76],
    ['a login refused', refused('auth', 535), 77],
    ['a login that cannot be checked now', refused('auth', 454), 75],
    ['a login that is wanted', refused('mail', 530), 77],
    ['no mechanism', protocol('smtp.auth.no-mechanism', 'auth', 'permanent'), 77],
    ['a login without TLS', settings('smtp.auth.cleartext'), 78],
    ['a file of token settings that is not there', settings('oauth2.file-read'), 66],
    ['a token store that cannot be read', settings('oauth2.store-read'), 66],
    ['an entry of token settings that is wrong', settings('oauth2.file'), 78],
    ['a token store that is damaged', settings('oauth2.store-damaged'), 78],
    ['a provider that refuses the client', protocol('oauth2.invalid-client', 'auth', 'permanent'), 77],
    ['a provider that cannot be reached for now', protocol('oauth2.unreachable', 'auth', 'transient'), 75],
    ['what is no provider', protocol('oauth2.response', 'auth', 'permanent'), 69],
    ['a setting', settings('settings.unknown'), 78],
    ['a defect of ours', new InvariantError('no'), 70],
    ['anything else', new TypeError('no'), 70],
    ['not even an error', 'no', 70],
  ])('%s', (_what, error, code) => {
    expect(exitCodeOf(error)).toBe(code)
  })

  it('says 75 for what may work later and for nothing else', () => {
    for (const code of ['connect.refused', 'tls.handshake', 'smtp.closing', 'pool.full', 'aborted']) {
      expect(exitCodeOf(protocol(code, 'wait', 'transient'))).toBe(EXIT.temporary)
      expect(exitCodeOf(protocol(code, 'wait', 'permanent'))).not.toBe(EXIT.temporary)
      expect(exitCodeOf(protocol(code, 'wait', 'unknown'))).toBe(EXIT.unknown)
    }
  })
})

describe('exitCodeOfReceipt', () => {
  it.each([
    ['everybody has it', [delivery('delivered'), delivery('delivered')], 0],
    ['one was refused for good', [delivery('delivered'), delivery('refused', 550)], 67],
    [
      'one was refused for now, and the whole must not be sent again',
      [delivery('delivered'), delivery('refused', 450)],
      67,
    ],
    ['one was not sent', [delivery('delivered'), delivery('notSent')], 67],
    ['nobody knows about one', [delivery('delivered'), delivery('refused', 550), delivery('unknown')], 74],
  ])('%s', (_what, deliveries, code) => {
    expect(exitCodeOfReceipt({ deliveries })).toBe(code)
  })
})
