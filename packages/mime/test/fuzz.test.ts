import { describe, expect, it } from 'vitest'
import * as mime from '../src/index.js'
import { runCases, type Composer } from './fuzz-run.mjs'

const SEED = 20261121
const CASES = 10_000

describe('drafts, addresses and ready messages by chance', () => {
  it(`${CASES} cases are refused for the field that is wrong, or read back as they were`, async () => {
    const { cases, counts, failed, failures } = await runCases(mime, { seed: SEED, to: CASES })
    expect(failures).toEqual([])
    expect([cases, failed]).toEqual([CASES, 0])
    const done = (what: string) => counts[what] ?? 0
    expect(done('drafts composed and read back') + done('drafts refused')).toBe(0.7 * CASES)
    expect(done('drafts composed and read back')).toBeGreaterThan(0.5 * 0.7 * CASES)
    expect(done('address lists read strictly') + done('address lists read leniently')).toBe(0.2 * CASES)
    for (const what of [
      'from',
      'to',
      'cc',
      'subject',
      'references',
      'list-id',
      'text',
      'html',
      'attachment',
      'message',
    ])
      expect([what, done(`compared: ${what}`)]).toEqual([what, expect.any(Number)])
  })
})

/** Composers with a fault, each of which the cases must find: a test that cannot fail proves nothing. */
const FAULTS: Readonly<Record<string, Partial<Composer>>> = {
  'a field too many': {
    compose: changed((text) => text.replace('MIME-Version', 'X-More: yes\r\nMIME-Version')),
  },
  'a name with another letter': { compose: changed((text) => text.replace(/^(To: "?[a-z])/m, '$1x')) },
  'another domain': { compose: changed((text) => text.replace(/^(From: .*@[a-z]+)/m, '$1x')) },
  'a subject without its last word': { compose: changed((text) => text.replace(/^(Subject: .*) [^ ]+$/m, '$1')) },
  'an octet lost': { compose: changed((text) => text.replace(/^([A-Za-z0-9+/]{70})[A-Za-z0-9+/]/m, '$1')) },
  'a bare line feed': { compose: changed((text) => text.replace(/\r\n(?=[a-z])/, '\n')) },
  'Bcc that can be seen': {
    compose: changed((text, draft) => (draft.bcc ? `Bcc: ${JSON.stringify(draft.bcc)}\r\n${text}` : text)),
  },
  'a recipient lost': {
    compose: async (draft, options) => {
      const message = await mime.compose(draft, options)
      const { reversePath, recipients } = message.envelope
      return Object.create(message, {
        envelope: { value: { reversePath, recipients: recipients.slice(1) } },
        headers: { value: message.headers },
        content: { value: message.content },
      }) as mime.Message
    },
  },
  'a refusal that names another field': {
    compose: async (draft, options) => {
      try {
        return await mime.compose(draft, options)
      } catch (error) {
        Object.defineProperty(error, 'field', { value: 'subject' })
        throw error
      }
    },
  },
  'a TypeError': {
    compose: async (draft, options) => {
      if (draft.organization !== undefined) throw new TypeError('oops')
      return mime.compose(draft, options)
    },
  },
  'a parser that drops comments late': {
    parseMailbox: (text, field) => mime.parseMailbox(text.replace(/\(.*/, ''), field),
  },
  'a lenient parser that guesses': {
    readMailboxes: (text) => {
      const { mailboxes, refused } = mime.readMailboxes(text)
      return { mailboxes: [...mailboxes, ...mailboxes.slice(0, 1)], refused }
    },
  },
  'a name shown without quotation marks': {
    displayMailbox: ({ name, address }) => (name === undefined ? address : `${name} <${address}>`),
  },
  'Bcc of a ready message kept': {
    rawMessage: (source, options) => mime.rawMessage(source, { ...options, keepBcc: true }),
  },
  'octets above 127 left': {
    rawContent: async (source, options) => {
      const content = await mime.rawContent(source, options)
      return { ...content, recode: () => content }
    },
  },
}

describe('a fault is found', () => {
  it.each(Object.entries(FAULTS))('%s', async (_name, fault) => {
    const { failed } = await runCases({ ...mime, ...fault }, { seed: SEED, to: 600, mostDescribed: 0 })
    expect(failed).toBeGreaterThan(0)
  })
})

/** A composer whose content is changed before it goes. */
function changed(change: (text: string, draft: mime.Draft) => string): Composer['compose'] {
  return async (draft, options) => {
    const message = await mime.compose(draft, options)
    const { octets } = message.content
    if (!octets) return message
    const made = Buffer.from(change(Buffer.from(octets).toString('latin1'), draft), 'latin1')
    const content = { ...message.content, octets: made, sizeOctets: made.length }
    return Object.create(message, {
      envelope: { value: message.envelope },
      headers: { value: message.headers },
      messageId: { value: message.messageId },
      content: { value: content },
    }) as mime.Message
  }
}
