import { InvariantError } from '@posthorn/ground'

/**
 * RFC 3461 4: printable US-ASCII but "+" and "=", the rest as "+" and two upper-case hexadecimal digits.
 * @param text US-ASCII
 * @throws {InvariantError} for anything else, which two digits could not tell from something else
 */
export function xtext(text: string): string {
  if (/[^\x00-\x7f]/.test(text)) throw new InvariantError('xtext is for US-ASCII')
  return text.replace(/[^!-*,-<>-~]/g, (char) => `+${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`)
}

/**
 * RFC 6533 3, utf-8-addr-xtext: like xtext, with characters outside US-ASCII as `\x{HEX}`, for sessions without SMTPUTF8 and for
 * original recipients alike.
 */
export function utf8AddressXtext(text: string): string {
  let out = ''
  for (const char of text) {
    const point = char.codePointAt(0)!
    out +=
      point > 126 || point < 33 || char === '+' || char === '=' || char === '\\'
        ? `\\x{${point.toString(16).toUpperCase()}}`
        : char
  }
  return out
}
