import type { Composer } from './fuzz-run.mjs'

/** The processor time for input of twice the size, as a multiple. */
export declare const LIMIT: number

export interface LinearCase {
  readonly name: string
}

export declare function linearCases(composer: Composer): readonly LinearCase[]
export declare function measured(
  one: LinearCase,
): Promise<{ readonly name: string; readonly halfMs: number; readonly wholeMs: number; readonly ratio: number }>
