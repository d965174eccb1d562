import { nearName } from '@posthorn/ground/portable'

/** How a name of the source may stand in a report, and what may have been meant by it. */
export interface ShownName {
  readonly entry: string
  readonly note: string
}

/** Longer names are no slips of the pen. */
const MAX_NEAR = 40

/**
 * A name nobody knows. It is repeated only when it looks like one (`looks`) or is near to a known one: what stands where a name is expected
 * may be a piece of a password with a line end in it.
 */
export function shownName(
  name: string,
  known: Iterable<string>,
  looks: Pick<RegExp, 'test'> | ((name: string) => boolean),
): ShownName {
  const meant = name.length <= MAX_NEAR ? nearName(name, known) : undefined
  const isName = typeof looks === 'function' ? looks(name) : looks.test(name)
  const entry = meant !== undefined || isName ? name : 'a line'
  return { entry, note: meant === undefined ? 'it is not known' : `it is not known; did you mean ${meant}?` }
}
