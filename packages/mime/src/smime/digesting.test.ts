import { describe, expect, it } from 'vitest'
import { textPart } from '../../test/encrypted.js'
import { mailPerson } from '../../test/mail-person.js'
import { inMemory, signedMessage } from '../../test/signed.js'
import type { SignOptions } from './options.js'
import { verifyMessage } from './report.js'
import { verifySigned } from './verify.js'

const SLICE = 128 * 1024
const MEBIBYTE = 1024 * 1024
const ann = await mailPerson({ email: 'ann@example.test' })

/** A message of which one octet is another one from a certain opening on. */
function changing(message: Buffer, at: number) {
  const changed = Buffer.from(message)
  while (!/[A-Xa-x]/.test(String.fromCharCode(changed[at]!))) at++ // not at the end of a line
  changed[at]!++
  const source = { isChanged: false, open: () => inMemory(source.isChanged ? changed : message).open() }
  return source
}

async function given(source: AsyncIterable<Uint8Array>): Promise<{ octets: Buffer; code?: string }> {
  const all: Buffer[] = []
  try {
    for await (const chunk of source) all.push(Buffer.from(chunk))
    return { octets: Buffer.concat(all) }
  } catch (error) {
    return { octets: Buffer.concat(all), code: (error as { code: string }).code }
  }
}

const options = (form: SignOptions['form'], digest: SignOptions['digest']): SignOptions => ({
  identity: ann,
  ...(form ? { form } : {}),
  ...(digest ? { digest } : {}),
})

describe('signed content that is read again', () => {
  it.each([
    ['detached', 'sha256'],
    ['detached', 'sha1'],
    ['opaque', 'sha256'],
    ['opaque', 'sha1'],
    ['opaque', 'sha512'],
  ] as const)('is what was verified, and nothing else is given: %s, %s', async (form, digest) => {
    const message = await signedMessage(textPart(`${'a line of text\r\n'.repeat(100_000)}`), options(form, digest))
    const source = changing(message, message.length - 500_000)
    for (const reading of [verifySigned, verifyMessage]) {
      source.isChanged = false
      const { content } = await reading(source)
      const { octets, code } = await given(content.open())
      expect(code).toBeUndefined()
      expect(octets.length).toBeGreaterThan(1_600_000)
      source.isChanged = true
      const again = await given(content.open())
      expect(again.code).toBe('smime.tampered')
      expect(again.octets.equals(octets.subarray(0, again.octets.length))).toBe(true)
      expect(again.octets.length).toBeGreaterThan(7 * SLICE)
    }
  })

  it.each(['detached', 'opaque'] as const)('is held when it is short: %s', async (form) => {
    const message = await signedMessage(textPart('pay 10\r\n'.repeat(1000)), options(form, undefined))
    const source = changing(message, message.indexOf(form === 'detached' ? 'pay' : 'MI') + 200)
    const { content } = await verifyMessage(source)
    source.isChanged = true
    const { octets, code } = await given(content.open())
    expect(code).toBeUndefined()
    expect(octets.toString()).toBe(`Content-Type: text/plain\r\n\r\n${'pay 10\r\n'.repeat(1000)}`)
    expect(content.octets?.length).toBeLessThan(MEBIBYTE)
  })

  it('is what was verified when it has to be hashed once more, too', async () => {
    const message = await signedMessage(
      textPart(`${'a line of text\r\n'.repeat(100_000)}`),
      options('detached', 'sha384'),
    )
    const announced = Buffer.from(message.toString('latin1').replace('micalg=sha-384', 'micalg=sha-256'), 'latin1')
    const changed = Buffer.from(announced)
    changed[changed.length - 500_000]! ^= 1
    expect((await verifySigned({ open: () => inMemory(announced).open() })).signatures).toHaveLength(1)
    for (let from = 0; from < 4; from++) {
      let opened = 0
      const open = () => inMemory(opened++ < from ? announced : changed).open()
      const { code, octets } = await verifySigned({ open }).then(
        ({ content }) => given(content.open()),
        ({ code }: { code: string }) => ({ code, octets: undefined }),
      )
      expect(code).toBe('smime.tampered')
      if (octets) expect(announced.includes(octets)).toBe(true)
    }
  })
})
