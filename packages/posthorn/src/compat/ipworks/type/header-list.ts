import { invalidArgument } from '../ipworks-error.js'
import type { Header } from './header.js'

/** The fields of a header, in their order: an array, with the methods of the lists of Java and C#. [ipworks.prop.MessageHeaders] */
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

  /** @throws {IPWorksError} 10022 when there is none */
  get(index: number): Header {
    const header = this[index]
    if (header) return header
    throw invalidArgument('The index', `must be a whole number from 0 to ${this.length - 1}`)
  }
}
