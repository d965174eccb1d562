import { SettingsError } from '@posthorn/ground'
import { charsetName } from '@posthorn/mime/header'
import { invalidArgument } from '../ipworks-error.js'

/**
 * Refuses a charset that header text cannot be encoded in. Empty is UTF-8.
 * @throws {IPWorksError} 10022
 * @source row ipworks.config.Charset
 */
export function checkCharset(value: string, name: string): void {
  if (value === '') return
  try {
    charsetName(value, name)
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error
    throw invalidArgument(name, `${JSON.stringify(value.slice(0, 60))} is not a charset that can be written`, error)
  }
}
