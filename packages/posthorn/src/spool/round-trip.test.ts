import { readFile, writeFile } from 'node:fs/promises'
import type { ContentSource, Envelope, ExtraParameter, Recipient, Wanted } from '@posthorn/smtp'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Folder } from '../../test/oauth2/folder.js'
import { octetsOfMessage } from '../../test/spool/octets.js'
import { readSpooled, spoolText } from './index.js'
import { writeSpooled } from './write-spooled.js'

/** Either as it is, or as a preference. */
function wanted<T>(value: fc.Arbitrary<T>): fc.Arbitrary<Wanted<T>> {
  return fc.oneof(
    value,
    value.map((prefer) => ({ prefer })),
  )
}

const mailbox = fc.constantFrom(
  'a@example.test',
  'Ann.B+tag@example.test',
  '"odd > \\" local"@example.test',
  '"RCPT TO:<x@y>"@example.test',
  'jürgen@example.test',
  'm@xn--mnchen-3ya.test',
  'x@[192.0.2.1]',
)
const printable = fc.string({
  unit: fc.integer({ min: 32, max: 126 }).map((code) => String.fromCharCode(code)),
  minLength: 1,
  maxLength: 100,
})
const extra = fc.constantFrom<ExtraParameter>(
  { keyword: 'X-TRACE', text: 'X-TRACE=12' },
  { keyword: 'XVERP', text: 'XVERP', prefer: true },
  { keyword: 'VERP', text: 'XVERP2' },
  { keyword: '', text: 'XANY=1' },
  { keyword: 'x-lower', text: 'x-lower=y,z:w' },
)
const rawDsn = fc.constantFrom<ExtraParameter>(
  { keyword: 'DSN', text: 'NOTIFY=NEVER' },
  { keyword: 'DSN', text: 'notify=FAILURE', prefer: true },
)
const notify = fc.oneof(
  fc.constant(['never'] as const),
  fc.subarray(['success', 'failure', 'delay'] as const, { minLength: 1 }),
)
const original = fc.oneof(
  fc.record({ type: fc.constantFrom('rfc822', 'X-own'), address: printable }),
  fc.constant({ type: 'utf-8', address: 'jürgen+=\\x@exämple.test' }),
)
const recipient: fc.Arbitrary<string | Recipient> = fc.oneof(
  mailbox,
  fc.record(
    {
      address: mailbox,
      notify: wanted(notify),
      originalRecipient: wanted(original),
      required: fc.constant(true as const),
    },
    { requiredKeys: ['address'] },
  ),
  fc.record({ address: mailbox, parameters: fc.tuple(rawDsn, extra) }, { requiredKeys: ['address', 'parameters'] }),
)
const future = fc.date({
  min: new Date('2100-01-01T00:00:00Z'),
  max: new Date('2200-01-01T00:00:00Z'),
  noInvalidDate: true,
})
const common = fc.record(
  {
    reversePath: fc.oneof(fc.constant(''), mailbox),
    recipients: fc.array(recipient, { minLength: 1, maxLength: 6 }),
    verb: fc.constantFrom('SEND' as const, 'SOML' as const, 'SAML' as const),
    bodyType: fc.constantFrom('7bit' as const, '8bit' as const, 'binary' as const),
    keepOrder: fc.constant(true),
    asIs: fc.constant(true),
    smtpUtf8: fc.oneof(fc.boolean(), fc.constant({ prefer: true as const })),
    sizeOctets: fc.nat(),
    ret: wanted(fc.constantFrom('full' as const, 'headers' as const)),
    envelopeId: wanted(printable),
    mtPriority: wanted(fc.integer({ min: -9, max: 9 })),
    requireTls: wanted(fc.constant(true as const)),
    auth: wanted(fc.oneof(fc.constant(''), fc.constantFrom('e+mc2=x@example.test', 'a@example.test'))),
    parameters: fc.uniqueArray(extra, { selector: ({ text }) => text, minLength: 1 }),
  },
  { requiredKeys: ['reversePath', 'recipients'] },
)
const times = fc.oneof(
  fc.constant({}),
  fc.record({ holdUntil: wanted(future.map((date) => new Date(Math.floor(date.getTime() / 1000) * 1000))) }),
  fc.record({
    holdForSeconds: wanted(fc.integer({ min: 1, max: 1000 })),
    deliverBy: wanted(
      fc.oneof(
        fc.record({
          seconds: fc.integer({ min: 2000, max: 9999 }),
          mode: fc.constantFrom('return' as const, 'notify' as const),
        }),
        fc.constant({ seconds: -12, mode: 'notify' as const, trace: true }),
      ),
    ),
  }),
)
const envelope = fc.tuple(common, times).map(([one, other]): Envelope => ({ ...one, ...other }))

const NASTY = [
  'RCPT TO:<evil@example.test>\r\n',
  'MAIL FROM:<evil@example.test>\r\n',
  '\r\n',
  '.\r\n',
  '..\r\n',
  'DATA\r\n',
  'QUIT\r\n',
  '\n',
  '\r',
  '\0',
  '\xff',
  'x',
]
const octets = fc.oneof(
  fc.uint8Array({ maxLength: 2000 }).map((array) => Buffer.from(array)),
  fc.array(fc.constantFrom(...NASTY), { maxLength: 30 }).map((parts) => Buffer.from(parts.join(''), 'latin1')),
)

describe('a spool file', () => {
  it('gives back any envelope and any octets [part of ipworks.file.queue]', async () => {
    await using folder = await Folder.make()
    let count = 0
    await fc.assert(
      fc.asyncProperty(
        envelope,
        octets,
        fc.constantFrom('octets', 'stream', 'function', 'sized'),
        async (given, content, form) => {
          const path = folder.file(`${count++}`)
          await writeSpooled(path, { envelope: given, content: sourceOf(content, form) })
          const { submission, sizeOctets } = await readSpooled(path, 'x')
          expect(submission.envelope).toEqual(given)
          expect(sizeOctets).toBe(content.length)
          expect(await octetsOfMessage(submission.content)).toEqual(content)
        },
      ),
      { numRuns: 300 },
    )
  })

  it('holds what spoolText says [part of ipworks.method.Queue]', async () => {
    await using folder = await Folder.make()
    let count = 0
    await fc.assert(
      fc.asyncProperty(
        envelope,
        fc.string({ unit: 'binary' }),
        fc.constantFrom('octets', 'stream'),
        async (given, text, form) => {
          const path = folder.file(`${count++}`)
          const content = Buffer.from(text, 'utf8')
          const said = await spoolText({ envelope: given, content: sourceOf(content, form) })
          await writeFile(path, said)
          const other = folder.file(`${count++}`)
          await writeSpooled(other, { envelope: given, content: sourceOf(content, form) })
          expect(await readFile(path)).toEqual(await readFile(other))
        },
      ),
      { numRuns: 40 },
    )
  })
})

function sourceOf(content: Buffer, form: string): ContentSource {
  const open = async function* () {
    for (let at = 0; at < content.length; at += 700) yield content.subarray(at, at + 700)
  }
  if (form === 'stream') return open()
  if (form === 'function') return open
  return form === 'sized' ? { open, sizeOctets: content.length } : content
}
