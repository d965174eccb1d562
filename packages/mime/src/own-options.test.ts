import { afterEach, describe, expect, it } from 'vitest'
import { closedAccess, openAccess } from './access.js'
import { compose, type ComposeOptions } from './compose.js'
import type { Draft } from './draft.js'
import { ownOptions } from './own-options.js'

const draft: Draft = { from: 'a@example.com', to: 'b@example.org', text: 't' }
const withFile: Draft = { ...draft, attachments: [{ path: import.meta.filename }] }
const refused = (code: string, field: string, hint = /./): unknown =>
  expect.objectContaining({
    name: 'SettingsError',
    phase: 'compose',
    code,
    field,
    hint: expect.stringMatching(hint) as string,
  })

describe('the options of compose', () => {
  it.each([null, 7, 'x', true, [{}]])('are an object, not %j', async (options) => {
    await expect(compose(draft, options as ComposeOptions)).rejects.toEqual(refused('compose.options', 'options'))
  })

  it.each([null, 'x', undefined])('nor is %j a draft', async (given) => {
    await expect(compose(given as unknown as Draft)).rejects.toEqual(refused('draft.not-a-draft', 'draft'))
    await expect(compose(given as unknown as Draft, closedAccess as ComposeOptions)).rejects.toHaveProperty('code')
  })

  it('are all known, and one that is not is named with what was meant', async () => {
    const misspelt = { acess: closedAccess } as ComposeOptions
    await expect(compose(withFile, misspelt)).rejects.toEqual(
      refused('compose.unknown-option', 'acess', /^Was access meant\?$/),
    )
    await expect(compose(draft, { profile: 'x' } as ComposeOptions)).rejects.toEqual(
      refused('compose.unknown-option', 'profile', /^The options are access, smime, dkim/),
    )
  })

  it('are absent when they are undefined, all of them', async () => {
    const none: Required<{ [K in keyof ComposeOptions]: undefined }> = {
      access: undefined,
      smime: undefined,
      dkim: undefined,
      foldAt: undefined,
      charset: undefined,
      utf8Headers: undefined,
      messageIdAlgorithm: undefined,
      allowNoRecipients: undefined,
      now: undefined,
      randomOctets: undefined,
      signal: undefined,
    }
    expect((await compose(draft, none)).envelope.recipients).toEqual(['b@example.org'])
    expect(ownOptions(none).access).toBe(openAccess)
    expect(ownOptions(undefined).access).toBe(openAccess)
  })

  it.each([
    null,
    true,
    'none',
    {},
    [],
    { files: 'some' },
    { files: null },
    { files: {} },
    { files: 'all', fetch: 'x' },
    Object.create(openAccess) as object,
  ])('refuse %j for an access, which must never open what was to be closed', async (access) => {
    await expect(compose(withFile, { access } as ComposeOptions)).rejects.toEqual(refused('compose.access', 'access'))
  })

  it('an access of undefined is the open one, and a message within gets the same as the whole', async () => {
    expect((await compose(withFile, { access: undefined })).content.sizeOctets).toBeGreaterThan(1000)
    const within: Draft = { ...draft, attachments: [{ message: withFile }] }
    expect((await compose(within, { access: undefined })).content.sizeOctets).toBeGreaterThan(1000)
    for (const each of [withFile, within])
      await expect(compose(each, { access: closedAccess })).rejects.toMatchObject({ code: 'attachment.access' })
  })

  it.each([
    ['dkim', null],
    ['smime', null],
    ['dkim', false],
    ['smime', 'x'],
    ['charset', null],
    ['foldAt', null],
    ['utf8Headers', 'yes'],
    ['allowNoRecipients', 1],
    ['now', new Date()],
    ['randomOctets', 'x'],
  ])('refuse %s: %j, so that nothing is left out in silence', async (option, value) => {
    await expect(compose(draft, { [option]: value })).rejects.toEqual(refused('compose.options', option))
  })
})

describe('GHSA-8m3c: what something wrote to the prototype of all objects', () => {
  const prototype = Object.prototype as Record<string, unknown>
  afterEach(() => {
    for (const key of ['allowNoRecipients', 'access', 'charset', 'files', 'below', 'utf8Headers']) delete prototype[key]
  })

  it('is no option', async () => {
    prototype.allowNoRecipients = true
    prototype.access = closedAccess
    prototype.charset = 'x'
    prototype.utf8Headers = true
    for (const options of [undefined, {}, { foldAt: 60 }]) {
      expect((await compose({ ...withFile, subject: 'ü' }, options)).envelope.smtpUtf8).toBeUndefined()
      await expect(compose({ from: 'a@example.com' }, options)).rejects.toMatchObject({ code: 'draft.no-recipients' })
    }
  })

  it('nor does it make an access', async () => {
    prototype.files = 'all'
    await expect(compose(withFile, { access: {} } as ComposeOptions)).rejects.toMatchObject({ code: 'compose.access' })
  })
})
