import { SettingsError } from '@posthorn/ground'
import type { DeliverBy, Envelope, ExtraParameter, Recipient, Wanted } from './envelope.js'
import type { Extensions } from './extensions.js'
import { parseMailbox } from './mailbox.js'
import { utf8AddressXtext, xtext } from './xtext.js'

/** What the parameters of MAIL depend on besides the envelope. */
export interface MailFacts {
  readonly sizeOctets: number | undefined
  readonly body: '7bit' | '8bit' | 'binary' | undefined
  readonly utf8: boolean
  /** TLS to a server that has proven who it is. */
  readonly verified: boolean
  readonly authenticated: boolean
}

/**
 * The parameters of MAIL, each with a space in front (RFC 5321 4.1.1.2).
 * @throws {SettingsError} `extension.missing` when the server does not offer what the caller requires; `envelope.*` for a value that cannot be
 */
export function mailParameters(envelope: Envelope, offered: Extensions, facts: MailFacts): string {
  let text = ''
  if (facts.sizeOctets !== undefined) whole(facts.sizeOctets, 0, Number.MAX_SAFE_INTEGER, 'envelope.sizeOctets')
  if (facts.sizeOctets !== undefined && offered.size) {
    const limit = offered.maxSizeOctets
    if (limit !== undefined && facts.sizeOctets > limit) {
      throw new SettingsError(
        'content.too-large',
        'content',
        `has ${facts.sizeOctets} octets; the server takes ${limit} (RFC 1870)`,
        {
          hint: 'Send less, or ask the operator of the server for a higher limit.',
        },
      )
    }
    text += ` SIZE=${facts.sizeOctets}`
  }
  if (facts.body === '8bit') text += ` BODY=8BITMIME`
  else if (facts.body === 'binary') text += ` BODY=BINARYMIME`
  if (facts.utf8) text += ' SMTPUTF8'
  if (envelope.ret !== undefined)
    text += wanted(
      envelope.ret,
      'envelope.ret',
      'DSN',
      offered,
      (ret) => `RET=${oneOf(ret, { full: 'FULL', headers: 'HDRS' }, 'envelope.ret')}`,
    )
  if (envelope.envelopeId !== undefined)
    text += wanted(envelope.envelopeId, 'envelope.envelopeId', 'DSN', offered, envelopeId)
  if (envelope.deliverBy !== undefined) {
    text += wanted(envelope.deliverBy, 'envelope.deliverBy', 'DELIVERBY', offered, (by) => deliverBy(by, offered))
  }
  if (envelope.holdForSeconds !== undefined && envelope.holdUntil !== undefined) {
    throw new SettingsError(
      'envelope.hold',
      'envelope.holdUntil',
      'stands beside holdForSeconds; RFC 4865 4.1 allows one of them',
      {
        hint: 'Give either holdForSeconds or holdUntil.',
      },
    )
  }
  if (envelope.holdForSeconds !== undefined) {
    text += wanted(envelope.holdForSeconds, 'envelope.holdForSeconds', 'FUTURERELEASE', offered, (seconds) =>
      holdFor(seconds, envelope, offered),
    )
  }
  if (envelope.holdUntil !== undefined) {
    text += wanted(envelope.holdUntil, 'envelope.holdUntil', 'FUTURERELEASE', offered, (until) =>
      holdUntil(until, envelope, offered),
    )
  }
  if (envelope.mtPriority !== undefined) {
    text += wanted(
      envelope.mtPriority,
      'envelope.mtPriority',
      'MT-PRIORITY',
      offered,
      (value) => `MT-PRIORITY=${whole(value, -9, 9, 'envelope.mtPriority')}`,
    )
  }
  if (envelope.requireTls !== undefined) {
    // RFC 8689 2 and 4.2.1: it counts only inside TLS with a server that has proven who it is
    const field = 'envelope.requireTls'
    if (facts.verified) text += wanted(envelope.requireTls, field, 'REQUIRETLS', offered, () => 'REQUIRETLS')
    else if (!isPreferred(envelope.requireTls)) {
      throw new SettingsError(
        'extension.missing',
        field,
        'REQUIRETLS needs a session under verified TLS (RFC 8689 2; 5.7.10)',
        {
          hint: "Use security 'implicit' or 'starttls', and do not switch off the verification of the server.",
        },
      )
    }
  }
  if (envelope.auth !== undefined) {
    text += wanted(envelope.auth, 'envelope.auth', 'AUTH', offered, submitter)
  }
  return text + extras(envelope.parameters, 'envelope.parameters', offered)
}

/**
 * The parameters of RCPT, each with a space in front (RFC 3461 4.1, 4.2).
 * @throws {SettingsError} as `mailParameters`
 */
export function rcptParameters(recipient: Recipient, wire: string, field: string, offered: Extensions): string {
  let text = ''
  const { notify, originalRecipient } = recipient
  if (notify !== undefined) {
    text += wanted(notify, `${field}.notify`, 'DSN', offered, (conditions) => {
      const list = [...new Set(conditions)].map((condition) => condition.toUpperCase())
      const known = list.every((name) => ['NEVER', 'SUCCESS', 'FAILURE', 'DELAY'].includes(name))
      if (!known || list.length === 0 || (list.includes('NEVER') && list.length > 1)) {
        throw new SettingsError('envelope.notify', `${field}.notify`, `cannot be [${list.join(', ')}] (RFC 3461 4.1)`, {
          hint: "Give ['never'], or some of 'success', 'failure', 'delay'.",
        })
      }
      return `NOTIFY=${list.join(',')}`
    })
  }
  if (originalRecipient !== undefined) {
    text += wanted(originalRecipient, `${field}.originalRecipient`, 'DSN', offered, ({ type, address }) =>
      orcpt(type, address, `${field}.originalRecipient`),
    )
  } else if (text !== '') {
    // RFC 3461 5.2.2 asks the first to submit to add it, equal to the recipient
    text += ` ${orcpt(/[^\x00-\x7f]/.test(wire) ? 'utf-8' : 'rfc822', wire, field)}`
  }
  return text + extras(recipient.parameters, `${field}.parameters`, offered)
}

function isPreferred<T>(value: Wanted<T>): value is { readonly prefer: T } {
  return typeof value === 'object' && value !== null && 'prefer' in value
}

function wanted<T>(
  value: Wanted<T>,
  field: string,
  keyword: string,
  offered: Extensions,
  write: (value: T) => string,
): string {
  const preferred = isPreferred(value)
  if (offered.has(keyword)) return ` ${write(preferred ? value.prefer : value)}`
  if (preferred) return ''
  throw new SettingsError('extension.missing', field, `the server does not offer ${keyword}`, {
    hint: 'Leave the parameter out, mark it { prefer: value }, or use a server that offers it.',
  })
}

function extras(parameters: readonly ExtraParameter[] | undefined, field: string, offered: Extensions): string {
  if (parameters === undefined) return ''
  return parameters
    .map(({ keyword, text, prefer }, index) => {
      // RFC 5321 4.1.2, esmtp-param
      if (!/^[A-Za-z0-9][A-Za-z0-9-]*(?:=[!-<>-~]+)?$/.test(text)) {
        throw new SettingsError('envelope.parameter', `${field}[${index}].text`, 'is no parameter (RFC 5321 4.1.2)', {
          hint: 'Write NAME or NAME=value, without spaces and control characters.',
        })
      }
      if (keyword === '') return ` ${text}`
      const value = prefer === true ? { prefer: text } : text
      return wanted(value, `${field}[${index}]`, keyword, offered, (written) => written)
    })
    .join('')
}

function submitter(mailbox: string): string {
  if (mailbox === '') return 'AUTH=<>'
  const { wire, utf8 } = parseMailbox(mailbox, 'envelope.auth')
  if (!utf8) return `AUTH=${xtext(wire)}`
  throw new SettingsError(
    'envelope.auth',
    'envelope.auth',
    'has a local part outside US-ASCII, which AUTH= cannot carry (RFC 4954 5)',
    { hint: 'Leave it out, or give an ASCII mailbox.' },
  )
}

function envelopeId(id: string): string {
  if (!/^[ -~]{1,100}$/.test(id)) {
    throw new SettingsError(
      'envelope.envelopeId',
      'envelope.envelopeId',
      'must be 1 to 100 printable US-ASCII characters (RFC 3461 4.4)',
      {
        hint: 'Use a short identifier such as a UUID.',
      },
    )
  }
  return `ENVID=${xtext(id)}`
}

function orcpt(type: string, address: string, field: string): string {
  if (!/^[A-Za-z0-9-]{1,64}$/.test(type)) {
    throw new SettingsError('envelope.originalRecipient', field, 'has an address type that is no atom (RFC 3461 4.2)', {
      hint: "The usual type is 'rfc822'.",
    })
  }
  if (/[^\x20-\x7e]/.test(address) && type.toLowerCase() !== 'utf-8') {
    throw new SettingsError('envelope.originalRecipient', field, 'has characters outside printable US-ASCII', {
      hint: "Use the type 'utf-8' (RFC 6533).",
    })
  }
  const encoded = type.toLowerCase() === 'utf-8' ? utf8AddressXtext(address) : xtext(address)
  if (/[\x00-\x1f\x7f]/.test(address) || !address.isWellFormed() || encoded.length > 500) {
    throw new SettingsError(
      'envelope.originalRecipient',
      field,
      'is too long or has a control character (RFC 3461 4.2)',
      { hint: 'Give one mailbox.' },
    )
  }
  return `ORCPT=${type};${encoded}`
}

function deliverBy(by: DeliverBy, offered: Extensions): string {
  const field = 'envelope.deliverBy.seconds'
  const seconds = whole(by.seconds, -999_999_999, 999_999_999, field)
  if (by.mode === 'return' && seconds <= 0) {
    throw new SettingsError('envelope.deliverBy', field, 'must be positive with mode return (RFC 2852 4)', {
      hint: "Give more seconds, or mode 'notify'.",
    })
  }
  const minimum = Number(offered.parameters('DELIVERBY')[0] ?? 0)
  if (by.mode === 'return' && minimum > seconds) {
    throw new SettingsError(
      'envelope.deliverBy',
      field,
      `is below the ${minimum} seconds the server can keep (RFC 2852 3)`,
      { hint: 'Give more seconds.' },
    )
  }
  return `BY=${seconds};${oneOf(by.mode, { return: 'R', notify: 'N' }, 'envelope.deliverBy.mode')}${by.trace ? 'T' : ''}`
}

function holdFor(seconds: number, envelope: Envelope, offered: Extensions): string {
  const field = 'envelope.holdForSeconds'
  whole(seconds, 1, 999_999_999, field)
  const maximum = Number(offered.parameters('FUTURERELEASE')[0] ?? Number.MAX_SAFE_INTEGER)
  const by = deliverBySeconds(envelope)
  if (seconds > maximum || (by !== undefined && by > 0 && seconds >= by)) {
    throw new SettingsError(
      'envelope.hold',
      field,
      `is more than the server or the deliver-by time allows (RFC 4865 4.1, 5.2)`,
      { hint: `At most ${maximum}.` },
    )
  }
  return `HOLDFOR=${seconds}`
}

/** The deliver-by time, which a message must not be held beyond (RFC 4865 5.2). */
function deliverBySeconds({ deliverBy }: Envelope): number | undefined {
  if (deliverBy === undefined) return undefined
  return isPreferred(deliverBy) ? deliverBy.prefer.seconds : deliverBy.seconds
}

function holdUntil(until: Date, envelope: Envelope, offered: Extensions): string {
  const time = until instanceof Date ? until.getTime() : NaN
  const by = deliverBySeconds(envelope)
  const inTime = time > Date.now() && (by === undefined || by <= 0 || time < Date.now() + by * 1000)
  const latest = Date.parse(offered.parameters('FUTURERELEASE')[1] ?? '')
  if (!inTime || (!Number.isNaN(latest) && time > latest)) {
    throw new SettingsError(
      'envelope.hold',
      'envelope.holdUntil',
      'is no date to come, or later than the server or the deliver-by time allows (RFC 4865 4.1, 5.2)',
      { hint: 'Give an earlier date.' },
    )
  }
  return `HOLDUNTIL=${until.toISOString().replace(/\.\d+Z$/, 'Z')}`
}

function oneOf<T extends string>(value: T, words: Readonly<Record<T, string>>, field: string): string {
  if (Object.hasOwn(words, value)) return words[value]
  throw new SettingsError('envelope.value', field, `cannot be ${JSON.stringify(value)}`, {
    hint: `Use ${Object.keys(words).join(' or ')}.`,
  })
}

function whole(value: number, low: number, high: number, field: string): number {
  if (Number.isInteger(value) && value >= low && value <= high) return value
  throw new SettingsError('envelope.number', field, `must be a whole number from ${low} to ${high}`, {
    hint: 'Give a number within the range.',
  })
}
