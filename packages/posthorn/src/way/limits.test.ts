import { describe, expect, it } from 'vitest'
import { DRAFT, failure, sent } from '../../test/profile-send.js'
import type { Mail } from '../mail.js'

describe('limits of a profile', () => {
  const limits = { recipients: 2, messageOctets: 2000 }
  const large = 'x'.repeat(3000)
  async function* stream(text: string): AsyncGenerator<Uint8Array> {
    yield Buffer.from(text)
  }
  const ready = (content: string | Uint8Array | (() => AsyncGenerator<Uint8Array>) | AsyncGenerator<Uint8Array>) => ({
    envelope: { reversePath: '', recipients: ['b@example.test'] },
    content,
  })
  const text = (body: string) => `Subject: x\r\n\r\n${body}\r\n`

  it('more recipients are refused before anything is sent', async () => {
    const to = ['b@example.test', 'c@example.test', 'd@example.test']
    expect(await failure({ limits }, { ...DRAFT, to })).toMatchObject({ code: 'limits.recipients' })
    expect((await sent({ limits }, { ...DRAFT, to: to.slice(1) })).message.recipients).toHaveLength(2)
  })

  it.each<[string, Mail]>([
    ['a draft', { ...DRAFT, text: large }],
    ['an attachment of unknown size', { ...DRAFT, attachments: [{ content: () => stream(large), filename: 'x' }] }],
    ['a text', ready(text(large))],
    ['octets', ready(Buffer.from(text(large)))],
    ['a function', ready(() => stream(text(large)))],
  ])('a larger message is refused before anything is sent: %s', async (_what, mail) => {
    expect(await failure({ limits }, mail)).toMatchObject({ code: 'limits.message-octets', field: 'content' })
  })

  it('a stream is counted while it is kept for sending; what is within the limit goes out', async () => {
    expect(await failure({ limits }, ready(stream(text(large))))).toMatchObject({ code: 'limits.message-octets' })
    expect((await sent({ limits }, ready(stream(text('y'))))).text).toBe(text('y'))
    expect(
      (
        await sent(
          { limits },
          ready(() => stream(text('z'))),
        )
      ).text,
    ).toBe(text('z'))
  })

  it('counting ends at the deadline', async () => {
    async function* stalled(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('x')
      await new Promise(() => {})
    }
    expect(await failure({ limits }, ready(stalled as never), { deadlineMs: 20 })).toMatchObject({
      code: 'deadline.exceeded',
    })
  })
})
