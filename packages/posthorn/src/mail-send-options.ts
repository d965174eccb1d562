import type { ComposeOptions } from '@posthorn/mime'
import type { Envelope, Recipient, SendOptions } from '@posthorn/smtp'

/** The terms of the envelope for one send: what a draft does not say (RFC 3461 and others). They win over those of the profile. */
export interface EnvelopeTerms extends Omit<Envelope, 'reversePath' | 'recipients'> {
  /** In place of the sender's mailbox; '' for the null reverse-path. */
  readonly reversePath?: string
  /** NOTIFY= for each recipient that has none of its own. */
  readonly notify?: NonNullable<Recipient['notify']>
}

export interface MailSendOptions extends SendOptions {
  readonly envelope?: EnvelopeTerms
  /** How the draft is composed, besides what the profile says; a message that is ready stays as it is. */
  readonly compose?: ComposeOptions
}

/** The second in place of the first, where it says something: a key that is there and undefined must not switch anything off. */
export function merged<T extends object>(usual: T | undefined, given: Partial<T> | undefined): T {
  if (!usual || !given) return { ...usual, ...given } as T
  const said = Object.entries(given).filter(([, value]) => value !== undefined)
  return { ...usual, ...Object.fromEntries(said) }
}
