import type { Secret } from '@posthorn/ground'
import type { ComposeOptions } from '@posthorn/mime'
import type { SmtpOptions } from '@posthorn/smtp'
import type { SignInMeans } from '../oauth2/sign-in-means.js'
import type { DirectOptions } from '../direct/direct-options.js'
import type { ProfileWarning } from './profile-warning.js'

/** What a profile, which is data, is read with, and what cannot be said in data. */
export interface ProfileTerms {
  /** Where relative paths start: those behind `file:`, and those of `attachments.basePath` and the like. Default: the working directory. */
  readonly directory?: string | undefined
  /** Where `env:NAME` is looked up. Default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
  /** Gives what `vault:NAME` names. */
  readonly vault?: ((name: string) => Promise<string | Secret>) | undefined
  /** Options of the client that are functions, or keys in memory. Each wins over what the profile says; groups (`tls`, `pool`, ...) are laid over it. */
  readonly smtp?: Partial<SmtpOptions> | undefined
  /** The same for the composer. */
  readonly compose?: ComposeOptions | undefined
  /** The same for the transport `direct`: a resolver, where policies are kept. */
  readonly direct?: Omit<DirectOptions, 'smtp' | 'direct'> | undefined
  /** How a person is led through a sign-in for `oauth2`. Without it only tokens that are in the store, or need nobody, are used. */
  readonly signIn?: SignInMeans | undefined
  /** Told what works and should be otherwise, each time a profile is read. */
  readonly onWarning?: ((warning: ProfileWarning) => void) | undefined
}
