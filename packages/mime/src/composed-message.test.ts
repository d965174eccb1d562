import { describe, expect, it } from 'vitest'
import { compose } from './compose.js'
import type { Attachment, Draft, ListFields } from './draft.js'

/** The type of all that may be left out, and be undefined instead. */
type Absent<T> = { [K in keyof T as undefined extends T[K] ? K : never]-?: undefined }

describe('a message', () => {
  it('is data: its header fields are in a copy of it and in its JSON', async () => {
    const draft = { from: 'a@example.com', to: 'b@example.org', subject: 'Hello' }
    const message = await compose(draft)
    const copy = { ...message }
    expect(copy.headers).toBe(message.headers)
    expect(copy.headers.find(({ name }) => name === 'Subject')).toEqual({ name: 'Subject', value: 'Hello' })
    const json = JSON.parse(JSON.stringify(message)) as typeof message
    expect(json.headers).toEqual(message.headers)
    expect(structuredClone({ ...message, content: undefined }).headers).toEqual(message.headers)
    expect(Object.keys(message)).toEqual(['envelope', 'content', 'messageId', 'date', 'headers'])
  })

  it('takes undefined for whatever may be left out of a draft', async () => {
    const list: Partial<ListFields> = {
      id: undefined,
      help: 'help@example.com',
      subscribe: undefined,
      unsubscribe: undefined,
      oneClick: undefined,
      owner: undefined,
      archive: undefined,
      post: undefined,
    } satisfies Absent<Omit<ListFields, 'help'>> & ListFields
    const attachment: Attachment = {
      filename: undefined,
      contentType: undefined,
      contentId: undefined,
      disposition: undefined,
      description: undefined,
      content: 'x',
      encoding: undefined,
      path: undefined,
      url: undefined,
      message: undefined,
      part: undefined,
      sizeOctets: undefined,
    } satisfies Absent<Omit<Attachment, 'content'>> & Attachment
    const none: Absent<Omit<Draft, 'list' | 'attachments' | 'to'>> = {
      sender: undefined,
      replyTo: undefined,
      cc: undefined,
      bcc: undefined,
      subject: undefined,
      text: undefined,
      textFormat: undefined,
      textFromHtml: undefined,
      html: undefined,
      calendar: undefined,
      alternatives: undefined,
      body: undefined,
      date: undefined,
      messageId: undefined,
      inReplyTo: undefined,
      references: undefined,
      organization: undefined,
      priority: undefined,
      importance: undefined,
      xPriority: undefined,
      sensitivity: undefined,
      readReceiptTo: undefined,
      returnReceiptTo: undefined,
      autoSubmitted: undefined,
      headers: undefined,
    }
    const to = [{ name: undefined, address: 'b@example.org' }]
    const headers = [{ name: 'X-A', value: 'x', kind: undefined }]
    const draft: Draft = { ...none, from: 'a@example.com', to, list, headers, attachments: [attachment] }
    const { headers: written } = await compose(draft)
    expect(written.map(({ name }) => name)).toEqual(
      'Date From To Message-ID List-Help X-A MIME-Version Content-Type'.split(' '),
    )
  })
})
