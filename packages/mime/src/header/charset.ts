import { charsetName } from './charset-name.js'

/** A charset other than UTF-8. */
export interface Charset {
  /** As it stands in header fields: the preferred MIME name of the IANA registry. */
  readonly name: string
  /** The octets of a text, beginning and ending in the initial state; undefined when the charset lacks one of its characters. */
  encode(text: string): Buffer | undefined
}

/**
 * The charset of this name, in any spelling that differs in case, hyphens and underscores only; undefined for UTF-8, which needs no table.
 * The tables are loaded at the first use.
 * @throws {SettingsError} `compose.charset` for a name that is not known
 */
export async function charsetNamed(text: string, field: string): Promise<Charset | undefined> {
  const name = charsetName(text, field)
  if (name === undefined) return undefined
  const { charsetTable } = await import('./charset-table.js')
  return charsetTable(name)
}
