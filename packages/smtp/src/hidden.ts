import type { Reply } from '@posthorn/ground'

/** Shorter than this it could be part of any text. */
const MIN_LENGTH = 4

/** The secrets of one session, kept out of what the server says: some servers repeat the command they refuse. */
export class Hidden {
  /** The longest first: one may be a part of another. */
  #texts: string[] = []

  /** Hides a secret as it is, as base64, and as it stands in a URL. */
  add(secret: string): void {
    for (const text of [secret, Buffer.from(secret, 'utf8').toString('base64'), encodeURIComponent(secret)]) {
      this.#hide(text)
    }
  }

  /** Hides the words of a command that its shown form does not have. */
  addCommand(text: string, shown: string): void {
    const known = new Set(shown.split(' '))
    for (const word of text.trim().split(' ')) if (!known.has(word)) this.#hide(word)
  }

  /** The reply, without them. */
  mask(reply: Reply): Reply {
    if (this.#texts.length === 0) return reply
    let lines: string[] | undefined
    reply.lines.forEach((line, index) => {
      for (const text of this.#texts) {
        if (!line.includes(text)) continue
        lines ??= [...reply.lines]
        line = line.replaceAll(text, '***')
        lines[index] = line
      }
    })
    return lines ? { ...reply, lines } : reply
  }

  #hide(text: string): void {
    if (text.length < MIN_LENGTH || this.#texts.includes(text)) return
    this.#texts = [...this.#texts, text].sort((a, b) => b.length - a.length)
  }
}
