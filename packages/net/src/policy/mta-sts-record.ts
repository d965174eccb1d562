const VERSION = /^v=STSv1[ \t]*;/
const EXTENSION = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,31}=[!-:<>-~]+$/
const ID = /^id=([A-Za-z0-9]{1,32})$/
const MAX_CHARACTERS = 4096

/**
 * The id of the policy that the TXT records at `_mta-sts.<domain>` announce (RFC 8461 3.1); undefined when they announce none: when there
 * is not exactly one record of this version, or it is not written as it must be.
 * @param records each in its strings, as DNS has them
 */
export function mtaStsId(records: readonly (readonly string[])[]): string | undefined {
  const ours = records.map((strings) => strings.join('')).filter((text) => VERSION.test(text))
  const [record] = ours
  if (record === undefined || ours.length > 1 || record.length > MAX_CHARACTERS) return undefined
  const fields = record.split(';').map((field) => field.trim())
  if (fields.at(-1) === '') fields.pop() // one ";" may end it
  const [, ...others] = fields
  if (!others.every((field) => EXTENSION.test(field))) return undefined
  const ids = others.map((field) => ID.exec(field)?.[1]).filter((id) => id !== undefined)
  return ids[0]
}
