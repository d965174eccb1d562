/** A value in the text of a program, as far as it can be known without running it. */
export type Literal =
  | { readonly kind: 'plain'; readonly value: Plain; readonly line: number }
  /** `process.env.NAME`, perhaps with `|| fallback`, perhaps compared with a text. */
  | {
      readonly kind: 'env'
      readonly name: string
      readonly fallback?: Plain | undefined
      readonly equals?: string | undefined
      readonly line: number
    }
  /** `fs.readFileSync('PATH')`. */
  | { readonly kind: 'file'; readonly path: string; readonly line: number }
  | { readonly kind: 'object'; readonly members: readonly Member[]; readonly line: number }
  | { readonly kind: 'array'; readonly items: readonly Literal[]; readonly line: number }
  /** A name, which may be declared elsewhere in the text. */
  | { readonly kind: 'name'; readonly name: string; readonly line: number }
  /** A call, a function, an expression: only running it would tell. */
  | { readonly kind: 'expression'; readonly line: number }

export type Plain = string | number | boolean | null | undefined

/** `key: value` of an object. */
export interface Member {
  readonly key: string
  readonly line: number
  readonly value: Literal
  /** Without a colon: a shorthand, a method, or what is no key at all. */
  readonly bare?: true | undefined
}
