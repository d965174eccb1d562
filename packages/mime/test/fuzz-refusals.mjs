// Which fields of a draft must be refused, and which may be.
import { FORBIDDEN } from './fuzz-fragments.mjs'

/** Collects what must and what may be refused, by the name of the field. */
export class Refusals {
  must = []
  may = []

  constructor(prefix = '') {
    this.prefix = prefix
  }

  mustBe(field) {
    this.must.push(this.prefix + field)
  }

  mayBe(field) {
    this.may.push(this.prefix + field)
  }

  /** A text as it stands in a field; undefined when it must be refused. */
  text(value, field) {
    if (typeof value === 'string' && !FORBIDDEN.test(value)) return value
    this.mustBe(field)
    return undefined
  }

  /** The same refusals for what stands within a field. */
  within(field) {
    const inner = new Refusals(`${this.prefix}${field}.`)
    inner.must = this.must
    inner.may = this.may
    return inner
  }
}

/** What `read` gives; undefined when it throws. */
export function attempt(read) {
  try {
    return read()
  } catch {
    return undefined
  }
}

/** A key as errors name it. */
export const printable = (key) => key.slice(0, 60).replace(/[^ -~]/g, '?')
