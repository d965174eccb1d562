import { charsetName } from './charset-name.js'
import { charsetTable } from './charset-table.js'
import { styleIn, type FieldStyle } from './field-style.js'

/**
 * The style that `foldAt` and `charset` of `compose` describe, at once. A text that the charset lacks a character of does not go as UTF-8:
 * writing it throws. A text of ASCII is taken for what goes on the wire, encoded-words and all.
 * @param charset undefined is UTF-8
 * @throws {SettingsError} `compose.fold-at`, `compose.charset`; a field that is written in it: `compose.charset-lacks`
 */
export function strictStyle(foldAt: number | false, charset: string | undefined): FieldStyle {
  const name = charset === undefined ? undefined : charsetName(charset, 'charset')
  return { ...styleIn(name === undefined ? undefined : charsetTable(name), foldAt, false, true), asciiAsIs: true }
}
