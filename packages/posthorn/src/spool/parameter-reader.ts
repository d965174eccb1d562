import {
  fromUtf8AddressXtext,
  fromXtext,
  parseMailbox,
  type Envelope,
  type Recipient,
  type Wanted,
} from '@posthorn/smtp'
import { PosthornError } from '@posthorn/ground'
import { garbage } from './spool-error.js'

/** Something that is still being put together. */
export type Writable<T> = { -readonly [K in keyof T]: T[K] }

const BODIES: Readonly<Record<string, NonNullable<Envelope['bodyType']>>> = {
  '7BIT': '7bit',
  '8BITMIME': '8bit',
  BINARYMIME: 'binary',
}
const HOLD_UNTIL = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/

/**
 * Puts one parameter of MAIL where it belongs in an envelope. False: the envelope has no field for it.
 * @throws {SettingsError} `spool.garbage` for a value that it cannot have
 * @source RFC 1870, 2852, 3030, 3461, 4865, 4954, 6152, 6531, 6710, 8689
 */
export function mailParameter(
  into: Writable<Omit<Envelope, 'recipients'>>,
  name: string,
  value: string | undefined,
  prefer: boolean,
  line: number,
): boolean {
  const wrong = (expected: string) => garbage(line, expected)
  const number = (low: number, high: number): number => {
    const whole = /^[+-]?\d{1,9}$/.test(value ?? '') ? Number(value) : NaN
    if (!(whole >= low && whole <= high)) throw wrong(`${name}= with a number from ${low} to ${high}`)
    return whole
  }
  switch (name) {
    case 'BODY': {
      const body = BODIES[(value ?? '').toUpperCase()]
      if (!body || prefer) throw wrong('BODY=7BIT, 8BITMIME or BINARYMIME')
      into.bodyType = body
      return true
    }
    case 'SMTPUTF8':
      if (value !== undefined) throw wrong('SMTPUTF8 without a value')
      into.smtpUtf8 = prefer ? { prefer: true } : true
      return true
    case 'RET': {
      const ret = { FULL: 'full', HDRS: 'headers' }[(value ?? '').toUpperCase()] as 'full' | 'headers' | undefined
      if (!ret) throw wrong('RET=FULL or RET=HDRS')
      into.ret = wish(ret, prefer)
      return true
    }
    case 'ENVID': {
      const id = fromXtext(value ?? '')
      if (id === undefined || !/^[ -~]{1,100}$/.test(id)) throw wrong('ENVID= with 1 to 100 characters in xtext')
      into.envelopeId = wish(id, prefer)
      return true
    }
    case 'BY': {
      const [, seconds, mode, trace] = /^([+-]?\d{1,9});([NR])(T?)$/i.exec(value ?? '') ?? []
      if (seconds === undefined) throw wrong('BY=seconds;R or BY=seconds;N')
      const by = { seconds: Number(seconds), mode: /r/i.test(mode!) ? ('return' as const) : ('notify' as const) }
      if (by.mode === 'return' && by.seconds <= 0) throw wrong('BY= with more than 0 seconds')
      into.deliverBy = wish(trace ? { ...by, trace: true } : by, prefer)
      return true
    }
    case 'HOLDFOR':
      into.holdForSeconds = wish(number(1, 999_999_999), prefer)
      return true
    case 'HOLDUNTIL': {
      const until = HOLD_UNTIL.test(value ?? '') ? Date.parse(value!) : NaN
      if (Number.isNaN(until)) throw wrong('HOLDUNTIL=2026-01-31T23:59:59Z')
      into.holdUntil = wish(new Date(until), prefer)
      return true
    }
    case 'MT-PRIORITY':
      into.mtPriority = wish(number(-9, 9), prefer)
      return true
    case 'REQUIRETLS':
      if (value !== undefined) throw wrong('REQUIRETLS without a value')
      into.requireTls = wish(true, prefer)
      return true
    case 'AUTH': {
      const mailbox = value === '<>' ? '' : mailboxOf(fromXtext(value ?? ''))
      if (mailbox === undefined) throw wrong('AUTH=<> or AUTH= with a mailbox in xtext')
      into.auth = wish(mailbox, prefer)
      return true
    }
    default:
      return false
  }
}

/** As `mailParameter`, for RCPT. */
export function rcptParameter(
  into: Writable<Recipient>,
  name: string,
  value: string | undefined,
  prefer: boolean,
  line: number,
): boolean {
  if (name === 'NOTIFY') {
    const words = (value ?? '').toLowerCase().split(',')
    const known = words.filter((word): word is (typeof CONDITIONS)[number] =>
      (CONDITIONS as readonly string[]).includes(word),
    )
    if (known.length < words.length || (known.includes('never') && known.length > 1)) {
      throw garbage(line, 'NOTIFY=NEVER, or some of SUCCESS,FAILURE,DELAY')
    }
    into.notify = wish([...new Set(known)], prefer)
    return true
  }
  if (name !== 'ORCPT') return false
  const [, type, encoded = ''] = /^([A-Za-z0-9-]{1,64});(.+)$/s.exec(value ?? '') ?? []
  const utf8 = type?.toLowerCase() === 'utf-8'
  const address = utf8 ? fromUtf8AddressXtext(encoded) : fromXtext(encoded)
  if (type === undefined || address === undefined || /[\x00-\x1f\x7f]/.test(address)) {
    throw garbage(line, 'ORCPT=type;address in xtext')
  }
  into.originalRecipient = wish({ type, address }, prefer)
  return true
}

const CONDITIONS = ['never', 'success', 'failure', 'delay'] as const

function wish<T>(value: T, prefer: boolean): Wanted<T> {
  return prefer ? { prefer: value } : value
}

function mailboxOf(text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : parseMailbox(text, 'spool').wire
  } catch (error) {
    if (error instanceof PosthornError) return undefined
    throw error
  }
}
