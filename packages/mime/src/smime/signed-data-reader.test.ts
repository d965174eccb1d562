import { describe, expect, it } from 'vitest'
import { textPart } from '../../test/encrypted.js'
import { opaque } from '../../test/forged.js'
import { mailPerson } from '../../test/mail-person.js'
import { cmsIn, inMemory, signedMessage } from '../../test/signed.js'
import { BerReader, type Element } from './ber-reader.js'
import { derOf } from './cms-element.js'
import { integer, octetString, oid, sequence, setOf, tagged, taggedPrimitive } from './der.js'
import { DIGESTS } from './digest-algorithm.js'
import { ID } from './object-identifier.js'
import { verifySigned } from './verify.js'

/** A SignedData taken apart, each part encoded. */
interface Parts {
  version: Buffer
  digests: Buffer
  content: Buffer
  certificates: Buffer
  signers: Buffer
}

const ann = await mailPerson({ email: 'ann@example.test' })
const SIGNED = await partsOf(cmsIn(await signedMessage(textPart('text'), { identity: ann, form: 'opaque' })))
const SIGNER = await elementOf(SIGNED.signers)
const SIGNER_INFO = membersOf(SIGNER)[0]!
const DIGEST = membersDer(await elementOf(SIGNED.digests))
const CRLS = tagged(1, sequence())
const SHA1 = sequence(oid(DIGESTS.sha1.oid))

async function elementOf(octets: Uint8Array): Promise<Element> {
  return new BerReader(inMemory(octets).open()).element()
}

function membersOf({ content }: Element): readonly Element[] {
  return content instanceof Uint8Array ? expect.fail('is primitive') : content
}

async function partsOf(cms: Uint8Array): Promise<Parts> {
  const [, inner] = membersOf(await elementOf(cms))
  const parts = membersOf(membersOf(inner!)[0]!).map((element) => derOf(element))
  const [version, digests, content, certificates, signers] = parts
  return { version: version!, digests: digests!, content: content!, certificates: certificates!, signers: signers! }
}

/** What becomes of a message whose SignedData is made of these parts. */
async function verdict(parts: readonly Buffer[], behind: Uint8Array = Buffer.alloc(0)): Promise<string> {
  const cms = Buffer.concat([sequence(oid(ID.signedData), tagged(0, sequence(...parts))), behind])
  return verifySigned(inMemory(opaque(cms))).then(
    ({ signatures }) => `${signatures.length} holds`,
    ({ code }: { code: string }) => code,
  )
}

const all = (changed: Partial<Parts> = {}) => Object.values({ ...SIGNED, ...changed })
const times = <T>(count: number, what: T) => Array.from({ length: count }, () => what)

describe('SignedDataReader', () => {
  const { version, digests, content, certificates, signers } = SIGNED

  it('reads what stands where it belongs', async () => {
    expect(await verdict(all())).toBe('1 holds')
    expect(await verdict([version, digests, content, certificates, CRLS, signers])).toBe('1 holds')
    for (const number of [1, 3, 4, 5]) expect(await verdict(all({ version: integer(number) }))).toBe('1 holds')
    const others = [0xa0, 0xa1, 0xa2, 0xa3].map((tag) => setOf([], tag))
    const members = membersOf(await elementOf(certificates)).map((element) => derOf(element))
    expect(await verdict(all({ certificates: setOf([...members, ...others], 0xa0) }))).toBe('1 holds')
    expect(await verdict(all({ digests: setOf([...DIGEST, ...times(15, SHA1)]) }))).toBe('1 holds')
  })

  it.each([
    ['certificates twice', [version, digests, content, certificates, certificates, signers]],
    ['signers twice', [version, digests, content, certificates, signers, signers]],
    ['100 sets of signers', [version, digests, content, certificates, ...times(100, signers)]],
    ['certificates behind the signers', [version, digests, content, signers, certificates]],
    ['CRLs before the certificates', [version, digests, content, CRLS, certificates, signers]],
    ['CRLs twice', [version, digests, content, certificates, CRLS, CRLS, signers]],
    ['an octet string before the signers', [version, digests, content, certificates, octetString(version), signers]],
    ['something behind the signers', [version, digests, content, certificates, signers, octetString(version)]],
    ['no signers', [version, digests, content, certificates]],
    ['no version', [digests, content, certificates, signers]],
    ...[0, 2, 6, 99, 256].map((number) => [`version ${number}`, all({ version: integer(number) })] as const),
    ['17 digest algorithms', all({ digests: setOf([...DIGEST, ...times(16, SHA1)]) })],
    ['20,000 digest algorithms', all({ digests: setOf([...DIGEST, ...times(20_000, SHA1)]) })],
    ['a digest algorithm of three', all({ digests: setOf([sequence(oid(DIGESTS.sha1.oid), version, version)]) })],
    ['101 certificates', all({ certificates: setOf(times(101, sequence()), 0xa0) })],
    ['an octet string among its certificates', all({ certificates: setOf([octetString(version)], 0xa0) })],
    ['17 signers', all({ signers: setOf(times(17, derOf(SIGNER_INFO))) })],
    ['the same signer twice', all({ signers: setOf(times(2, derOf(SIGNER_INFO))) })],
  ] as const)('refuses %s', async (_, parts) => {
    expect(await verdict(parts)).toBe('smime.malformed')
  })

  it('refuses what stands behind the end', async () => {
    expect(await verdict(all(), Buffer.of(0))).toBe('smime.malformed')
    expect(await verdict(all(), sequence(version))).toBe('smime.malformed')
  })

  it('refuses the same signature under another name of its signer', async () => {
    const named = membersDer(SIGNER_INFO)
    const keyIdentifier = Buffer.from(ann.certificate.subjectKeyIdentifier ?? expect.fail('has none'))
    const other = sequence(integer(3), taggedPrimitive(0, keyIdentifier), ...named.slice(2))
    expect(await verdict(all({ signers: setOf([other]) }))).toBe('1 holds')
    expect(await verdict(all({ signers: setOf([derOf(SIGNER_INFO), other]) }))).toBe('smime.malformed')
  })

  it.each([
    ['a version that does not exist', (members: Buffer[]) => [integer(2), ...members.slice(1)]],
    ['something behind the signature', (members: Buffer[]) => [...members, octetString(version)]],
    [
      '65 attributes that are not signed',
      (members: Buffer[]) => [...members, setOf(times(65, sequence(oid('1.2.3'), setOf([]))), 0xa1)],
    ],
    [
      'attributes that are not signed twice',
      (members: Buffer[]) => [...members, setOf([sequence()], 0xa1), setOf([sequence()], 0xa1)],
    ],
    ['a name of three', (members: Buffer[]) => members.with(1, sequence(sequence(), version, version))],
  ] as const)('refuses a SignerInfo with %s', async (_, change) => {
    expect(await verdict(all({ signers: setOf([sequence(...change(membersDer(SIGNER_INFO)))]) }))).toBe(
      'smime.malformed',
    )
  })

  it('takes version 0 of a SignerInfo, which PKI.js writes when it is not told', async () => {
    const info = sequence(integer(0), ...membersDer(SIGNER_INFO).slice(1))
    expect(await verdict(all({ signers: setOf([info]) }))).toBe('1 holds')
  })

  it('takes attributes that nobody signed, such as a time stamp', async () => {
    const unsigned = setOf([sequence(oid('1.2.840.113549.1.9.16.2.14'), setOf([sequence()]))], 0xa1)
    const info = sequence(...membersDer(SIGNER_INFO), unsigned)
    expect(await verdict(all({ signers: setOf([info]) }))).toBe('1 holds')
  })
})

function membersDer(element: Element): Buffer[] {
  return membersOf(element).map((member) => derOf(member))
}
