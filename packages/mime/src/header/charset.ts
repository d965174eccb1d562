import { charsetName, type Charset } from './charset-name.js'

export type { Charset } from './charset-name.js'

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
