import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { qualifiedHeader, qualifiedList } from './qualified-header.js'

const NAMES = { domain: 'host.example' }
const PROFILE = { domain: 'host.example', author: 'app@example.com', recipient: 'admin@example.com' }

describe('a header section from this machine', () => {
  it.each([
    ['From: root (Cron Daemon)\n', 'From: root@host.example (Cron Daemon)\n', 'From: app@example.com (Cron Daemon)\n'],
    ['To: root\n', 'To: root@host.example\n', 'To: admin@example.com\n'],
    [
      'To: anna, b@example.org,\n bruno\n',
      'To: anna@host.example, b@example.org,\n bruno@host.example\n',
      'To: admin@example.com, b@example.org,\n admin@example.com\n',
    ],
    [
      'Cc: "root, the" <root>, (root) anna\n',
      'Cc: "root, the" <root@host.example>, (root) anna@host.example\n',
      'Cc: "root, the" <admin@example.com>, (root) admin@example.com\n',
    ],
    ['reply-to : root\r\n', 'reply-to : root@host.example\r\n', 'reply-to : app@example.com\r\n'],
    [
      'Bcc: Team: root, a@b.example;\n',
      'Bcc: Team: root@host.example, a@b.example;\n',
      'Bcc: Team: admin@example.com, a@b.example;\n',
    ],
  ])('gets a domain behind each name: %j', (header, qualified, byProfile) => {
    expect(qualifiedHeader(header, NAMES)).toBe(qualified)
    expect(qualifiedHeader(header, PROFILE)).toBe(byProfile)
  })

  it.each([
    'Subject: root\nX-To: root\n',
    'To: a@example.org\n',
    'To: undisclosed-recipients:;\n',
    'To: "a \\" b" <c@example.org>, =?utf-8?q?x?= <d@example.org>\n',
    'To: two words\n',
    'To:\n',
    'To: (((((( \\) "\n',
  ])('stays as it is otherwise: %j', (header) => {
    expect(qualifiedHeader(header, PROFILE)).toBe(header)
  })

  it('is otherwise the same, and never grows a line', () => {
    const piece = fc.constantFrom(
      'To',
      'From',
      ': ',
      ',',
      '"',
      '(',
      ')',
      '<',
      '>',
      '\\',
      '\n',
      '\r\n',
      '\n ',
      'root',
      'a@b',
      ';',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const header = pieces.join('')
        const qualified = qualifiedHeader(header, NAMES)
        expect(qualified.replaceAll('@host.example', '')).toBe(header)
        expect(qualified.split('\n').length).toBe(header.split('\n').length)
      }),
    )
  })
})

describe('recipients of the command line', () => {
  it.each([
    ['root', 'root@host.example', 'admin@example.com'],
    ['Anna <anna>, a@b', 'Anna <anna@host.example>, a@b', 'Anna <admin@example.com>, a@b'],
    ['"x, y" <a@b>', '"x, y" <a@b>', '"x, y" <a@b>'],
  ])('get a domain, or go to whom the profile names: %s', (given, qualified, byProfile) => {
    expect(qualifiedList(given, NAMES)).toBe(qualified)
    expect(qualifiedList(given, PROFILE, PROFILE.recipient)).toBe(byProfile)
  })
})
