/** What `OtherHeaders` says. */
export interface OtherHeaders {
  readonly fields: readonly { readonly name: string; readonly value: string }[]
  /** True when they take the place of all header fields: the text begins with an empty line. */
  readonly only: boolean
  /** Lines with something in them that is no field, by their number from 1. */
  readonly broken: readonly number[]
  /** True when an empty line stands between fields, where it would end the header section. */
  readonly gap: boolean
}

/**
 * Reads lines `Name: value`. Blanks before the first field are not an empty line. Where the first field stands on a line of its own, the
 * indentation that all lines share is that of the XML file; a line indented further continues the one before it (RFC 5322 2.2.3).
 */
export function parseOtherHeaders(text: string): OtherHeaders {
  const lines = text.split(/\r?\n/)
  const behindTag = lines[0]!.trim() !== ''
  const shared = behindTag ? 0 : sharedIndentation(lines)
  const fields: { name: string; parts: string[] }[] = []
  const broken: number[] = []
  let [continues, gap, empty] = [false, false, false]
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') {
      empty ||= fields.length > 0
      continue
    }
    const rest = behindTag && index === 0 ? line.trimStart() : line.slice(shared)
    const [, name, value] = /^([\x21-\x39\x3b-\x7e]+)[ \t]*:(.*)$/s.exec(rest) ?? []
    if (name !== undefined && value !== undefined) {
      gap ||= empty
      fields.push({ name, parts: [value.trim()] })
      continues = true
    } else if (continues && /^[ \t]/.test(rest)) fields.at(-1)!.parts.push(rest.trim())
    else {
      broken.push(index + 1)
      continues = false
    }
  }
  return {
    fields: fields.map(({ name, parts }) => ({ name, value: parts.join(' ').trim() })),
    only: /^\r?\n/.test(text),
    broken,
    gap,
  }
}

/** The text that `parseOtherHeaders` reads the same fields from, when their values neither begin nor end with a blank. */
export function formatOtherHeaders(fields: OtherHeaders['fields'], only: boolean): string {
  return `${only ? '\n' : ''}${fields.map(({ name, value }) => `${name}: ${value}`).join('\n')}`
}

function sharedIndentation(lines: readonly string[]): number {
  let least = Number.POSITIVE_INFINITY
  for (const line of lines) if (line.trim() !== '') least = Math.min(least, line.length - line.trimStart().length)
  return Number.isFinite(least) ? least : 0
}
