import { withConstants } from './constants.js'

type Text<F> = keyof F & string
type Readers<F, N extends Text<F>> = { [K in N as `get${Capitalize<K>}`]: () => F[K] }
type Switches<F, N extends Text<F>> = { [K in N as F[K] extends boolean ? `is${Capitalize<K>}` : never]: () => F[K] }
type Writers<F, N extends Text<F>> = { [K in N as `set${Capitalize<K>}`]: (value: F[K]) => void }

/** The methods by which Java's edition reads the fields `R`, and reads and writes the fields `W`. */
export type Pairs<F, R extends Text<F>, W extends Text<F>> = Readers<F, R | W> & Switches<F, R | W> & Writers<F, W>

/** What has pairs: the fields that are read, those that are written, too, and the constants that the class shows. */
export interface PairTerms<F, R extends Text<F>, W extends Text<F>, C> {
  readonly readOnly?: readonly R[]
  readonly writable?: readonly W[]
  /** Those of the fields that are true or false. */
  readonly switches?: readonly { [K in R | W]: F[K] extends boolean ? K : never }[R | W][]
  readonly constants?: C
}

/**
 * A class to extend: for each field it has `getX()`, for those that are true or false `isX()`, and for those that can be written
 * `setX(value)`. They go by way of the accessor of that name, which the class has itself.
 */
export function withPairs<F extends object>() {
  return <const R extends Text<F> = never, const W extends Text<F> = never, const C extends object = object>(
    terms: PairTerms<F, R, W, C>,
  ): (new () => Pairs<F, R, W>) & C => {
    const { readOnly = [], writable = [], switches = [], constants } = terms
    const base = class {}
    for (const name of [...readOnly, ...writable, ...switches]) {
      const read = function (this: F): unknown {
        return this[name]
      }
      method(base, `get${capitalized(name)}`, read)
      if ((switches as readonly string[]).includes(name)) method(base, `is${capitalized(name)}`, read)
    }
    for (const name of writable) {
      method(base, `set${capitalized(name)}`, function (this: F, value: F[W]): void {
        this[name] = value
      })
    }
    return withConstants(base, constants) as unknown as (new () => Pairs<F, R, W>) & C
  }
}

function capitalized(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1)
}

function method(made: { readonly prototype: object }, name: string, value: unknown): void {
  Object.defineProperty(made.prototype, name, { value, configurable: true, writable: true })
}
