import type { Header } from './header.js'

/** Fields of a header, in order; as an array, and as Java's list. [ipworks.prop.MessageHeaders] */
export class HeaderList extends Array<Header> {
  static override get [Symbol.species](): ArrayConstructor {
    return Array
  }

  get count(): number {
    return this.length
  }

  size(): number {
    return this.length
  }

  get(index: number): Header {
    return this[index]!
  }
}
