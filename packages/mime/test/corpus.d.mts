import type { ComposeOptions } from '../src/compose.js'
import type { Draft } from '../src/draft.js'

export interface CorpusEntry {
  readonly name: string
  readonly draft: Draft
  readonly options?: ComposeOptions
}

export interface ReadFacts {
  readonly from: readonly { readonly name: string; readonly address: string }[]
  readonly to: readonly { readonly name: string; readonly address: string }[]
  readonly cc: readonly { readonly name: string; readonly address: string }[]
  readonly replyTo: readonly { readonly name: string; readonly address: string }[]
  readonly subject: string
  readonly date: string
  readonly messageId: string
  readonly text: string
  readonly html: string
  readonly attachments: readonly {
    readonly filename: string
    readonly contentId: string
    readonly sizeOctets: number
    readonly sha256: string
  }[]
  readonly headers: readonly string[]
}

export declare const corpus: readonly CorpusEntry[]
export declare function expectation(entry: CorpusEntry, message: { readonly messageId: string }): ReadFacts
export declare function plain(text: string | null | undefined): string
export declare function sha256(octets: Uint8Array): string
export declare function person(name: string, address: string): { readonly name: string; readonly address: string }
