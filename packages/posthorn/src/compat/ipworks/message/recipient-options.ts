import type { ExtraParameter } from '@posthorn/smtp'
import { invalidArgument } from '../ipworks-error.js'

/** RFC 5321 4.1.2, esmtp-param. */
const PARAMETER = /^([A-Za-z0-9][A-Za-z0-9-]*)(?:=[!-<>-~]+)?$/
/** What DSN stands for in EHLO (RFC 3461). */
const OF_DSN = new Set(['NOTIFY', 'ORCPT'])

/**
 * The parameters of RCPT that `MessageRecipient.Options` asks for; `NOTIFY SUCCESS` stands for `NOTIFY=SUCCESS`. Each is left out where the
 * server does not offer its extension: DSN for NOTIFY and ORCPT, for any other the keyword of its own name.
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
      return { keyword: OF_DSN.has(name) ? 'DSN' : name, text, prefer: true }
    })
}
