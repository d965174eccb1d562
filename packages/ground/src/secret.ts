/** What `util.inspect` of Node.js asks for; a name, so that this file runs in a browser, too. */
const INSPECT = Symbol.for('nodejs.util.inspect.custom')

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

  [INSPECT](): string {
    return '[secret]'
  }
}
