import type { Content } from '@posthorn/ground'

/** All octets of one opening, each chunk copied before the next is asked for. */
export async function collect(content: Pick<Content, 'open'>): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of content.open()) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}
