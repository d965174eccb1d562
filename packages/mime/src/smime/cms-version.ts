import { malformed, type Element } from './ber-reader.js'
import { valueOf } from './cms-element.js'

/** Passes over a CMSVersion, which must be one of those that this structure has (RFC 5652 10.2.5). */
export function expectVersion(element: Element | undefined, known: readonly number[], of: string): void {
  const [version, ...more] = valueOf(element, 2, `version of ${of}`)
  if (version === undefined || more.length > 0 || !known.includes(version)) {
    throw malformed(`has ${of} of a version that does not exist`)
  }
}
