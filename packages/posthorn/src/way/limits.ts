import { stat } from 'node:fs/promises'
import { SettingsError } from '@posthorn/ground'
import type { Profile } from '@posthorn/settings'
import type { ContentSource, Envelope } from '@posthorn/smtp'
import { unlessAborted } from '../composing.js'

/** What a profile lets out. */
export type Limits = Pick<NonNullable<Profile['limits']>, 'messageOctets' | 'recipients'>

/** @throws {SettingsError} `limits.recipients` */
export function checkRecipients({ recipients: most }: Limits, { recipients }: Envelope): void {
  if (most === undefined || !Array.isArray(recipients) || recipients.length <= most) return
  throw new SettingsError('limits.recipients', 'recipients', `are ${recipients.length}; limits.recipients is ${most}`, {
    hint: 'Send to fewer at a time, or raise the limit in the profile.',
  })
}

/**
 * The content, once it is known that it is not larger than the profile allows. Content of unknown size is counted: one that can be opened
 * again beforehand, a stream while it is read, which is before anything of it is sent.
 * @param signal ends the counting
 * @throws {SettingsError} `limits.message-octets`
 * @throws {ProtocolError} `aborted`; the reason of the signal itself when that is one
 */
export async function withinLimit(limits: Limits, content: ContentSource, signal: AbortSignal): Promise<ContentSource> {
  const most = limits.messageOctets
  if (most === undefined) return content
  if (typeof content === 'string') check(Buffer.byteLength(content), most)
  else if (content instanceof Uint8Array) check(content.length, most)
  else if (typeof content === 'function') await count(content(), most, signal)
  else if (typeof content !== 'object' || content === null)
    return content // the client says what is wrong with it
  else if (Symbol.asyncIterator in content) return counted(content, most)
  else if ('path' in content) {
    const facts = await stat(content.path).catch(() => undefined) // the client says what is wrong with it
    if (facts) check(facts.size, most)
  } else if (content.sizeOctets !== undefined) check(content.sizeOctets, most)
  else await count(content.open(), most, signal)
  return content
}

async function count(octets: AsyncIterable<Uint8Array>, most: number, signal: AbortSignal): Promise<void> {
  const all = async () => {
    for await (const _ of counted(octets, most)) if (signal.aborted) return
  }
  await unlessAborted(all(), signal) // a source may give nothing for ever
}

async function* counted(octets: AsyncIterable<Uint8Array>, most: number): AsyncGenerator<Uint8Array, void, undefined> {
  let seen = 0
  for await (const chunk of octets) {
    seen += chunk.length
    check(seen, most)
    yield chunk
  }
}

function check(octets: number, most: number): void {
  if (octets <= most) return
  throw new SettingsError('limits.message-octets', 'content', `has more than limits.messageOctets, ${most} octets`, {
    phase: 'compose',
    hint: 'Send less, or raise the limit in the profile.',
  })
}
