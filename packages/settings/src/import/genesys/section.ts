/** One option: `port = 25`. */
export interface GenesysOption {
  readonly name: string
  /** Undefined: an export in JSON has something else there than text, a number or a truth value. */
  readonly value: string | undefined
  /** Where it stands in the text, from 1; JSON has no lines. */
  readonly line?: number | undefined
}

/** `[smtp-client]` and what stands in it. */
export interface GenesysSection {
  readonly name: string
  readonly line?: number | undefined
  readonly options: readonly GenesysOption[]
}

/** The sections of one Application object. */
export interface GenesysApplication {
  /** Its name, where the export has it. */
  readonly name?: string | undefined
  readonly sections: readonly GenesysSection[]
}

/** A section whose options send mail: `smtp-client`, `smtp-client-sales`. */
export const isClientSection = (name: string) => /^smtp-client(?:[-_. ].*)?$/i.test(name)
