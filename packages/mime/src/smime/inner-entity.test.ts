import { describe, expect, it } from 'vitest'
import { collect } from '../../test/collect.js'
import { sealed, textPart } from '../../test/encrypted.js'
import { forged, opaque } from '../../test/forged.js'
import { mailPerson } from '../../test/mail-person.js'
import { inChunks, inMemory, messageOf } from '../../test/signed.js'
import { randomFromBlock } from '../random-block.js'
import { encryptPart } from './encrypt.js'
import { verifyMessage } from './report.js'
import { signPart } from './sign.js'

const ann = () => mailPerson({ email: 'ann@example.test' })
const HEADER = 'From: ann@example.test\r\n'

describe('what CMS holds, as openssl puts it in with -binary:', () => {
  it.each([
    ['an entity with LF', 'Content-Type: text/plain\n\nhello\nworld\n'],
    ['a text without a header section', 'hello\nworld\n'],
    ['a text that is longer than any header', 'A'.repeat(300_000)],
    ['a long entity with LF', `Content-Type: text/plain\n\n${'hello world line\n'.repeat(20_000)}`],
    ['a text with a colon', 'say: hello\nworld\n'],
    ['octets', '\0\r\rContent-Type: application/pkcs7-mime\r\r\n'],
    ['a body alone', '\r\nhello'],
    ['nothing', ''],
  ])('%s is given as it is', async (_, entity) => {
    const identity = await ann()
    for (const message of [
      await forged(identity, { form: 'opaque', entity }),
      opaque(sealed(Buffer.from(entity), identity.certificate)),
    ]) {
      for (const content of [inMemory(message), inChunks(message, 1009)]) {
        const report = await verifyMessage(content, { decryptWith: [identity] })
        expect(report.layers).toHaveLength(1)
        expect((await collect(report.content)).equals(Buffer.from(entity))).toBe(true)
      }
    }
  })

  it('a signed message with LF is verified as it was signed, with CRLF', async () => {
    const identity = await ann()
    for (const form of ['detached', 'opaque'] as const) {
      const part = await signPart(textPart('one\r\ntwo\r\n'), { identity, form }, randomFromBlock)
      const stored = (await messageOf(part, '')).toString('latin1').replaceAll('\r\n', '\n')
      const message = opaque(sealed(Buffer.from(stored), identity.certificate))
      const report = await verifyMessage(inMemory(message), { decryptWith: [identity] })
      expect(report.layers.map(({ kind }) => kind)).toEqual(['encrypted', 'signed'])
      expect((await collect(report.content)).toString()).toContain('\r\n\r\none\r\ntwo\r\n')
    }
  })
})

describe('a signature around something encrypted', () => {
  const layersOf = async (order: readonly ('ann' | 'bob' | 'encrypted')[]) => {
    const people = { ann: await ann(), bob: await mailPerson({ email: 'bob@example.test' }) }
    let part = textPart('hello')
    for (const step of order.toReversed()) {
      part =
        step === 'encrypted'
          ? await encryptPart(part, { alsoFor: [people.bob.certificate], certificates: [] }, [], randomFromBlock)
          : await signPart(part, { identity: people[step] }, randomFromBlock)
    }
    const { layers } = await verifyMessage(inMemory(await messageOf(part, HEADER)), { decryptWith: [people.bob] })
    return layers.map((layer) =>
      layer.kind === 'signed' ? layer.signatures.flatMap(({ problems }) => problems.map(({ code }) => code)) : [],
    )
  }

  it('is no authorship, unless the same signer signed inside', async () => {
    const outer = 'smime.outer-signature'
    expect(await layersOf(['ann', 'encrypted'])).toEqual([[outer], []])
    expect(await layersOf(['ann', 'encrypted', 'ann'])).toEqual([[], [], []])
    expect(await layersOf(['encrypted', 'ann'])).toEqual([[], []])
    expect(await layersOf(['ann', 'encrypted', 'bob'])).toEqual([[outer], [], ['smime.other-author']])
    expect(await layersOf(['ann', 'ann', 'encrypted'])).toEqual([[outer], [outer], []])
    expect(await layersOf(['ann', 'encrypted', 'ann', 'encrypted'])).toEqual([[outer], [], [outer], []])
  })
})
