import { SettingsError } from '@posthorn/ground'
import {
  mailParameters,
  parseMailbox,
  rcptParameters,
  type Envelope,
  type ExtraParameter,
  type Recipient,
} from '@posthorn/smtp'
import {
  ENVELOPE_FIELDS,
  EveryExtension,
  isPreferred,
  KNOWN_PARAMETERS,
  MARKER_NAMES,
  MARKERS,
  MAX_ENVELOPE_OCTETS,
  MAX_LINE_OCTETS,
  MAX_PARAMETERS,
  MAX_RECIPIENTS,
} from './envelope-markers.js'

const EVERYTHING = new EveryExtension()
const FACTS = { sizeOctets: undefined, verified: true, authenticated: true }
/** As many digits as a size that is not known yet is given room for. */
const SIZE_DIGITS = 16

/** The first lines of a spool file, the empty line behind them included. */
export interface EnvelopeText {
  readonly text: string
  /** Where the digits of SIZE= begin, in octets, to be written over once the size is known. */
  readonly sizeAt: number
}

/** The digits of SIZE= with leading zeros, in place of those of an unknown size. */
export function lateSize(sizeOctets: number): string {
  return `${sizeOctets}`.padStart(SIZE_DIGITS, '0')
}

/**
 * An envelope as MAIL and RCPT lines with their parameters (RFC 5321, RFC 2442), each ended by CRLF, and an empty line.
 * @param sizeOctets of the content; undefined when it is known only later
 * @throws {SettingsError} for an envelope that could not be sent, naming the field, as `SmtpClient.send` does; `spool.envelope` for one that a
 * file cannot hold
 * @source ipworks.file.queue
 */
export function envelopeText(envelope: Envelope, sizeOctets: number | undefined): EnvelopeText {
  const { reversePath, recipients, verb = 'MAIL' } = envelope
  for (const name of Object.keys(envelope)) {
    if (!Object.hasOwn(ENVELOPE_FIELDS, name))
      throw unfit(`envelope.${name}`, 'is no field of an envelope', 'Leave it out.')
  }
  if (!/^(?:MAIL|SEND|SOML|SAML)$/.test(verb)) {
    throw new SettingsError('envelope.verb', 'envelope.verb', 'must be MAIL, SEND, SOML or SAML', {
      hint: 'Leave it out for mail.',
    })
  }
  const path = reversePath === '' ? '' : parseMailbox(reversePath, 'envelope.reversePath').wire
  const start = `${verb} FROM:<${path}>`
  const size = ' SIZE='
  const lines = [line(start, `${size}${sizeOctets ?? lateSize(0)}${mailRest(envelope)}`, 'envelope')]
  if (!Array.isArray(recipients) || recipients.length === 0) {
    throw new SettingsError('envelope.recipients', 'envelope.recipients', 'must name at least one recipient', {
      hint: 'Give an array of mailboxes.',
    })
  }
  if (recipients.length > MAX_RECIPIENTS) {
    throw unfit('envelope.recipients', `has more than ${MAX_RECIPIENTS} recipients`, 'Queue several messages.')
  }
  let octets = 0
  for (const [index, given] of (recipients as readonly (string | Recipient)[]).entries()) {
    const next = recipientLine(given, `envelope.recipients[${index}]`)
    octets += Buffer.byteLength(next)
    if (octets > MAX_ENVELOPE_OCTETS / 2)
      throw unfit('envelope.recipients', 'is too long for one file', 'Queue several messages.')
    lines.push(next)
  }
  return { text: `${lines.join('')}\r\n`, sizeAt: Buffer.byteLength(start + size) }
}

function mailRest(envelope: Envelope): string {
  const { bodyType, smtpUtf8, sizeOctets, keepOrder, asIs } = envelope
  if (bodyType !== undefined && !['7bit', '8bit', 'binary'].includes(bodyType)) {
    throw new SettingsError('envelope.value', 'envelope.bodyType', `cannot be ${JSON.stringify(bodyType)}`, {
      hint: 'Use 7bit, 8bit or binary.',
    })
  }
  const utf8 = smtpUtf8 === true || isPreferred(smtpUtf8 || undefined)
  let text = bodyType === '7bit' ? ' BODY=7BIT' : ''
  text += mailParameters(envelope, EVERYTHING, {
    ...FACTS,
    sizeOctets: undefined,
    body: bodyType === '7bit' ? undefined : bodyType,
    utf8,
  })
  if (sizeOctets !== undefined) {
    if (!Number.isSafeInteger(sizeOctets) || sizeOctets < 0) {
      throw new SettingsError('envelope.number', 'envelope.sizeOctets', 'must be a whole number from 0', {
        hint: 'Give a number within the range.',
      })
    }
    text += ` ${MARKERS.size}=${sizeOctets}`
  }
  if (smtpUtf8 === false) text += ` ${MARKERS.noUtf8}`
  if (keepOrder === true) text += ` ${MARKERS.keepOrder}`
  if (asIs === true) text += ` ${MARKERS.asIs}`
  const preferred = (
    [
      ['SMTPUTF8', smtpUtf8],
      ['RET', envelope.ret],
      ['ENVID', envelope.envelopeId],
      ['BY', envelope.deliverBy],
      ['HOLDFOR', envelope.holdForSeconds],
      ['HOLDUNTIL', envelope.holdUntil],
      ['MT-PRIORITY', envelope.mtPriority],
      ['REQUIRETLS', envelope.requireTls],
      ['AUTH', envelope.auth],
    ] as const
  ).flatMap(([name, value]) => (isPreferred<unknown>(value) ? [name as string] : []))
  return text + extras(envelope.parameters, 'mail', 'envelope.parameters', text, preferred)
}

function recipientLine(given: string | Recipient, field: string): string {
  if (typeof given !== 'string' && (typeof given !== 'object' || given === null)) {
    throw new SettingsError('envelope.recipients', field, 'must be a mailbox or { address, ... }', {
      hint: 'Give a string or an object.',
    })
  }
  if (typeof given === 'string') return line(`RCPT TO:<${parseMailbox(given, field).wire}>`, '', field)
  const { wire } = parseMailbox(given.address, `${field}.address`)
  const { notify, originalRecipient, required, parameters } = given
  if (required !== undefined && typeof required !== 'boolean') {
    throw new SettingsError('envelope.type', `${field}.required`, 'must be true or false', {
      hint: 'Leave it out, or say true.',
    })
  }
  const text = rcptParameters(given, wire, field, EVERYTHING) + (required ? ` ${MARKERS.required}` : '')
  const preferred = isPreferred(notify) ? ['NOTIFY'] : []
  // what NOTIFY brings with it is wanted as much as NOTIFY is
  if (originalRecipient === undefined ? preferred.length > 0 : isPreferred(originalRecipient)) preferred.push('ORCPT')
  return line(`RCPT TO:<${wire}>`, text + extras(parameters, 'rcpt', `${field}.parameters`, text, preferred), field)
}

/** The markers for further parameters; those stand in `text` already, and what is in the way of one another is refused. */
function extras(
  parameters: readonly ExtraParameter[] | undefined,
  kind: 'mail' | 'rcpt',
  field: string,
  text: string,
  preferred: string[],
): string {
  const keywords: string[] = []
  const names = new Set<string>()
  const twice = new Set<string>()
  for (const each of text.split(' ').slice(1)) {
    const name = nameOf(each)
    ;(names.has(name) ? twice : names).add(name)
  }
  for (const [index, { keyword, text: written, prefer }] of (parameters ?? []).entries()) {
    const name = nameOf(written)
    const at = `${field}[${index}]`
    if (MARKER_NAMES.has(name))
      throw unfit(at, `has a name that spool files use themselves`, 'Send it without the queue.')
    if (twice.has(name)) {
      throw unfit(at, 'names a parameter that is there already', 'Give each parameter once.')
    }
    if (!/^(?:[A-Za-z0-9][A-Za-z0-9-]{0,63})?$/.test(keyword)) {
      throw unfit(`${at}.keyword`, 'is no keyword (RFC 5321 4.1.1.1)', 'Give the keyword as EHLO offers it.')
    }
    if (keyword !== /^[^=]*/.exec(written)![0] || KNOWN_PARAMETERS[kind].has(name)) keywords.push(`${name}:${keyword}`)
    if (prefer === true) preferred.push(name)
  }
  return (
    (keywords.length > 0 ? ` ${MARKERS.keyword}=${keywords.join(',')}` : '') +
    (preferred.length > 0 ? ` ${MARKERS.prefer}=${preferred.join(',')}` : '')
  )
}

function nameOf(parameter: string): string {
  return /^[^=]*/.exec(parameter)![0].toUpperCase()
}

/** @param rest its parameters, each with a space in front */
function line(start: string, rest: string, field: string): string {
  const text = start + rest
  if (rest.split(' ').length - 1 > MAX_PARAMETERS) {
    throw unfit(field, `makes a line of more than ${MAX_PARAMETERS} parameters`, 'Give fewer or shorter parameters.')
  }
  if (Buffer.byteLength(text) > MAX_LINE_OCTETS) {
    throw unfit(field, `makes a line longer than ${MAX_LINE_OCTETS} octets`, 'Give fewer or shorter parameters.')
  }
  return `${text}\r\n`
}

function unfit(field: string, message: string, hint: string): SettingsError {
  return new SettingsError('spool.envelope', field, `${message}, so no spool file can hold it`, { hint })
}
