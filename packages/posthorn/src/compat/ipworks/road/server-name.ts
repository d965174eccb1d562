import { IPWorksError } from '../ipworks-error.js'
import { errorText } from '../table/errors.js'
import type { ComponentValues } from '../values.js'

/** The name or address of the server. @throws {IPWorksError} 163 when nobody has set one */
export function serverName(values: ComponentValues): string {
  const name = values.property('MailServer').trim()
  if (name === '') throw new IPWorksError(163, `${errorText(163)}: MailServer is empty`)
  return name
}
