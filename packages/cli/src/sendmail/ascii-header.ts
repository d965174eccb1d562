import { entriesOf } from './qualified-header.js'

/** Fields with a grammar of their own, in which an encoded-word means nothing. */
const STRUCTURED =
  /^(?:date|message-id|in-reply-to|references|received|return-path|content-(?!description$).*|mime-version|list-.*|dkim-.*|arc-.*|authentication-results|resent-(?:date|message-id))$/
const ADDRESSES = /^(?:from|sender|reply-to|to|cc|bcc|resent-(?:from|sender|to|cc|bcc))$/
/** So many characters are at most 56 characters of base64, and no encoded-word is longer than the 75 of RFC 2047 2. */
const WORD_CHARACTERS = 10

/**
 * A header section whose texts are in ASCII: programs write `Subject: Grüße` into the pipe as it is, which only a path with SMTPUTF8 all the
 * way takes. Subjects, other texts and the names beside addresses become encoded-words (RFC 2047) in UTF-8; what is no UTF-8 counts as
 * Latin-1. Addresses, and fields in which no encoded-word may stand, stay as they are, and so does all that is ASCII.
 * @param header lines with their ends, as latin1
 */
export function asciiHeader(header: string): string {
  if (isAscii(header)) return header
  return header.replace(
    /^([\x21-\x39\x3b-\x7e]+)([ \t]*:)((?:[^\n]|\n[ \t])*)/gm,
    (field, name: string, colon: string, body: string) => {
      const key = name.toLowerCase()
      if (isAscii(body) || STRUCTURED.test(key)) return field
      const written = ADDRESSES.test(key) ? asciiList(body) : asciiText(body)
      return `${name}${colon}${written}`
    },
  )
}

/** Text as encoded-words, each on a line of its own, so that no line is longer than RFC 2047 allows. */
export function encodedWords(text: string): string {
  const words = text.match(new RegExp(`.{1,${WORD_CHARACTERS}}`, 'gsu')) ?? []
  return words.map((word) => `=?UTF-8?B?${Buffer.from(word).toString('base64')}?=`).join('\n ')
}

/** Runs of words that are not ASCII, with the spaces between them; the rest as it is. */
function asciiText(body: string): string {
  const parts = body.split(/([ \t\r\n]+)/) // words and spaces by turns; an octet A0 is no space
  let written = ''
  for (let at = 0; at < parts.length; at += 2) {
    let end = at
    if (!isAscii(parts[at]!)) while (end + 2 < parts.length && !isAscii(parts[end + 2]!)) end += 2
    const run = parts.slice(at, end + 1).join('')
    written += isAscii(run) ? run : `${at === 0 ? ' ' : ''}${encodedWords(unfolded(run))}`
    written += parts[end + 1] ?? ''
    at = end
  }
  return written
}

/** The names before angle brackets. */
function asciiList(body: string): string {
  return entriesOf(body)
    .map((entry) => {
      const angle = entry.lastIndexOf('<')
      const named = entry.slice(0, Math.max(0, angle))
      if (isAscii(named)) return entry
      const phrase = named.replace(/^[ \t\r\n]+/, '')
      const space = named.slice(0, named.length - phrase.length)
      const quoted = /^"((?:[^"\\]|\\.)*)"[ \t\r\n]*$/s.exec(phrase)
      const name = quoted ? quoted[1]!.replace(/\\(.)/gs, '$1') : phrase.slice(0, lengthBeforeSpace(phrase))
      return `${space}${encodedWords(unfolded(name))} ${entry.slice(angle)}`
    })
    .join(',')
}

function lengthBeforeSpace(text: string): number {
  let length = text.length
  while (length > 0 && ' \t\r\n'.includes(text[length - 1]!)) length--
  return length
}

/** What octets mean, in one line. */
function unfolded(latin1: string): string {
  return textOf(latin1.replace(/\r?\n/g, ''))
}

function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text)
}

/** What octets mean. */
function textOf(latin1: string): string {
  const octets = Buffer.from(latin1, 'latin1')
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(octets)
  } catch {
    return new TextDecoder('windows-1252').decode(octets)
  }
}
