import { Extensions, type Envelope, type Wanted } from '@posthorn/smtp'

/**
 * Parameters of a spool file that no server is ever told: what an envelope says beyond SMTP. `XPREFER` lists parameters of its line that are
 * left out where the server does not offer them; `XKEYWORD` those that are to be written as they stand, with the EHLO keyword they need.
 */
export const MARKERS = {
  prefer: 'XPREFER',
  keyword: 'XKEYWORD',
  required: 'XREQUIRED',
  keepOrder: 'XKEEPORDER',
  asIs: 'XASIS',
  size: 'XSIZE',
  noUtf8: 'XNOSMTPUTF8',
} as const

/** Names of parameters that have a field of their own in an envelope, and markers. */
export const KNOWN_PARAMETERS: Readonly<Record<'mail' | 'rcpt', ReadonlySet<string>>> = {
  mail: new Set('SIZE BODY SMTPUTF8 RET ENVID BY HOLDFOR HOLDUNTIL MT-PRIORITY REQUIRETLS AUTH'.split(' ')),
  rcpt: new Set(['NOTIFY', 'ORCPT']),
}

export const MARKER_NAMES: ReadonlySet<string> = new Set(Object.values(MARKERS))

/** At most so many octets in one line of an envelope. */
export const MAX_LINE_OCTETS = 16 * 1024
/** At most so many parameters in one line, SIZE= and markers included: twice as many as there are, and few enough for every line to have them. */
export const MAX_PARAMETERS = 40
/** At most so many recipients in one file. */
export const MAX_RECIPIENTS = 100_000
/** At most so many octets from the first line to the empty one. */
export const MAX_ENVELOPE_OCTETS = 64 * 1024 * 1024

/** A server that offers whatever it is asked for, so that every parameter is written. */
export class EveryExtension extends Extensions {
  constructor() {
    super(['SIZE', '8BITMIME'])
  }

  override has(): boolean {
    return true
  }
}

/** True for a wish that may stay unfulfilled. */
export function isPreferred<T>(value: Wanted<T> | undefined): boolean {
  return typeof value === 'object' && value !== null && 'prefer' in value
}

/** Every field of an envelope: one that is new and that a file does not know yet does not compile here. */
export const ENVELOPE_FIELDS: Readonly<Record<keyof Envelope, true>> = {
  ...{ reversePath: true, recipients: true, keepOrder: true, verb: true, bodyType: true, asIs: true, smtpUtf8: true },
  ...{ sizeOctets: true, ret: true, envelopeId: true, deliverBy: true, holdForSeconds: true, holdUntil: true },
  ...{ mtPriority: true, requireTls: true, auth: true, parameters: true },
}
