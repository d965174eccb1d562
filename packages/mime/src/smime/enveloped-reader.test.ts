import { describe, expect, it } from 'vitest'
import { encryptedText, HEADER } from '../../test/encrypted.js'
import { mailPerson } from '../../test/mail-person.js'
import { BerReader, type Element } from './ber-reader.js'
import { derOf } from './cms-element.js'
import { openEnveloped } from './decrypt.js'
import { integer, octetString, oid, sequence, setOf, tagged } from './der.js'
import { ID } from './object-identifier.js'

const rsa = await mailPerson({ email: 'ann@example.test', keyType: 'rsa' })
const p256 = await mailPerson({ email: 'bob@example.test' })
const ATTRIBUTES = sequence(oid('1.2.3'), setOf([oid('1.2.3')]))
const OTHERS = [0xa2, 0xa3, 0xa4].map((tag) => setOf([sequence()], tag))

type Parts = readonly Buffer[]

async function elementOf(octets: Uint8Array): Promise<Element> {
  async function* once() {
    yield octets
  }
  return new BerReader(once()).element()
}

function membersOf({ content }: Element): readonly Element[] {
  return content instanceof Uint8Array ? expect.fail('is primitive') : content
}

type Cipher = 'aes-256-cbc' | 'aes-256-gcm'

/** What becomes of a message whose parts are changed: its version, its recipients, its content, and what stands behind. */
async function changed(
  cipher: Cipher,
  change: (parts: Parts, recipients: readonly Element[]) => Parts,
): Promise<string> {
  const [type, inner] = membersOf(await elementOf(await encryptedText('hello', [rsa, p256], { cipher })))
  const parts = membersOf(membersOf(inner!)[0]!)
  const others = change(
    parts.map((part) => derOf(part)),
    membersOf(parts[1]!),
  )
  return openEnveloped(sequence(derOf(type!), tagged(0, sequence(...others))), [p256]).then(
    (octets) => Buffer.from(octets).toString(),
    ({ code }: { code: string }) => code,
  )
}

/** The same with other recipients, made of the members of key transport and of key agreement. */
function recipients(change: (transport: Buffer[], agreement: Buffer[]) => Parts) {
  return (cipher: Cipher) =>
    changed(cipher, (parts, set) => {
      const of = (tag: number) => membersOf(set.find((one) => one.tag === tag)!).map((one) => derOf(one))
      return parts.with(1, setOf(change(of(0x30), of(0xa1))))
    })
}

describe.each(['aes-256-cbc', 'aes-256-gcm'] as const)('readEnveloped, %s,', (cipher) => {
  const isGcm = cipher === 'aes-256-gcm'
  const opened = `${HEADER}hello`

  it('reads what stands where it belongs', async () => {
    expect(await changed(cipher, (parts) => parts)).toBe(opened)
    expect(await changed(cipher, ([version, ...rest]) => [version!, setOf([], 0xa0), ...rest])).toBe(opened)
    expect(await changed(cipher, (parts) => [...parts, setOf([ATTRIBUTES], isGcm ? 0xa2 : 0xa1)])).toBe(opened)
    for (const number of isGcm ? [0] : [0, 2, 3, 4]) {
      expect(await changed(cipher, (parts) => parts.with(0, integer(number)))).toBe(opened)
    }
  })

  it.each([
    ['an octet string behind its content', (parts: Parts) => [...parts, octetString(parts[0]!)]],
    ['attributes of the other kind', (parts: Parts) => [...parts, setOf([ATTRIBUTES], isGcm ? 0xa1 : 0xa2)]],
    [
      'attributes twice',
      (parts: Parts) => [...parts, ...Array<Buffer>(2).fill(setOf([ATTRIBUTES], isGcm ? 0xa2 : 0xa1))],
    ],
    ['recipients twice', (parts: Parts) => [parts[0]!, parts[1]!, ...parts.slice(1)]],
    ['recipients of an unknown kind', (parts: Parts) => parts.with(1, setOf([octetString(parts[0]!)]))],
    ['no recipients', (parts: Parts) => [parts[0]!, ...parts.slice(2)]],
    ['no version', (parts: Parts) => parts.slice(1)],
    ['version 1', (parts: Parts) => parts.with(0, integer(1))],
    ['version 99', (parts: Parts) => parts.with(0, integer(99))],
  ] as const)('refuses %s', async (_, change) => {
    expect(await changed(cipher, change)).toBe('smime.malformed')
  })

  it('passes over recipients who have no certificate', async () => {
    expect(await recipients((_, agreement) => [...OTHERS, tagged(1, ...agreement)])(cipher)).toBe(opened)
    expect(await recipients((transport, agreement) => [sequence(...transport), tagged(1, ...agreement)])(cipher)).toBe(
      opened,
    )
  })

  it.each([
    ['key transport of version 1', recipients((transport) => [sequence(...transport.with(0, integer(1)))])],
    ['key transport of five', recipients((transport) => [sequence(...transport, octetString(oid(ID.data)))])],
    ['key agreement of version 2', recipients((_, agreement) => [tagged(1, ...agreement.with(0, integer(2)))])],
    ['key agreement with more in it', recipients((_, agreement) => [tagged(1, ...agreement, oid(ID.data))])],
  ] as const)('refuses %s', async (_, opening) => {
    expect(await opening(cipher)).toBe('smime.malformed')
  })
})
