/** Longer names are no slips of the pen: they are compared with none. */
const MAX_NEAR_NAME = 100

/** The known name that somebody may have meant: at most two letters away, without case; undefined when there is none. */
export function nearName(given: string, known: Iterable<string>): string | undefined {
  if (given.length > MAX_NEAR_NAME) return undefined
  let best: string | undefined
  let least = 3
  for (const name of known) {
    const far = distance(given.toLowerCase(), name.toLowerCase(), least)
    if (far < least) [best, least] = [name, far]
  }
  return best
}

/** Letters to insert, delete or replace (Levenshtein); `limit` or more when it is not less. */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1))
    }
    row = next
  }
  return row[b.length]!
}
