/** Controls, formats (those that turn the direction of text among them), halves of pairs, what is not assigned, line and paragraph ends. */
const UNSAFE = /[\p{C}\p{Zl}\p{Zp}]/gu

/**
 * What strangers wrote, fit for a line of a log and for a terminal: every control character is written as `\x1b`, every other one that
 * cannot be seen or changes how the rest is read as `\u{202e}`. Cut to a length, which is said.
 * @param limit in characters of the text as it was given
 */
export function printable(text: string, limit = 4000): string {
  const cut = text.length > limit
  const shown = (cut ? text.slice(0, limit) : text).replace(UNSAFE, escaped)
  return cut ? `${shown}... (${text.length - limit} more)` : shown
}

/** JSON on one line in which such characters are escapes, too: it reads back as it was. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value).replace(UNSAFE, (char) =>
    [...Array(char.length).keys()].map((at) => `\\u${char.charCodeAt(at).toString(16).padStart(4, '0')}`).join(''),
  )
}

function escaped(char: string): string {
  const code = char.codePointAt(0)!
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`
}
