/** One mailbox with the name shown with it: `"Shop" <shop@example.com>`, `shop@example.com (Shop)` or `shop@example.com`. */
export interface NamedMailbox {
  readonly mailbox: string
  readonly name?: string | undefined
}

const MAX_CHARACTERS = 2000

/** Undefined for text that is not one mailbox. What exactly may stand in it the composer says. */
export function readMailbox(given: string): NamedMailbox | undefined {
  const text = given.trim()
  if (text.length > MAX_CHARACTERS) return undefined
  const open = text.lastIndexOf('<')
  if (open !== -1 && text.endsWith('>')) {
    const mailbox = text.slice(open + 1, -1).trim()
    const name = unquoted(text.slice(0, open).trim())
    if (!isMailbox(mailbox) || name === undefined) return undefined
    return name === '' ? { mailbox } : { mailbox, name }
  }
  return isMailbox(text) ? { mailbox: text } : undefined
}

function isMailbox(text: string): boolean {
  return /^[^\s<>,;]+@[^\s<>@,;]+$/.test(text)
}

/** A display name without its quotes; undefined when it is more than one. */
function unquoted(text: string): string | undefined {
  if (/^"(?:[^"\\]|\\.)*"$/.test(text)) return text.slice(1, -1).replace(/\\(.)/g, '$1')
  return /[<>",]/.test(text) ? undefined : text
}
