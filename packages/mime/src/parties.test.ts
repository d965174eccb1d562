import { describe, expect, it } from 'vitest'
import { collect } from '../test/collect.js'
import { readMessage, valueOf } from '../test/read-message.js'
import { compose } from './compose.js'
import type { Draft } from './draft.js'

const base = { from: 'Anna <anna@example.com>', to: 'ben@example.org' } as const

const composed = async (draft: Partial<Draft>) => {
  const message = await compose({ ...base, ...draft })
  return { message, entity: readMessage(await collect(message.content)) }
}
const refusal = (code: string, field: string): unknown =>
  expect.objectContaining({ name: 'SettingsError', phase: 'compose', code, field })

describe('the envelope', () => {
  it('has the first author as reverse-path, and the recipients of to, cc and bcc, each once', async () => {
    const { message } = await composed({
      from: 'Anna <anna@example.com>, c@d.example',
      to: ['Ben <Ben@example.org>', { name: 'B', address: 'Ben@EXAMPLE.org' }],
      cc: 'ben@example.org, x@y.example',
      bcc: { address: 'x@y.example' },
    })
    expect(message.envelope).toEqual({
      reversePath: 'anna@example.com',
      recipients: ['Ben@example.org', 'ben@example.org', 'x@y.example'],
    })
  })

  it('has the sender as reverse-path when there is one', async () => {
    const { message, entity } = await composed({ sender: 'Office <office@example.net>' })
    expect(message.envelope.reversePath).toBe('office@example.net')
    expect(valueOf(entity.fields, 'Sender')).toBe('Office <office@example.net>')
  })

  it('keeps bcc out of the content', async () => {
    const { message } = await composed({ bcc: ['secret@hidden.example', 'Hidden Name <h@hidden.example>'] })
    expect(message.envelope.recipients).toEqual(['ben@example.org', 'secret@hidden.example', 'h@hidden.example'])
    expect((await collect(message.content)).toString()).not.toMatch(/hidden|bcc/i)
  })

  it('may name recipients in bcc alone', async () => {
    const message = await compose({ from: 'a@b.example', bcc: 'x@y.example' })
    expect(readMessage(await collect(message.content)).fields.map((field) => field.name)).not.toContain('To')
  })

  it('refuses a draft without author or recipients', async () => {
    await expect(compose({ from: [], to: 'a@b.example' })).rejects.toEqual(refusal('draft.no-from', 'from'))
    await expect(compose({ to: 'a@b.example' } as unknown as Draft)).rejects.toEqual(refusal('draft.no-from', 'from'))
    await expect(compose({ from: 'a@b.example' })).rejects.toEqual(refusal('draft.no-recipients', 'to'))
    await expect(compose({ from: 'a@b.example', to: [], cc: [] })).rejects.toEqual(refusal('draft.no-recipients', 'to'))
  })

  it('takes an entry of an array as one mailbox, never as a list', async () => {
    await expect(compose({ ...base, to: ['a@b.example', 'c@d.example, e@f.example'] })).rejects.toEqual(
      refusal('address.malformed', 'to[1]'),
    )
    await expect(compose({ ...base, cc: [{ address: 'Name <a@b.example>' }] })).rejects.toEqual(
      refusal('address.malformed', 'cc[0].address'),
    )
    await expect(compose({ ...base, bcc: [null as unknown as string] })).rejects.toEqual(
      refusal('address.malformed', 'bcc[0]'),
    )
  })

  it('GHSA-2x7j-588g-ccc2: 100,000 recipients take linear time', async () => {
    const to = Array.from({ length: 100_000 }, (_, index) => `user${index}@example.com`)
    const message = await compose({ from: 'a@b.example', to, cc: to })
    expect(message.envelope.recipients).toHaveLength(100_000)
  })
})
