import { createCipheriv } from 'node:crypto'
import type { Draft } from 'posthorn'

const PICTURE =
  'iVBORw0KGgoAAAANSUhEUgAAACAAAAAgAgMAAAAOFJJnAAAADFBMVEUbOmv0tBr/8tAAAAABzQpYAAAAYklEQVR42oVPQQ6AMAgbJjxh/+EJHtaLP9RXmg7sEmMiB2hogdLaVwBZHdirkS0jiGSS6wSjJFMEhBHMRLWR74jmnGBy7rAE23Xi+AGPuMa1UCd0dNmQMVmVeb2zHtTLr7gB/NwsiQTn+MgAAAAASUVORK5CYII='
const FROM = 'Posthorn demo <demo@example.test>'
const TABLE = 'month,messages,refused\nJuly,18204,31\nAugust,17655,12\n'
const LARGE_OCTETS = 25_000_000
const BLOCK_OCTETS = 64 * 1024

/** A draft and what the demonstration says about it. */
export interface Scene {
  readonly title: string
  readonly draft: Draft
}

/** Three messages: a plain one, one with everything that people put into mail, and a large one. */
export const SCENES: readonly Scene[] = [
  {
    title: 'a plain text',
    draft: {
      from: FROM,
      to: 'anna@example.test',
      subject: 'Hello from Posthorn',
      text: 'Hello Anna,\n\nthis came over STARTTLS, with a login.\n',
    },
  },
  {
    title: 'HTML with a picture, a text for those who prefer it, and a file',
    draft: {
      from: FROM,
      to: ['anna@example.test', 'Bruno <bruno@example.test>'],
      cc: 'chris@example.test',
      subject: 'Übersicht: July, August',
      text: 'The figures are in the file.\n',
      html: '<p><img src="cid:horn" alt=""> The figures are in the file.</p>',
      attachments: [
        { filename: 'horn.png', contentId: 'horn', content: Buffer.from(PICTURE, 'base64') },
        { filename: 'figures.csv', content: TABLE },
      ],
    },
  },
  {
    title: 'an attachment of 25 MB, made while it is sent',
    draft: {
      from: FROM,
      to: 'anna@example.test',
      subject: 'The large one',
      text: 'The attachment is as large as most servers allow.\n',
      attachments: [{ filename: 'large.bin', content: () => noise(LARGE_OCTETS), sizeOctets: LARGE_OCTETS }],
    },
  },
]

/** Octets that look random and are the same each time: the key stream of a cipher with a fixed key. */
async function* noise(octets: number): AsyncGenerator<Uint8Array> {
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16, 7), Buffer.alloc(16))
  const zeros = Buffer.alloc(BLOCK_OCTETS)
  for (let left = octets; left > 0; left -= BLOCK_OCTETS)
    yield cipher.update(zeros.subarray(0, Math.min(left, BLOCK_OCTETS)))
}
