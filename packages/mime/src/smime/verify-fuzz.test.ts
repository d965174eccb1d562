import { SettingsError } from '@posthorn/ground'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { collect } from '../../test/collect.js'
import { textPart } from '../../test/encrypted.js'
import { mailPerson } from '../../test/mail-person.js'
import { cmsIn, inChunks, inMemory, signedMessage, withCms } from '../../test/signed.js'
import { verifyMessage } from './report.js'

const ENTITY = 'Content-Type: text/plain\r\n\r\nwhat was signed\r\n'
const FORMS = ['detached', 'opaque'] as const
const messages = new Map<string, Buffer>()

beforeAll(async () => {
  const identity = await mailPerson({ email: 'ann@example.test' })
  for (const form of FORMS) {
    messages.set(form, await signedMessage(textPart('what was signed\r\n'), { identity, form, attach: 'certificate' }))
  }
})

/** Either it is refused in an orderly way, or it says what was signed: nothing between. */
async function refusedOrTrue(message: Uint8Array, chunk: number): Promise<void> {
  try {
    const report = await verifyMessage(inChunks(message, chunk))
    if (report.signed) expect((await collect(report.content)).toString()).toBe(ENTITY)
  } catch (error) {
    expect(error).toBeInstanceOf(SettingsError)
    expect((error as SettingsError).code).toMatch(/^(?:smime|certificate)\./)
  }
}

const edit = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  remove: fc.integer({ min: 0, max: 20 }),
  insert: fc.oneof(
    fc.uint8Array({ maxLength: 6 }),
    fc
      .constantFrom('3080', '0000', '30840fffffff', '0482ffff', 'a080', '2480', '30ff', '1f8101')
      .map((hex) => Buffer.from(hex, 'hex')),
  ),
})
type Edit = typeof edit extends fc.Arbitrary<infer T> ? T : never

function edited(octets: Uint8Array, edits: readonly Edit[]): Buffer {
  let now = Buffer.from(octets)
  for (const { at, remove, insert } of edits) {
    const from = Math.floor(at * now.length)
    now = Buffer.concat([now.subarray(0, from), insert, now.subarray(from + remove)])
  }
  return now
}

describe.each(FORMS)('whoever changes a message, %s,', (form) => {
  const message = () => messages.get(form) ?? expect.fail('not made')

  it('in its CMS, gets a SettingsError or the truth', async () => {
    const cms = cmsIn(message())
    await fc.assert(
      fc.asyncProperty(
        fc.array(edit, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 5000 }),
        (edits, chunk) => refusedOrTrue(withCms(message(), edited(cms, edits)), chunk),
      ),
      { numRuns: 600 },
    )
  }, 60_000)

  it('in the message, gets a SettingsError or the truth', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(edit, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 5000 }),
        (edits, chunk) => refusedOrTrue(edited(message(), edits), chunk),
      ),
      { numRuns: 500 },
    )
  }, 60_000)

  it('cuts it anywhere, gets a SettingsError or the truth', async () => {
    const octets = message()
    for (let end = 0; end < octets.length; end += 3) await refusedOrTrue(octets.subarray(0, end), 4096)
  })

  it('not at all, gets the truth', async () => {
    expect((await verifyMessage(inMemory(message()))).signed).toBe(true)
    await refusedOrTrue(message(), 1)
  })
})
