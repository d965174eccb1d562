import type { SecretReference } from './report.js'

/** Longer names are cut in a report. */
const MAX_SHOWN = 200

/** No blanks, colons and signs: what another line was run into is no path of its own. */
const PATH = /^(?:[A-Za-z]:|~)?[\w.+-]*[/\\][\w.+/\\-]*$/
const FILE_NAME = /^[\w-][\w.-]{0,60}\.[A-Za-z0-9]{1,6}$/

/**
 * Where a reference looks, for the report: whoever reads it must see which variable or file of this machine goes to a relay that somebody else
 * may have named. What does not look like the name of a file is not repeated: it may be a piece of a password.
 */
export function referenceNote({ text }: SecretReference): string {
  const colon = text.indexOf(':')
  const name = text.slice(colon + 1)
  const shown = name.length > MAX_SHOWN ? `${name.slice(0, MAX_SHOWN)}...` : name
  if (text.startsWith('env:')) return `it is read from the variable ${shown}`
  if (text.startsWith('vault:')) return `it is read from the vault, under ${shown}`
  const isPath = PATH.test(name) || FILE_NAME.test(name)
  return isPath ? `it is read from the file ${shown}` : 'it is read from the file that is named here'
}

/** True when a note names it already: `the variable NAME`. */
export function namesReference(note: string, { text }: SecretReference): boolean {
  if (!text.startsWith('env:')) return false
  const words = `variable ${text.slice(4)}`
  const at = note.indexOf(words)
  return at !== -1 && !/\w/.test(note.charAt(at + words.length))
}
