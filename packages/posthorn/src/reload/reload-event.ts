import type { PosthornError } from '@posthorn/ground'

/** What became of a profile file that changed. */
export type ReloadEvent =
  | {
      readonly loaded: true
      /** The settings that count otherwise from now on, by path; what a setting refers to may be all that changed. */
      readonly changed: readonly string[]
      /** Those that wait for `reload()` or a new start. */
      readonly pending: readonly string[]
    }
  /** What is in the file cannot be used; what was there before goes on to count. */
  | { readonly loaded: false; readonly error: PosthornError }
