type Reader<F, N extends keyof F & string> = { [K in N as `get${Capitalize<K>}`]: () => F[K] }
type Writer<F, N extends keyof F & string> = { [K in N as `set${Capitalize<K>}`]: (value: F[K]) => void }
type Asker<F, N extends keyof F & string> = {
  [K in N as F[K] extends boolean ? `is${Capitalize<K>}` : never]: () => F[K]
}

/** The methods by which Java's edition reads and writes the fields `N`, and those of them that may be written, `W`. */
export type Pairs<F, N extends keyof F & string, W extends N> = Reader<F, N> & Asker<F, N> & Writer<F, W>

/**
 * A class to extend: for each of these fields it has `getX()`, and `setX(value)` where it is writable, which read and write the accessor of
 * that name. For true or false there is `isX()`, too.
 */
export function withPairs<F extends object>() {
  return <const N extends keyof F & string, const W extends N>(
    names: readonly N[],
    writable: readonly W[],
  ): new () => Pairs<F, N, W> => {
    const Base = class {}
    for (const name of names) {
      const end = name.charAt(0).toUpperCase() + name.slice(1)
      const read = function (this: F): F[N] {
        return this[name]
      }
      method(Base.prototype, `get${end}`, read)
      method(Base.prototype, `is${end}`, read)
    }
    for (const name of writable) {
      const end = name.charAt(0).toUpperCase() + name.slice(1)
      method(Base.prototype, `set${end}`, function (this: F, value: F[W]): void {
        this[name] = value
      })
    }
    return Base as unknown as new () => Pairs<F, N, W>
  }
}

function method(prototype: object, name: string, value: unknown): void {
  Object.defineProperty(prototype, name, { value, configurable: true, writable: true })
}
