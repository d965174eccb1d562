const MAX_LENGTH = 400

/**
 * What the other side said, fit for an error: one line, at most 400 characters, no control characters (nor the ones that turn the
 * direction of text), and none of these secrets, whichever way they are written.
 */
export function cleaned(text: string, secrets: Iterable<string> = []): string {
  let shown = text // not cut yet: half a secret would not be found
  for (const form of forms(secrets)) shown = shown.replaceAll(form, '[secret]')
  shown = shown
    .replace(/[\0-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g, ' ')
    .replace(/ {2,}/g, ' ')
    .trim()
  return shown.length > MAX_LENGTH ? `${shown.slice(0, MAX_LENGTH)}...` : shown
}

/** The longest first, so that none leaves a piece of another behind. */
function forms(secrets: Iterable<string>): string[] {
  const all = new Set<string>()
  for (const secret of secrets) {
    if (secret === '') continue
    const octets = Buffer.from(secret)
    const base64 = octets.toString('base64')
    const hex = octets.toString('hex')
    const url = encodeURIComponent(secret)
    const form = new URLSearchParams({ '': secret }).toString().slice(1)
    for (const one of [secret, base64, base64.replace(/=+$/, ''), octets.toString('base64url'), hex, hex.toUpperCase()])
      all.add(one)
    all.add(url).add(form).add(JSON.stringify(secret).slice(1, -1))
  }
  return [...all].sort((a, b) => b.length - a.length)
}
