import { refusal } from '../refusal.js'
import type { Charset } from './charset.js'
import { charsetName } from './charset-name.js'
import { charsetTable } from './charset-table.js'
import { styleIn, type FieldStyle } from './field-style.js'

/**
 * The style that `foldAt` and `charset` of `compose` describe, at once. A text that the charset lacks a character of does not go as UTF-8:
 * writing it throws.
 * @param charset undefined is UTF-8
 * @throws {SettingsError} `compose.fold-at`, `compose.charset`; a field that is written in it: `compose.charset-lacks`
 */
export function strictStyle(foldAt: number | false, charset: string | undefined): FieldStyle {
  const name = charset === undefined ? undefined : charsetName(charset, 'charset')
  return styleIn(name === undefined ? undefined : charsetTable(name), foldAt, false, lacks)
}

function lacks(text: string, charset: Charset): never {
  const character = Array.from(text).find((one) => !charset.encode(one)) ?? text
  const codePoint = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
  throw refusal(
    'compose.charset-lacks',
    'charset',
    `${charset.name} has no character U+${codePoint}, which the header section holds`,
    'Use UTF-8, or a charset that has all characters of the text.',
  )
}
