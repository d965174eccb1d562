import { describe, expect, it } from 'vitest'
import { textPart } from '../../test/encrypted.js'
import { mailPerson } from '../../test/mail-person.js'
import { inChunks, inMemory, signedMessage } from '../../test/signed.js'
import { readEntity } from './mime-entity.js'
import { verifyMessage } from './report.js'

const SIGNED = 'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; boundary=b'
const long = 'To: somebody@example.test\r\n'.repeat(12_000)

async function outcome(text: string): Promise<string> {
  const octets = Buffer.from(text, 'latin1')
  const found = new Set<string>()
  for (const content of [
    inMemory(octets),
    inChunks(octets, octets.length > 20_000 ? 997 : 1),
    inChunks(octets, 4099),
  ]) {
    found.add(
      await verifyMessage(content).then(
        ({ layers }) => layers.map(({ kind }) => kind).join() || 'no layers',
        ({ code, message }: { code: string; message: string }) => `${code} ${message}`,
      ),
    )
  }
  expect([...found]).toHaveLength(1)
  return [...found].join()
}

describe('a message that is S/MIME to nobody has no layers:', () => {
  it.each([
    ['two content types', 'Content-Type: text/plain\r\nContent-Type: text/html\r\n\r\nhi'],
    ['a charset twice', 'Content-Type: text/plain; charset=a; charset=b\r\n\r\nhi'],
    ['a header section of 300 KB', `${long}Content-Type: text/plain\r\n\r\nhi`],
    ['a line of 300 KB', `Subject: x\r\n${'y'.repeat(300_000)}`],
    ['a CR in a field', 'From: a@b.test\r\nSubject: x\ry\r\n\r\nhi'],
    ['a CR in its content type', 'Content-Type: text/plain\r; charset=utf-8\r\n\r\nhi'],
    ['lines that end with CR CR LF', 'Content-Type: text/plain\r\r\nSubject: x\r\r\n\r\r\nhi'],
    ['line ends of both kinds', 'Received: x\r\nContent-Type: text/plain\n\nhi\n\nmore\r\n'],
    ['line ends of both kinds and a long body', `Received: x\r\nContent-Type: text/plain\n\n${'hi\n'.repeat(400_000)}`],
    ['a content type of 100 KB', `Content-Type: text/plain; x="${'x'.repeat(100_000)}"\r\n\r\nhi`],
    ['no line end at all', 'hi'],
    ['nothing but a CR', '\r'],
    ['a content type that is none', 'Content-Type: ; (\r\n\r\nhi'],
    ['two protocols that are PGP', 'Content-Type: multipart/signed; protocol=a/pgp; protocol=a/pgp\r\n\r\nhi'],
    ['two transfer encodings', 'Content-Transfer-Encoding: 7bit\r\nContent-Transfer-Encoding: 8bit\r\n\r\nhi'],
    ['a signature that stands alone', 'Content-Type: application/octet-stream; name=smime.p7s\r\n\r\nhi'],
  ])('%s', async (_, text) => {
    expect(await outcome(text)).toBe('no layers')
  })
})

describe('a message that is S/MIME to some readers is refused:', () => {
  it.each([
    ['two content types', `Content-Type: text/plain\r\n${SIGNED}\r\n\r\nhi`],
    ['the other one first', `${SIGNED}\r\nContent-Type: text/plain\r\n\r\nhi`],
    ['two protocols', `${SIGNED}; protocol="application/pgp-signature"\r\n\r\nhi`],
    ['a boundary twice', `${SIGNED}; boundary=c\r\n\r\nhi`],
    ['a boundary in two ways', `${SIGNED}; boundary*=us-ascii''c\r\n\r\nhi`],
    ['a section that is missing', `${SIGNED.replace('boundary', 'boundary*1')}\r\n\r\nhi`],
    ['a parenthesis in the boundary', `${SIGNED}(c)\r\n\r\nhi`],
    ['a comment that does not end', `${SIGNED}; (c\r\n\r\nhi`],
    ['a quotation that does not end', `${SIGNED}; x="c\r\n\r\nhi`],
    ['a media type in quotation marks', `${SIGNED.replace('multipart/signed', '"multipart/signed"')}\r\n\r\nhi`],
    ['a media type in three parts', `${SIGNED.replace('signed;', 'signed/x;')}\r\n\r\nhi`],
    ['a content type behind a CR', `X-A: a\r${SIGNED}\r\n\r\nhi`],
    ['a content type behind a LF', `X-A: a\r\nX-B: b\n${SIGNED}\r\n\r\nhi`],
    ['a CR in the media type', `X-A: a\n${SIGNED.replace('/', '\r/')}\r\n\r\nhi`],
    ['a CR in the media type, all lines with CRLF', `${SIGNED.replace('/', '\r/')}\r\n\r\nhi`],
    ['a section that some end before it', `X-A: a\r\nX-B: b\n\n\r\n${SIGNED}\r\n\r\nhi`],
    ['an author behind a CR', `${SIGNED}\r\nX-A: a\rFrom: ceo@bank.test\r\n\r\nhi`],
    ['a name twice', 'Content-Type: application/octet-stream; name=a.txt; name=a.p7m\r\n\r\nhi'],
    ['a long field', `From: ${'a'.repeat(70_000)}\r\n${SIGNED}\r\n\r\nhi`],
    ['a media type behind a long comment', `Content-Type: (${'a'.repeat(70_000)})${SIGNED.slice(14)}\r\n\r\nhi`],
    ['fields without end', `${'From: a@b.test\r\n'.repeat(2000)}\r\nhi`],
  ])('%s', async (_, text) => {
    expect(await outcome(text)).toMatch(/^smime\.malformed .*(?:differ|1 MiB|64 KiB)/)
  })
})

describe('a signed message is known', () => {
  it.each([
    ['a comment behind the type', 'multipart/signed;', 'multipart/signed (a (nested\\)) one);'],
    ['a comment before the parameters', 'multipart/signed;', 'multipart/signed; (x)'],
    ['white space around the stroke', 'multipart/signed;', 'Multipart / Signed ;'],
    ['an extended boundary', /boundary="([^"]*)"/, `boundary*=us-ascii''$1`],
    ['a percent-encoded boundary', /boundary="=([^"]*)"/, `boundary*=utf-8'en'%3D$1`],
    ['a boundary in sections', /boundary="(.)(.)([^"]*)"/, `boundary*2="$3"; boundary*0*=''%3D; boundary*1=$2`],
    ['an empty parameter', 'multipart/signed;', 'multipart/signed; ;;'],
    ['a signature by its name', 'application/pkcs7-signature; name', 'application/octet-stream; name'],
    ['a CR in a field that does not count', 'MIME-Version', 'X-A: a\rb\r\nMIME-Version'],
    ['a field of 300 KB', 'MIME-Version', `X-A: ${'a'.repeat(300_000)}\r\nMIME-Version`],
    ['white space before a colon', 'Content-Type: multipart', 'Content-Type \t: multipart'],
    ['a line of a mailbox file', 'MIME-Version', 'From ann Thu Jan  1 00:00:00 2026\r\nMIME-Version'],
    ['a comment in an encoding', 'base64', 'base64 (x)'],
  ])('with %s', async (_, from, to) => {
    const identity = await mailPerson({ email: 'ann@example.test' })
    const text = (await signedMessage(textPart('hello'), { identity })).toString('latin1')
    const changed = text.replace(from, to)
    expect(changed).not.toBe(text)
    expect(await outcome(changed)).toBe('signed')
  })

  it('by the name of its only part, opaque', async () => {
    const identity = await mailPerson({ email: 'ann@example.test' })
    const text = (await signedMessage(textPart('hello'), { identity, form: 'opaque' })).toString('latin1')
    const [, type = ''] = /Content-Type: ((?:[^\r]|\r\n[ \t])*)/.exec(text) ?? []
    for (const [change, how] of [
      ['application/octet-stream; name=smime.p7m', 'signed'],
      [`application/octet-stream; name*=utf-8''SMIME%2EP7M`, 'signed'],
      ['application/octet-stream; name=smime.p7m.txt\r\nX-A: a', 'signed'], // Content-Disposition names it, too
    ] as const) {
      expect(await outcome(text.replace(type, change))).toBe(how)
    }
  })
})

describe('readEntity', () => {
  it('reads no further than the header section', async () => {
    const octets = Buffer.alloc(10_000_000, 'a line\r\n')
    octets.write('Subject: x\r\n\r\n')
    let given = 0
    const content = {
      async *open() {
        for (let at = 0; at < octets.length; at += 65_536) {
          given++
          yield octets.subarray(at, at + 65_536)
        }
      },
    }
    expect((await readEntity(content)).bodyAt).toBe(14)
    expect(given).toBe(1)
  })
})
