import type { Profile } from '@posthorn/settings'
import type { Envelope, ExtraParameter, Recipient } from '@posthorn/smtp'
import type { MailDraft, ReadyMessage } from '../mail.js'
import { merged, type EnvelopeTerms, type MailSendOptions } from '../mail-send-options.js'
import { mailboxesIn, mailboxKey } from './mailboxes-in.js'

/** On which terms every message is handed over. */
export interface EnvelopeRules {
  /**
   * The envelope for the wire. What the message or the call says wins over the profile, except that the return path of the profile takes
   * the place of the author for a draft.
   * @param draft what the message was made of; absent for one that was ready, whose recipients count as those in To
   */
  onto(envelope: Envelope, options: MailSendOptions, draft?: MailDraft): Envelope
  /** True when a refused recipient of this message may keep it from all the others. */
  mayStop(options: MailSendOptions): boolean
}

/** The rules for envelopes in a profile; undefined when there are none. */
export function envelopeRules({ sender = {}, delivery = {} }: Profile): EnvelopeRules | undefined {
  const { onRefused = {}, dsn, smtpUtf8, submitter, mailParameters, requireTls } = delivery
  const usual = definedTerms({
    ret: dsn?.ret === undefined ? undefined : { prefer: dsn.ret },
    auth: submitter === undefined ? undefined : { prefer: submitter },
    parameters: mailParameters?.map(preferred),
    smtpUtf8: smtpUtf8 === 'required' ? true : smtpUtf8 === 'when-offered' ? { prefer: true } : undefined,
    requireTls: requireTls === true ? true : undefined,
    notify: dsn?.notify === undefined ? undefined : { prefer: dsn.notify },
  })
  const stops = { to: onRefused.to === 'stop', cc: onRefused.cc === 'stop', bcc: onRefused.bcc === 'stop' }
  const someStop = stops.to || stops.cc || stops.bcc
  const { returnPath, deliveryReceiptTo } = sender
  const nothing = !someStop && Object.keys(usual).length === 0
  if (nothing && returnPath === undefined && deliveryReceiptTo === undefined) return undefined
  const mayStop = ({ recipients }: MailSendOptions) => someStop && recipients === undefined
  return {
    mayStop,
    onto(envelope, options, draft) {
      const terms: EnvelopeTerms = {
        ...usual,
        ...(envelope.smtpUtf8 === true ? { smtpUtf8: true } : {}), // what the message needs is more than a wish
        ...(draft && returnPath !== undefined ? { reversePath: returnPath } : {}),
      }
      // a draft was not asked for an envelope; one that came with a message is what its sender wants
      const given = draft
        ? definedTerms(options.envelope ?? {})
        : { ...ownTerms(envelope), ...definedTerms(options.envelope ?? {}) }
      const whole = onTerms(envelope, { ...terms, ...given })
      const notified = tells(deliveryReceiptTo, whole, draft) ? withSuccess(whole) : whole
      return mayStop(options) ? withRequired(notified, stops, draft) : notified
    },
  }
}

/** The terms put on an envelope. */
export function onTerms(envelope: Envelope, { notify, ...terms }: EnvelopeTerms): Envelope {
  const recipients =
    notify === undefined
      ? envelope.recipients
      : envelope.recipients.map((given): Recipient =>
          typeof given === 'string' ? { address: given, notify } : { notify, ...given },
        )
  return { ...merged<Envelope>(envelope, terms), recipients }
}

/** Parameters that bear another name than the extension they belong to: RFC 2852, 3461, 3865, 4865, 6152. */
const EXTENSION_OF: ReadonlyMap<string, string> = new Map(
  Object.entries({
    ...{ BY: 'DELIVERBY', RET: 'DSN', ENVID: 'DSN', HOLDFOR: 'FUTURERELEASE', HOLDUNTIL: 'FUTURERELEASE' },
    ...{ BODY: '8BITMIME', SOLICIT: 'NO-SOLICITING' },
  }),
)

/** `XVERP=-+`: sent where the server offers XVERP. */
function preferred(text: string): ExtraParameter {
  const name = text.split('=', 1)[0]!
  const keyword = EXTENSION_OF.get(name.toUpperCase()) ?? name
  return { keyword, text, prefer: true }
}

function ownTerms({ reversePath, recipients: _, ...terms }: Envelope): EnvelopeTerms {
  return definedTerms({ ...terms, reversePath })
}

function definedTerms(terms: {
  readonly [Key in keyof EnvelopeTerms]?: EnvelopeTerms[Key] | undefined
}): EnvelopeTerms {
  return Object.fromEntries(Object.entries(terms).filter(([, value]) => value !== undefined))
}

/** Only the reverse-path gets notifications, whatever the header says (RFC 3461 6.1). */
function tells(receiptTo: string | undefined, { reversePath }: Envelope, draft: MailDraft | undefined): boolean {
  if (receiptTo === undefined || draft === undefined || draft.returnReceiptTo !== receiptTo) return false
  return mailboxKey(receiptTo) === mailboxKey(reversePath)
}

function withSuccess(envelope: Envelope): Envelope {
  const recipients = envelope.recipients.map((given): Recipient => {
    const recipient = typeof given === 'string' ? { address: given } : given
    const { notify = [] } = recipient
    const asked = 'prefer' in notify ? notify.prefer : notify
    if (asked.includes('never')) return recipient
    const wanted = asked.length === 0 ? (['success', 'failure'] as const) : [...new Set([...asked, 'success' as const])]
    return { ...recipient, notify: 'prefer' in notify || asked.length === 0 ? { prefer: wanted } : wanted }
  })
  return { ...envelope, recipients }
}

function withRequired(
  envelope: Envelope,
  stops: { readonly to: boolean; readonly cc: boolean; readonly bcc: boolean },
  draft: MailDraft | undefined,
): Envelope {
  const to = draft && new Set(mailboxesIn(draft.to, 'to').map(mailboxKey))
  const cc = draft && new Set(mailboxesIn(draft.cc, 'cc').map(mailboxKey))
  const isRequired = (address: string): boolean => {
    const key = mailboxKey(address)
    if (!to || !cc || to.has(key)) return stops.to
    return cc.has(key) ? stops.cc : stops.bcc
  }
  const recipients = envelope.recipients.map((given) => {
    const recipient = typeof given === 'string' ? { address: given } : given
    return isRequired(recipient.address) ? { required: true, ...recipient } : given
  })
  return { ...envelope, recipients }
}

/** What a message that is ready, or a draft, makes of the rules when there is no profile. */
export function envelopeOf(message: ReadyMessage, { envelope }: MailSendOptions): Envelope {
  return envelope ? onTerms(message.envelope, envelope) : message.envelope
}
