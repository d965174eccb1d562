/** No name of a setting is longer. */
const MAX_NAME = 100

/**
 * Tells what is surely a name: it is made of words that stand in known names, and of `others`. What stands where a name is expected may
 * be a piece of a password, which must not be repeated.
 */
export function looksLikeNames(known: readonly string[], others: readonly string[] = []): (name: string) => boolean {
  const words = new Set([...known.flatMap(wordsOf), ...others].map((word) => word.toLowerCase()))
  return (name) => {
    if (name.length > MAX_NAME || !/^[A-Za-z]/.test(name)) return false
    const rest = name.replace(/[ ._-]/g, '')
    return /^[A-Za-z0-9]+$/.test(rest) && wordsOf(name).every((word) => words.has(word.toLowerCase()))
  }
}

/** `maxIdleMs` is three words, `SMTPServer` and `AUTH_MODE` are two. */
function wordsOf(name: string): string[] {
  return name.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+/g) ?? []
}
