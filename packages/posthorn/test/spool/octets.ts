import type { ContentSource } from '@posthorn/smtp'

/** The octets of content that came out of a spool file. */
export async function octetsOfMessage(content: ContentSource): Promise<Buffer> {
  if (typeof content !== 'object' || !('open' in content)) throw new Error('no content of a spool file')
  const parts: Buffer[] = []
  for await (const part of content.open()) parts.push(Buffer.from(part))
  return Buffer.concat(parts)
}
