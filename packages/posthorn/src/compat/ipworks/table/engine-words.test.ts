import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { CONFIG } from './config-settings.js'
import { hintOf, inWordsOfTheClass, noteInWordsOfTheClass } from './engine-words.js'
import { PROPERTIES } from './properties.js'

test('the field that a sentence begins with is named as the class names it', () => {
  expect(inWordsOfTheClass('host', 'host: is empty')).toBe('MailServer: is empty')
  expect(inWordsOfTheClass('tls.ciphers', 'tls.ciphers: leaves no cipher suite')).toBe(
    'SSLEnabledCipherSuites: leaves no cipher suite',
  )
  const field = 'envelope.recipients[0].address'
  expect(inWordsOfTheClass(field, `${field}: has no domain`)).toBe('MessageRecipients[0].address: has no domain')
  expect(inWordsOfTheClass('credentials.ntlm', 'credentials.ntlm: is odd')).toBe('User and Password.ntlm: is odd')
  expect(inWordsOfTheClass('charset', 'charset: is none')).toBe('charset: is none')
  expect(inWordsOfTheClass('host', 'another sentence')).toBe('another sentence')
})

test('so is the setting that a note is about', () => {
  expect(noteInWordsOfTheClass('tls.ciphers: X is not the name of a suite')).toBe(
    'SSLEnabledCipherSuites: X is not the name of a suite',
  )
  expect(noteInWordsOfTheClass('tls.decide took a certificate')).toBe('SSLServerAuthentication took a certificate')
  expect(noteInWordsOfTheClass('the server offers no DSN')).toBe('the server offers no DSN')
})

/** The codes and hints of docs/errors.md; a hint that depends on the reply is none of them. */
const HINTED = [
  ...readFileSync(new URL('../../../../../../docs/errors.md', import.meta.url), 'utf8').matchAll(
    /^\| `([\w.-]+)` +\|[^|]+\|[^|]+\| (.+?) +\|$/gm,
  ),
]
  .flatMap(([, code = '', hints = '']) => hints.split('<br>').map((hint) => [code, hint.replaceAll('\\', '')] as const))
  .filter(([code]) =>
    /^(?:resolve|connect|proxy|tls|smtp|deadline|recipients|envelope\.recipients|settings\.tls-ciphers)\b/.test(code),
  )

test('no advice names a setting of the engine', () => {
  expect(HINTED.length).toBeGreaterThan(80)
  for (const [code, hint] of HINTED.filter(([each]) => each !== 'tls.pin-mismatch'))
    // the class has no pins
    expect([code, hintOf({ code, hint })]).not.toEqual([code, expect.stringMatching(ENGINE)])
})

/** What an option of the engine looks like. */
const ENGINE =
  /\b(?:tls|proxy|credentials|timeouts|envelope|pool)\.[a-z]|deadlineMs|security '|allowCleartextAuth|pipelining:|localAddress|mechanisms option/

test('advice on a reply is said with the names of the class', () => {
  expect(
    hintOf({
      code: 'smtp.mail.refused',
      hint: 'The server wants a login, or TLS first: set credentials, or security.',
    }),
  ).toBe('The server wants a login, or TLS first: set User and Password, or SSLStartMode.')
  expect(hintOf({ code: 'smtp.mail.refused', hint: undefined })).toBeUndefined()
})

test('the settings it names are those of the class', () => {
  const known = new Set([...Object.keys(CONFIG), ...Object.keys(PROPERTIES)])
  for (const [code, hint] of HINTED) {
    const named = hintOf({ code, hint })?.match(/\b(?:SSL|Mail|Firewall|Local|TLS1[23]|Auth|Enabled)[A-Z0-9]\w+/g) ?? []
    for (const name of named.filter((each) => each !== 'SSLServerAuthentication'))
      expect([code, known.has(name)]).toEqual([code, true])
  }
})
