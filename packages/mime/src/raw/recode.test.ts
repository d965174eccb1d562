import fc from 'fast-check'
import { simpleParser } from 'mailparser'
import PostalMime from 'postal-mime'
import { describe, expect, it } from 'vitest'
import { collect } from '../../test/collect.js'
import { readMessage, type Entity } from '../../test/read-message.js'
import { quotedPrintable } from '../encode/quoted-printable.js'
import { rawContent } from './raw-content.js'
import { readyOctets } from './ready-octets.js'

const latin1 = (text: string) => Buffer.from(text, 'latin1')
const octetsOf = (...lines: string[]) => Buffer.from(lines.join('\r\n'))

/** The message for a server without 8BITMIME, read from memory and as a source in chunks: both must be the same. */
async function sevenBit(message: Uint8Array, size = 50): Promise<Buffer> {
  const content = await rawContent(message)
  const recoded = content.recode('7bit')
  expect(recoded.encoding).toBe('7bit')
  const source = await rawContent(() => inChunks(message, size))
  const streamed = source.recode('7bit')
  const octets = await collect(streamed)
  expect(octets.equals(recoded.octets ?? (await collect(recoded)))).toBe(true)
  expect([recoded.sizeOctets, streamed.sizeOctets]).toEqual([octets.length, octets.length])
  expect(octets.equals(Buffer.from(readyOctets(message).recode!('7bit').octets!))).toBe(true)
  expectSevenBit(octets)
  return octets
}

function expectSevenBit(octets: Buffer): void {
  const text = octets.toString('latin1')
  expect(/[^\x01-\x7f]|\r(?!\n)|(?<!\r)\n/.exec(text)).toBeNull()
  expect(Math.max(...text.split('\r\n').map((line) => line.length))).toBeLessThanOrEqual(998)
}

async function* inChunks(octets: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  const memory = Buffer.alloc(size) // the same for each chunk
  for (let at = 0; at < octets.length; at += size) {
    const chunk = octets.subarray(at, at + size)
    memory.set(chunk)
    yield memory.subarray(0, chunk.length)
  }
}

async function errorOf(message: Uint8Array, options = {}): Promise<unknown> {
  const errors: unknown[] = []
  for (const source of [message, () => inChunks(message, 100)]) {
    const content = await rawContent(source, options)
    try {
      content.recode('7bit')
    } catch (error) {
      errors.push(error)
    }
  }
  expect(errors).toHaveLength(2)
  expect((errors[0] as Error).message).toBe((errors[1] as Error).message)
  return errors[0]
}

const MIXED = octetsOf(
  'From: a@a.example',
  'MIME-Version: 1.0',
  'Content-Type: multipart/mixed; boundary="b 1"',
  'Content-Transfer-Encoding: 8bit',
  '',
  'préamble',
  '--b 1',
  'Content-Type: text/plain; charset=utf-8',
  'Content-Transfer-Encoding: 8bit',
  'X-After: kept',
  '',
  'Grüße = hallo, und noch mehr',
  '',
  '--b 1  ',
  'Content-Type: application/octet-stream',
  'Content-Disposition: attachment; filename=ß.bin'.replace('ß', 's'),
  '',
  'üöä€',
  '--b 1',
  'Content-Type: text/plain',
  '',
  'ASCII  ',
  '--b 1--',
  'épilogue',
  '',
)

describe('recode', () => {
  it('encodes the parts that need it and leaves every other octet alone', async () => {
    const recoded = await sevenBit(MIXED)
    expect(recoded.toString()).toBe(
      octetsOf(
        'From: a@a.example',
        'MIME-Version: 1.0',
        'Content-Type: multipart/mixed; boundary="b 1"',
        'Content-Transfer-Encoding: 7bit',
        '',
        'pr??amble',
        '--b 1',
        'Content-Type: text/plain; charset=utf-8',
        'Content-Transfer-Encoding: quoted-printable',
        'X-After: kept',
        '',
        'Gr=C3=BC=C3=9Fe =3D hallo, und noch mehr',
        '',
        '--b 1  ',
        'Content-Type: application/octet-stream',
        'Content-Disposition: attachment; filename=s.bin',
        'Content-Transfer-Encoding: base64',
        '',
        'w7zDtsOk4oKs',
        '--b 1',
        'Content-Type: text/plain',
        '',
        'ASCII  ',
        '--b 1--',
        '??pilogue',
        '',
      ).toString(),
    )
  })

  it('gives itself where nothing has to change, and the same again when it is asked again', async () => {
    const plain = await rawContent('Subject: a\r\n\r\nb\r\n')
    expect(plain.recode('7bit').octets).toBe(plain.octets)
    const eight = await rawContent(MIXED)
    expect([eight.encoding, eight.recode('8bit').octets, eight.recode('binary').octets]).toEqual([
      '8bit',
      eight.octets,
      eight.octets,
    ])
    const seven = eight.recode('7bit')
    expect([eight.recode('7bit'), seven.recode!('8bit'), seven.recode!('7bit')]).toEqual([seven, seven, seven])
    const ready = readyOctets(Buffer.from('a: b\r\n\r\nc'))
    expect(ready.recode!('7bit').encoding ?? '7bit').toBe('7bit')
  })

  it('makes MIME of a message that is none, and says what its octets are (RFC 1428)', async () => {
    const utf8 = await sevenBit(octetsOf('Subject: a', '', 'Grüße und so weiter und so fort', ''))
    expect(utf8.toString()).toBe(
      'Subject: a\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n' +
        'Content-Transfer-Encoding: quoted-printable\r\n\r\nGr=C3=BC=C3=9Fe und so weiter und so fort\r\n',
    )
    const unknown = await sevenBit(latin1('Subject: a\r\n\r\nGr\xfc\xdfe und so weiter\r\n'))
    expect(unknown.toString()).toContain('Content-Type: text/plain; charset=unknown-8bit\r\n')
    const typed = await sevenBit(octetsOf('Content-Type: text/html', '', 'ü ist ein Umlaut', ''))
    expect(typed.toString()).toBe(
      'Content-Type: text/html\r\nMIME-Version: 1.0\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=C3=BC ist ein Umlaut\r\n',
    )
  })

  it('goes into messages within the message, and relabels what holds them', async () => {
    const recoded = await sevenBit(
      octetsOf(
        'MIME-Version: 1.0',
        'Content-Type: message/rfc822',
        'Content-Transfer-Encoding: 8bit',
        '',
        'Subject: inner',
        '',
        'ü ist ein Umlaut',
        '',
      ),
    )
    expect(recoded.toString()).toBe(
      'MIME-Version: 1.0\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: 7bit\r\n\r\n' +
        'Subject: inner\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n' +
        'Content-Transfer-Encoding: quoted-printable\r\n\r\n=C3=BC ist ein Umlaut\r\n',
    )
    const global = await sevenBit(
      octetsOf('MIME-Version: 1.0', 'Content-Type: message/global', '', 'Subject: ü', '', ''),
    )
    expect(global.toString()).toContain('Content-Transfer-Encoding: base64\r\n\r\nU3ViamVjdDogw7wNCg0K\r\n') // RFC 6532 3.7
  })

  it('encodes what says 7bit and is not, and mends what says base64 or quoted-printable and is not', async () => {
    const part = (encoding: string, body: string) =>
      octetsOf('MIME-Version: 1.0', 'Content-Type: text/plain', `Content-Transfer-Encoding: ${encoding}`, '', body, '')
    expect((await sevenBit(part('7bit', 'ü ist ein Umlaut'))).toString()).toContain(
      ': quoted-printable\r\n\r\n=C3=BC ist',
    )
    const mended = readMessage(await sevenBit(part('quoted-printable', `=FC and ü ${'x'.repeat(1200)}é=`)))
    expect(mended.octets.toString('latin1')).toBe(
      latin1(`\xfc and \xc3\xbc ${'x'.repeat(1200)}\xc3\xa9`).toString('latin1'),
    )
    const long = Buffer.alloc(1500, 'abc').toString('base64')
    const rewrapped = readMessage(await sevenBit(part('base64', `${long.slice(0, 50)} é ${long.slice(50)}`)))
    expect(rewrapped.octets.toString()).toBe(Buffer.alloc(1500, 'abc').toString())
  })

  it('uses base64 for text that is mostly not ASCII', async () => {
    const recoded = await sevenBit(
      octetsOf('Content-Type: text/plain; charset=utf-8', 'MIME-Version: 1.0', '', 'Привет', ''),
    )
    expect(recoded.toString()).toContain('Content-Transfer-Encoding: base64\r\n\r\n0J/RgNC40LLQtdGCDQo=\r\n')
  })

  it.each([
    ['the first part of a multipart/signed', 'multipart/signed; boundary=b', ''],
    ['a part of a multipart/encrypted', 'multipart/encrypted; boundary=b', ''],
    ['a message with a DKIM signature', 'multipart/mixed; boundary=b', 'DKIM-Signature: v=1\r\n'],
  ])('does not change %s unless that is asked for', async (_what, type, field) => {
    const message = Buffer.from(
      `${field}MIME-Version: 1.0\r\nContent-Type: ${type}\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nü ist ein Umlaut\r\n--b--\r\n`,
    )
    expect(await errorOf(message)).toMatchObject({
      code: 'content.signed',
      hint: expect.stringContaining('8BITMIME') as string,
    })
    const broken = await rawContent(message, { breakSignatures: true })
    expectSevenBit(await collect(broken.recode('7bit')))
  })

  it('leaves a signed part alone when only others have to change', async () => {
    const signed =
      '--s\r\nContent-Transfer-Encoding: 8bit\r\n\r\nASCII  \r\n--s\r\nContent-Type: application/pkcs7-signature\r\n\r\nsig\r\n--s--'
    const message = `MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: multipart/signed; boundary=s\r\n\r\n${signed}\r\n--b\r\n\r\nfooter ü, and more of it\r\n--b--\r\n`
    expect((await sevenBit(Buffer.from(message))).toString()).toContain(signed)
  })

  it.each([
    [
      'a header section of a part',
      '\r\n--b\r\nContent-Disposition: attachment; filename=ü\r\n\r\nx\r\n--b--\r\n',
      'content.eight-bit',
    ],
    [
      'a delivery status',
      '\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nStatus: ü\r\n--b--\r\n',
      'content.structure',
    ],
    [
      'an unknown transfer encoding',
      '\r\n--b\r\nContent-Transfer-Encoding: x-uue\r\n\r\nü\r\n--b--\r\n',
      'content.structure',
    ],
    [
      'two types',
      '\r\n--b\r\nContent-Type: text/plain\r\nContent-Type: text/html\r\n\r\nü\r\n--b--\r\n',
      'content.structure',
    ],
    [
      'a multipart without a boundary',
      '\r\n--b\r\nContent-Type: multipart/mixed\r\n\r\n--c\r\n\r\nü\r\n--b--\r\n',
      'content.structure',
    ],
    ['a multipart without parts', '\r\nü\r\n', 'content.structure'],
  ])('refuses octets above 127 in %s, where nobody could tell what they mean', async (_what, body, code) => {
    const message = Buffer.from(`MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n${body}`)
    expect(await errorOf(message)).toMatchObject({ code, phase: 'compose' })
  })

  const PARTS = '\r\n--b\r\nContent-Type: text/plain\r\n\r\nü ist ein Umlaut\r\n--b--\r\n'
  const TWO_BOUNDARIES = 'Content-Type: multipart/mixed; boundary=b; boundary="c"\r\n'
  const SIGNED_TOO = 'Content-Type: multipart/mixed; boundary=b\r\nContent-Type: multipart/signed; boundary=b\r\n'

  it.each([
    ['two types', 'Content-Type: multipart/mixed; boundary=b\r\nContent-Type: text/plain\r\n', 'content.structure'],
    ['two boundaries', TWO_BOUNDARIES, 'content.structure'],
    [
      'two fields with two boundaries',
      'Content-Type: multipart/mixed; boundary=b\r\nContent-Type: multipart/mixed; boundary=c\r\n',
      'content.structure',
    ],
    [
      'two transfer encodings',
      'Content-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: 7bit\r\nContent-Transfer-Encoding: base64\r\n',
      'content.structure',
    ],
    ['two types, one of which is signed', SIGNED_TOO, 'content.signed'],
    [
      'two types, the first of which is signed',
      'Content-Type: multipart/signed; boundary=b\r\nContent-Type: multipart/mixed; boundary=b\r\n',
      'content.signed',
    ],
    [
      'two types, one of which is encrypted',
      'Content-Type: multipart/mixed; boundary=b\r\nContent-Type: multipart/encrypted; boundary=b\r\n',
      'content.signed',
    ],
  ])('refuses to change what is in a multipart with %s', async (_what, fields, code) => {
    const message = `MIME-Version: 1.0\r\n${fields}${PARTS}`
    const outer = (type: string) => `MIME-Version: 1.0\r\nContent-Type: ${type}\r\n`
    for (const octets of [
      message,
      `${outer('message/rfc822')}\r\n${message}`,
      `${outer('multipart/mixed; boundary=x')}\r\n--x\r\n${fields}${PARTS}--x--\r\n`,
      message.replace('text/plain', 'message/rfc822\r\n\r\nSubject: inner'),
      message.replace('ü', 'u').replace('\r\n--b\r\n', '\r\nü\r\n--b\r\n'),
    ]) {
      const sealed = code === 'content.signed' && !octets.includes('\r\nü\r\n--b')
      expect(await errorOf(Buffer.from(octets))).toMatchObject({ code: sealed ? code : 'content.structure' })
      expect(await errorOf(Buffer.from(octets), { breakSignatures: true })).toMatchObject({ code: 'content.structure' })
    }
  })

  it.each([TWO_BOUNDARIES, SIGNED_TOO])(
    'leaves all alone in a multipart with %j when only others have to change',
    async (fields) => {
      const inner = `${fields}\r\n--b\r\nContent-Transfer-Encoding: 8bit\r\n\r\n${'x'.repeat(1200)}\r\n--b--\r\n`
      const message = Buffer.from(
        `MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n${inner}\r\n--x\r\n\r\nfooter ü, and more of it\r\n--x--\r\n`,
      )
      expect((await collect((await rawContent(message)).recode('7bit'))).toString()).toContain(inner)
    },
  )

  it('a boundary that is given twice and is the same is one', async () => {
    const message = `MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b; boundary="b"\r\n${PARTS}`
    expect((await sevenBit(Buffer.from(message))).toString()).toContain('=C3=BC ist ein Umlaut')
  })

  it.each(['DKIM-Signature: v=1', 'ARC-Message-Signature: i=1'])(
    'does not change a message within the message that has a %s, unless that is asked for',
    async (signature) => {
      const inner = (body: string) => `${signature}\r\nSubject: inner\r\n\r\n${body}\r\n`
      const parts = `MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n${PARTS}`
      for (const message of [
        `Content-Type: message/rfc822\r\n\r\n${inner('ü ist ein Umlaut')}`,
        `Content-Type: message/rfc822\r\n\r\n${signature}\r\n${parts}`,
        `MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\nContent-Type: message/rfc822\r\n\r\n${signature}\r\n${parts}--o--\r\n`,
      ]) {
        const octets = Buffer.from(message)
        expect(await errorOf(octets)).toMatchObject({
          code: 'content.signed',
          message: expect.stringContaining('a message with a DKIM or ARC signature') as string,
        })
        expectSevenBit(await collect((await rawContent(octets, { breakSignatures: true })).recode('7bit')))
      }
      // nor is it changed when only others have to be
      const kept = inner(`${'x'.repeat(1200)}`)
      const beside = Buffer.from(
        `MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\nContent-Type: message/rfc822\r\n\r\n${kept}\r\n--o\r\n\r\nü, and more\r\n--o--\r\n`,
      )
      expect((await collect((await rawContent(beside)).recode('7bit'))).toString()).toContain(kept)
    },
  )

  it('leaves a header section in UTF-8 to SMTPUTF8, and refuses one in another charset', async () => {
    const content = await rawContent(octetsOf('Subject: ü', '', 'Umlaut: ü, and more', ''))
    expect([content.utf8Header, content.encoding]).toEqual([true, '8bit'])
    const recoded = content.recode('7bit')
    expect([recoded.utf8Header, recoded.encoding]).toEqual([true, '8bit'])
    expect((await collect(recoded)).toString()).toContain('Subject: ü\r\nMIME-Version: 1.0\r\n')
    expect(await errorOf(latin1('Subject: \xfc\r\n\r\nASCII\r\n'))).toMatchObject({ code: 'content.eight-bit' })
  })

  it('no text becomes a delimiter by being encoded, wherever its lines are broken', async () => {
    const text = `ü\r\n${'x'.repeat(75)}--b\r\n${'x'.repeat(75)}---b\r\n${'x'.repeat(75)}--b--\r\n--b=\r\n-- \r\n${'-'.repeat(400)}b`
    const message = Buffer.from(
      `MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n${text}\r\n--b--\r\n`,
    )
    const read = readMessage(await sevenBit(message))
    expect(read.parts.map(({ octets }) => octets.toString())).toEqual([text])
  })
})

interface Leaf {
  readonly type: string
  readonly encoding: string | undefined
  readonly octets: Buffer
}
type Tree = Leaf | { readonly parts: readonly Tree[]; readonly around: string } | { readonly inner: Tree }

const UNITS = [
  'a',
  ' ',
  '=',
  '.',
  '-',
  '--',
  '--b1',
  'From ',
  '\r\n',
  'é',
  '\xff',
  'x'.repeat(74),
  'y'.repeat(1000),
  '\t\r\n',
  '\0',
]
const anyBody = fc
  .string({ unit: fc.constantFrom(...UNITS), maxLength: 30 })
  .map((text) => latin1(text.replace(/^--b/gm, 'no')))
const anyLeaf: fc.Arbitrary<Leaf> = fc
  .record({
    type: fc.constantFrom('text/plain', 'text/html; charset=utf-8', 'application/octet-stream', 'image/png'),
    encoding: fc.constantFrom(undefined, '7bit', '8bit', 'binary', 'base64', 'quoted-printable'),
    octets: anyBody,
  })
  // the encoder used for the original does not know of delimiters
  .map((leaf) => (leaf.encoding === 'quoted-printable' ? { ...leaf, octets: leaf.octets.map(noDash) as Buffer } : leaf))
const noDash = (octet: number) => (octet === 45 ? 43 : octet)
const { tree: anyTree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    anyLeaf,
    fc.record({
      parts: fc.array(tie('tree'), { minLength: 1, maxLength: 3 }),
      around: fc.constantFrom('', 'text', 'é'.repeat(3), 'z'.repeat(2000)),
    }),
    fc.record({ inner: tie('tree') }),
  ),
}))

function written(tree: Tree, next = { boundary: 0 }): string {
  if ('inner' in tree) return `Content-Type: message/rfc822\r\n\r\nMIME-Version: 1.0\r\n${written(tree.inner, next)}`
  if ('parts' in tree) {
    const boundary = `b${++next.boundary}`
    const parts = tree.parts.map((part) => `\r\n--${boundary}\r\n${written(part, next)}`).join('')
    return `Content-Type: multipart/mixed; boundary=${boundary}\r\n\r\n${tree.around}${parts}\r\n--${boundary}--\r\n${tree.around}`
  }
  const { type, encoding, octets } = tree
  const label = encoding === undefined ? '' : `Content-Transfer-Encoding: ${encoding}\r\n`
  const body =
    encoding === 'base64'
      ? octets.toString('base64').replace(/.{1,76}/g, '$&\r\n')
      : encoding === 'quoted-printable'
        ? quotedPrintable(octets).toString('latin1')
        : octets.toString('latin1')
  return `Content-Type: ${type}\r\n${label}\r\n${body}`
}

const holdsMessage = (tree: Tree): boolean => 'inner' in tree || ('parts' in tree && tree.parts.some(holdsMessage))

const leavesOf = (tree: Tree): Leaf[] =>
  'inner' in tree ? leavesOf(tree.inner) : 'parts' in tree ? tree.parts.flatMap(leavesOf) : [tree]

function leavesRead(entity: Entity): Buffer[] {
  if (entity.parts.length > 0) return entity.parts.flatMap(leavesRead)
  if (entity.type !== 'message/rfc822') return [entity.octets]
  const inner = entity.octets.toString('latin1')
  return leavesRead(readMessage(latin1(inner.endsWith('\r\n') ? inner : `${inner}\r\n`)))
}

describe('recode, any message', () => {
  it('decodes to the same parts by a strict reader, whatever the chunks', async () => {
    await fc.assert(
      fc.asyncProperty(anyTree, fc.constantFrom(3, 50, 300, 5000), async (tree, size) => {
        const message = latin1(`MIME-Version: 1.0\r\n${written(tree)}\r\n`)
        fc.pre(message.some((octet) => octet > 127)) // else it goes as it is
        const read = leavesRead(readMessage(await sevenBit(message, size)))
        const meant = leavesOf(tree)
        expect(read).toHaveLength(meant.length)
        // the last line end of a message may be that of its last leaf
        read.forEach((octets, index) => {
          const { octets: expected } = meant[index]!
          const same = octets.equals(expected) || octets.equals(Buffer.concat([expected, latin1('\r\n')]))
          expect(same, `${octets.toString('latin1')} is not ${expected.toString('latin1')}`).toBe(true)
        })
      }),
      { numRuns: 100 },
    )
  })

  it('shows the same by postal-mime and by mailparser', async () => {
    const clean = (tree: Tree): boolean =>
      leavesOf(tree).every(({ octets }) => !/[\0\xff]|y{999}/.test(octets.toString('latin1')))
    const lines = (text: string | undefined) => text?.replaceAll('\r\n', '\n').trim()
    await fc.assert(
      fc.asyncProperty(anyTree.filter(clean), async (tree) => {
        const message = latin1(`MIME-Version: 1.0\r\n${written(tree)}\r\n`)
        fc.pre(message.some((octet) => octet > 127))
        const recoded = await sevenBit(message)
        const [before, after] = [await PostalMime.parse(message), await PostalMime.parse(recoded)]
        const shown = ({ text, html, attachments }: typeof before) => ({
          text: lines(text),
          html: lines(html),
          attachments: attachments.map(({ content }) => lines(Buffer.from(content as ArrayBuffer).toString('latin1'))),
        })
        expect(shown(after)).toEqual(shown(before))
        if (holdsMessage(tree)) return // mailparser shows its source
        const [parsed, again] = [await simpleParser(message), await simpleParser(recoded)]
        const kept = (mail: typeof parsed) => mail.attachments.map(({ content }) => lines(content.toString('latin1')))
        expect(kept(again)).toEqual(kept(parsed))
        expect(lines(again.text)).toBe(lines(parsed.text))
      }),
      { numRuns: 40 },
    )
  })
})
