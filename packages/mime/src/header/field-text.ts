import { refusal } from './refusal.js'

// C0, DEL, C1, the two Unicode line ends, and halves of a surrogate pair: what could end a line here or in another reader.
const HOSTILE = /[\0-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]/u

/**
 * Text that may stand in a header field, as it was given. It is refused rather than cleaned: what holds a line end was not meant as
 * one field.
 * @throws {SettingsError} `draft.not-text`, or `draft.control-character` for a control character, U+2028, U+2029 or a lone surrogate
 */
export function fieldText(value: unknown, field: string): string {
  if (typeof value !== 'string') {
    throw refusal(
      'draft.not-text',
      field,
      `must be a string, not ${value === null ? 'null' : typeof value}`,
      'Give a string, or leave the field out.',
    )
  }
  const found = HOSTILE.exec(value)
  if (found) {
    const codePoint = value.charCodeAt(found.index).toString(16).toUpperCase().padStart(4, '0')
    throw refusal(
      'draft.control-character',
      field,
      `holds U+${codePoint} at character ${found.index + 1}, which cannot stand in a header field`,
      'Remove line ends and control characters from this value before composing.',
    )
  }
  return value
}

/** True when every character is US-ASCII. */
export function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text)
}
