import type { Submission } from '@posthorn/smtp'

/** One message of a spool folder. */
export interface SpooledMessage {
  /** The file's name without its ending. */
  readonly name: string
  /** Envelope and content, which can be opened as often as it takes while the file is where it is. */
  readonly submission: Submission
  readonly queuedAt: Date
  /** Of the content. */
  readonly sizeOctets: number
}
