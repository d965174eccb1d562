/** A field of the header, unfolded. [ipworks.type.Header] */
export class Header {
  /** Its name, in the case it has. */
  field: string
  value: string

  constructor(field = '', value = '') {
    this.field = field
    this.value = value
  }

  getField(): string {
    return this.field
  }

  getValue(): string {
    return this.value
  }
}
