/** What names without a domain become. */
export interface LocalNames {
  /** Put behind "@" of senders and recipients that have none. */
  readonly domain: string
  /** Stands for an author without a domain, such as cron's `root`: a relay mostly takes no other. */
  readonly author?: string | undefined
  /** Gets what is for a recipient without a domain: who on this machine is meant nobody outside knows. */
  readonly recipient?: string | undefined
}

const SENDERS = new Set(['from', 'sender', 'reply-to', 'resent-from', 'resent-sender'])
const RECIPIENTS = new Set(['to', 'cc', 'bcc', 'resent-to', 'resent-cc', 'resent-bcc'])

/**
 * A header section in which every mailbox has a domain: programs on this machine write `To: root`, which means nobody elsewhere. All
 * else stays as it is, octet for octet.
 * @param header lines with their ends, folded lines included, as latin1
 */
export function qualifiedHeader(header: string, names: LocalNames): string {
  return header.replace(
    /^([\x21-\x39\x3b-\x7e]+)([ \t]*:)((?:[^\n]|\n[ \t])*)/gm,
    (field, name: string, colon: string, body: string) => {
      const key = name.toLowerCase()
      if (SENDERS.has(key)) return `${name}${colon}${qualifiedList(body, names, names.author)}`
      if (RECIPIENTS.has(key)) return `${name}${colon}${qualifiedList(body, names, names.recipient)}`
      return field
    },
  )
}

/** A list of mailboxes, with a domain for each that has none. Quoted strings, comments, groups and what is in angle brackets are told apart. */
export function qualifiedList(body: string, { domain }: LocalNames, instead?: string): string {
  return entriesOf(body)
    .map((entry) => {
      const bare = withoutComments(entry)
      const angle = /<([^<>]*)>/.exec(bare)
      const address = (angle ? angle[1]! : bare.replace(/^[^:]*:/, '').replace(/;\s*$/, '')).trim()
      if (address === '' || address.includes('@') || !/^[\w.+-]{1,64}$/.test(address)) return entry
      const at = angle ? entry.lastIndexOf(`<${angle[1]!}>`) + 1 : indexOutsideComments(entry, address)
      if (at < 0) return entry
      const whole = instead ?? `${address}@${domain}`
      return `${entry.slice(0, at)}${whole}${entry.slice(at + (angle ? angle[1]!.length : address.length))}`
    })
    .join(',')
}

/** The entries of a list: parts between commas that stand outside quoted strings, comments and angle brackets. */
export function entriesOf(body: string): string[] {
  const entries: string[] = []
  let start = 0
  walk(body, (at, character, depth) => {
    if (character === ',' && depth === 0) {
      entries.push(body.slice(start, at))
      start = at + 1
    }
  })
  return [...entries, body.slice(start)]
}

function withoutComments(entry: string): string {
  let bare = ''
  walk(
    entry,
    (_at, character, depth, inQuotes) => {
      if (depth === 0 && !inQuotes && character !== ')') bare += character
    },
    true,
  )
  return bare
}

function indexOutsideComments(entry: string, address: string): number {
  let outside = ''
  walk(
    entry,
    (_at, character, depth, inQuotes) => {
      outside += depth === 0 && !inQuotes ? character : '\0'
    },
    true,
  )
  return outside.indexOf(address)
}

/**
 * Visits every character with how deep it stands in comments (RFC 5322 3.2.2); between quotes and, unless only comments count, in angle brackets it
 * counts as deep, too.
 */
function walk(
  text: string,
  visit: (at: number, character: string, depth: number, inQuotes: boolean) => void,
  onlyComments = false,
): void {
  let comments = 0
  let quoted = false
  let angle = false
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!
    if (character === '\\' && (quoted || comments > 0)) {
      at++
      continue
    }
    if (character === '"' && comments === 0) quoted = !quoted
    else if (!quoted && character === '(') comments++
    if (!quoted && comments === 0 && character === '<') angle = true
    const depth = comments + (onlyComments ? 0 : Number(quoted) + Number(angle && character !== '>'))
    visit(at, character, depth, quoted)
    if (!quoted && character === ')' && comments > 0) comments--
    if (!quoted && comments === 0 && character === '>') angle = false
  }
}
