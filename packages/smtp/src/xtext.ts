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

/** What xtext stands for (RFC 3461 4); undefined when it is none. */
export function fromXtext(text: string): string | undefined {
  if (!/^(?:[!-*,-<>-~]|\+[0-9A-F]{2})*$/.test(text)) return undefined
  return text.replace(/\+([0-9A-F]{2})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 16)))
}

/** What utf-8-addr-xtext or utf-8-addr-unitext stands for (RFC 6533 3), xtext in it included; undefined when it is neither. */
export function fromUtf8AddressXtext(text: string): string | undefined {
  if (!/^(?:[!-*,-<>-[\]-~\u0080-\u{10ffff}]|\+[0-9A-F]{2}|\\x\{[0-9A-F]{2,6}\})*$/u.test(text)) return undefined
  const points = /\+([0-9A-F]{2})|\\x\{([0-9A-F]{2,6})\}/g
  let valid = true
  const plain = text.replace(points, (_, octet: string | undefined, point: string | undefined) => {
    const value = parseInt(octet ?? point!, 16)
    valid &&= value <= 0x10ffff
    return valid ? String.fromCodePoint(value) : ''
  })
  return valid && plain.isWellFormed() ? plain : undefined
}
