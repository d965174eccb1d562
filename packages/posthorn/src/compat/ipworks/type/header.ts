import { withPairs } from './pairs.js'

/** What a Header has. */
export interface HeaderFields {
  field: string
  value: string
}

const Pairs = withPairs<HeaderFields>()({ writable: ['field', 'value'] })

/** A field of the header, unfolded. [ipworks.type.Header] */
export class Header extends Pairs implements HeaderFields {
  /** Its name, in the case it has. */
  field: string
  value: string

  constructor(field = '', value = '') {
    super()
    this.field = field
    this.value = value
  }
}
