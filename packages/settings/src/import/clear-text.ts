/**
 * The text of a secret or a content that stands in the profile as text, for a format that has a place for it. Undefined for a reference, which
 * cannot be resolved here, and for a `Secret`, which is not written anywhere.
 */
export function clearText(value: unknown): string | undefined {
  if (typeof value !== 'string' || /^(?:env|file|vault):/.test(value)) return undefined
  return value.replace(/^plain:/, '')
}
