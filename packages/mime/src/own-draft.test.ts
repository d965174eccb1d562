import { afterEach, describe, expect, it } from 'vitest'
import { compose } from './compose.js'
import type { Draft } from './draft.js'
import { ownDraft } from './own-draft.js'

const unknown = (field: string, hint: RegExp | string): unknown =>
  expect.objectContaining({
    name: 'SettingsError',
    phase: 'compose',
    code: 'draft.unknown-field',
    field,
    hint: typeof hint === 'string' ? hint : (expect.stringMatching(hint) as unknown),
  })

describe('ownDraft', () => {
  it.each([
    ['replyto', 'Was replyTo meant?'],
    ['reply_to', 'Was replyTo meant?'],
    ['Reply-To', 'Was replyTo meant?'],
    ['BCC', 'Was bcc meant?'],
    ['bc', 'Was bcc meant?'],
    ['inReplyto', 'Was inReplyTo meant?'],
    ['attachment', 'Was attachments meant?'],
    ['Subject ', 'Was subject meant?'],
    ['recipients', /^The fields are from, sender, /],
    ['', /^The fields are /],
    ['watchHtml', /text\/watch-html/],
    ['envelope', /^It follows from sender or from/],
    ['attachDataUrls', /^Leave it out: pictures/],
    ['icalEvent', /^Use calendar/],
    ['raw', /rawMessage/],
    ['disableFileAccess', /closedAccess/],
    ['dkim', 'It is an option: compose(draft, { dkim }).'],
    ['access', 'It is an option: compose(draft, { access }).'],
  ])('refuses %j and says what may have been meant', (key, hint) => {
    expect(() => ownDraft({ from: 'a@example.com', [key]: 'x' })).toThrow(unknown(key, hint))
  })

  it('shows a strange key without what could forge a line', () => {
    expect(() => ownDraft({ 'x\r\nERROR\u2028y': 1 })).toThrow(unknown('x??ERROR?y', /^The fields are /))
    expect(() => ownDraft({ ['z'.repeat(100_000)]: 1 })).toThrow(unknown('z'.repeat(60), /^The fields are /))
  })

  it.each([null, undefined, 'From: a@b', 7, true, [{}], []])('refuses %j in place of a draft', (draft) => {
    expect(() => ownDraft(draft)).toThrow(
      expect.objectContaining({ name: 'SettingsError', code: 'draft.not-a-draft', field: 'draft' }),
    )
  })

  it('asks a getter once', () => {
    let asked = 0
    const draft = {
      get subject() {
        return `${++asked}`
      },
    }
    const own = ownDraft(draft)
    expect([own.subject, own.subject, asked]).toEqual(['1', '1', 1])
  })

  it('leaves the draft as it was', () => {
    const draft = Object.freeze({ from: 'a@example.com' })
    expect(ownDraft(draft)).not.toBe(draft)
    expect(ownDraft(draft).from).toBe('a@example.com')
  })
})

describe('GHSA-8m3c: what something wrote to the prototype of all objects', () => {
  const prototype = Object.prototype as Record<string, unknown>
  afterEach(() => {
    for (const key of ['bcc', 'subject', 'headers', 'path', 'kind', 'id', 'name', 'group']) delete prototype[key]
  })

  it('is no part of a draft', async () => {
    prototype.bcc = 'eve@evil.example'
    prototype.subject = 'polluted'
    prototype.headers = [{ name: 'X-Injected', value: 'yes' }]
    prototype.id = 'polluted.example'
    const message = await compose({ from: 'a@example.com', to: 'b@example.org', list: { help: 'h@example.com' } })
    expect(message.envelope.recipients).toEqual(['b@example.org'])
    expect(message.headers.map(({ name }) => name)).not.toEqual(expect.arrayContaining(['X-Injected']))
    expect(message.headers.map(({ name }) => name)).not.toContain('Subject')
    expect(message.headers.map(({ name }) => name)).not.toContain('List-Id')
  })

  it('nor does a draft become one with a prototype of its own', async () => {
    const draft = JSON.parse(
      '{"from":"a@example.com","to":"b@example.org","__proto__":{"bcc":"eve@evil.example"}}',
    ) as Draft
    await expect(compose(draft)).rejects.toEqual(unknown('__proto__', /^The fields are /))
    const inherited = Object.assign(Object.create({ bcc: 'eve@evil.example' }) as object, {
      from: 'a@example.com',
      to: 'b@example.org',
    })
    expect((await compose(inherited as Draft)).envelope.recipients).toEqual(['b@example.org'])
  })
})
