/** Octets of a name below which its base64 would be part of any other. */
const MIN_OCTETS = 4

/**
 * Takes the names that log in out of a text (`***`): as they are, whatever the case, where they stand by themselves; and in base64 of
 * whatever they stand in.
 */
export function hidingUsers(users: readonly string[]): (text: string) => string {
  const known = users.filter((user) => user !== '')
  if (known.length === 0) return (text) => text
  const plain = known.flatMap((user) => [user, encodeURIComponent(user.toWellFormed())].map(quoted))
  const names = new RegExp(`(?<![\\p{L}\\p{N}])(?:${plain.join('|')})(?![\\p{L}\\p{N}])`, 'giu')
  const encoded = known.flatMap(base64Of)
  const holdsUser = (word: string) => {
    const standard = word.replaceAll('-', '+').replaceAll('_', '/')
    return encoded.some((each) => standard.includes(each))
  }
  return (text) =>
    text.replace(/[A-Za-z0-9+/_-]{5,}={0,2}/g, (word) => (holdsUser(word) ? '***' : word)).replace(names, '***')
}

/** What is the same wherever the octets stand in longer ones: they begin at one of three places of a quantum. */
function base64Of(user: string): string[] {
  const octets = Buffer.from(user, 'utf8')
  if (octets.length < MIN_OCTETS) return []
  return [0, 1, 2].map((before) =>
    Buffer.concat([Buffer.alloc(before), octets])
      .toString('base64')
      .slice(Math.ceil((before * 8) / 6), Math.floor(((before + octets.length) * 8) / 6)),
  )
}

function quoted(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
}
