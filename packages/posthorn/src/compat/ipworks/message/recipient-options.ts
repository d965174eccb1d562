import type { ExtraParameter } from '@posthorn/smtp'
import { invalidArgument } from '../ipworks-error.js'

/** RFC 5321 4.1.2, esmtp-param. */
const PARAMETER = /^([A-Za-z0-9][A-Za-z0-9-]*)(?:=[!-<>-~]+)?$/
/** What DSN stands for in EHLO (RFC 3461). */
const OF_DSN = new Set(['NOTIFY', 'ORCPT'])

/**
 * The parameters of RCPT that `MessageRecipient.Options` asks for; `NOTIFY SUCCESS` stands for `NOTIFY=SUCCESS`. NOTIFY and ORCPT are left
 * out where the server does not offer DSN; any other goes as it stands, and the server judges it.
 * @throws {IPWorksError} 10022 for what is no parameter
 * @source row ipworks.type.MessageRecipient.Options
 */
export function recipientOptions(options: string, address: string): ExtraParameter[] {
  const corrected = options.replace(/^ *NOTIFY +/i, 'NOTIFY=')
  return corrected
    .split(' ')
    .filter((text) => text !== '')
    .map((text) => {
      const name = PARAMETER.exec(text)?.[1]?.toUpperCase()
      if (name === undefined) {
        throw invalidArgument(
          'Options',
          `of ${JSON.stringify(address)} must be parameters such as NOTIFY=SUCCESS,FAILURE`,
        )
      }
      return OF_DSN.has(name) ? { keyword: 'DSN', text, prefer: true } : { keyword: '', text }
    })
}
