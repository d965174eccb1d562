import type * as mime from '../src/index.js'

/** What is tried: the composer and the parsers, from their sources or built. */
export type Composer = Pick<
  typeof mime,
  | 'compose'
  | 'displayAddress'
  | 'displayMailbox'
  | 'mailboxesOf'
  | 'parseAddressList'
  | 'parseMailbox'
  | 'parseMailboxList'
  | 'rawContent'
  | 'rawMessage'
  | 'readMailboxes'
  | 'readyOctets'
>

export interface RunResult {
  readonly cases: number
  /** How often each thing was done: `refused: to[].name`, `compared: subject`. */
  readonly counts: Readonly<Record<string, number>>
  readonly failed: number
  /** The first of them, each with the smallest draft for which it fails. */
  readonly failures: readonly string[]
}

export declare function runCases(
  composer: Composer,
  cases: { readonly seed: number; readonly from?: number; readonly to: number; readonly mostDescribed?: number },
): Promise<RunResult>
