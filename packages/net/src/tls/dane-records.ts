import { SettingsError } from '@posthorn/ground'
import type { DaneRequirement } from '../options.js'
import { isMalformed, usableTlsa } from '../policy/dane.js'

/** What TLSA records of the settings come to. */
export interface CheckedDane {
  /** False when none of them can be used for mail: then the authorities count, as if there were no records. */
  readonly usable: boolean
  readonly notes: readonly string[]
}

/**
 * Looks at TLSA records before the first packet. What was meant to tell the server by never ends in nobody being looked at: records that no
 * server can meet are an error, and such as cannot be used for mail (RFC 7672 3.1.3) leave the certificate to the authorities.
 * @throws {SettingsError} `settings.tls` for an empty list, and for a malformed record when no other one can be used
 */
export function checkDane({ records }: DaneRequirement): CheckedDane {
  if (!Array.isArray(records)) throw refused('tls.dane.records', 'is no list', 'Give the TLSA records as an array.')
  if (records.length === 0) {
    throw refused('tls.dane.records', 'is an empty list', 'Leave tls.dane out where there are no TLSA records.')
  }
  const malformed = records.findIndex(isMalformed)
  if (usableTlsa(records).length > 0) {
    const note = `tls.dane.records[${malformed}] is left out: its data do not fit its numbers`
    return { usable: true, notes: malformed < 0 ? [] : [note] }
  }
  if (malformed >= 0) {
    const hint = 'Give the data of the record as octets: SHA-256 has 32, SHA-512 has 64; without a digest they are DER.'
    throw refused(`tls.dane.records[${malformed}]`, 'has data that do not fit its numbers', hint)
  }
  const note = 'no record of tls.dane can be used for mail (RFC 7672 3.1.3): the certificate is left to the authorities'
  return { usable: false, notes: [note] }
}

function refused(field: string, message: string, hint: string): SettingsError {
  return new SettingsError('settings.tls', field, message, { hint })
}
