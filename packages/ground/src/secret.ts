import { inspect } from 'node:util'

/**
 * A password or token. It prints as `[secret]` wherever values are printed (string, JSON, `util.inspect`) and is opened by `reveal()`
 * in the line that uses it.
 */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  /** Takes a plain string or a secret. */
  static of(value: string | Secret): Secret {
    return typeof value === 'string' ? new Secret(value) : value
  }

  reveal(): string {
    return this.#value
  }

  toString(): string {
    return '[secret]'
  }

  toJSON(): string {
    return '[secret]'
  }

  [inspect.custom](): string {
    return '[secret]'
  }
}
