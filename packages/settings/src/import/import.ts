import type { Profile } from '../profile/profile.js'

/** What an importer reads. All of it is text; nothing is opened, fetched or run. */
export interface ImportSource {
  readonly text: string
  /** The name of the file, when there is one: `SMTP.config`, `ILL.config`. */
  readonly name?: string | undefined
  /** Further files that belong to it, by name: the other files of the folder. */
  readonly files?: Readonly<Record<string, string>> | undefined
}

/** What became of one line, entry or element of the source. */
export type Verdict =
  /** It stands in the profile as it is meant. */
  | 'taken'
  /** It stands in the profile with another meaning or value; the note says which. */
  | 'changed'
  /** The source leaves it out, and its own default was written so that mail goes out as before. */
  | 'defaulted'
  /** It is known and has no effect here; the note says why. */
  | 'ignored'
  /** It cannot be said in a profile, and what it did is lost; the note says what to do. */
  | 'lost'
  /** Nobody knows it. */
  | 'unknown'

/** One line of the report. No secret is ever in it. */
export interface ReportLine {
  readonly verdict: Verdict
  /** What was read, in the words of the source: `EMailSMTPServer`, `mail.smtp.port`. */
  readonly entry: string
  /** Where: the line in the text, from 1. */
  readonly line?: number | undefined
  /** The file, when there are several. */
  readonly file?: string | undefined
  /** The profile it went to, when there are several, or the site. */
  readonly of?: string | undefined
  /** The settings that were written for it. */
  readonly settings?: readonly string[] | undefined
  /** What to know about it. */
  readonly note?: string | undefined
  /** True when what was taken over weakens a check: the source was unsafe and so is the profile. */
  readonly unsafe?: true | undefined
}

/** One way out that was found. */
export interface ImportedProfile {
  readonly name: string
  readonly profile: Profile
  /** True for the one that is in use in the source, where it has several and says so. */
  readonly active?: true | undefined
  /** The source names no server: the address whose domain decides it. The profile is whole once `relay.host` stands in it. */
  readonly discover?: string | undefined
  /** What is said otherwise for some sites, by their code. */
  readonly sites?: Readonly<Record<string, Profile>> | undefined
}

export interface Import {
  readonly profiles: readonly ImportedProfile[]
  readonly report: readonly ReportLine[]
}

/** One format of somebody else's configuration. */
export interface ImportFormat {
  /** As it is called on the command line. */
  readonly name: string
  /** What it is, for people. */
  readonly says: string
  /** True when a text is surely of this format: from its name and its look. */
  readonly recognises: (source: ImportSource) => boolean
  /**
   * Reads it. Pure: the same text gives the same profile.
   * @throws {SettingsError} `import.format` for text that is not of the format or is beyond its limits, `import.missing` naming all that a
   * working configuration needs and is not there; never with a secret in it
   */
  readonly import: (source: ImportSource) => Import
  /** Writes a profile in this format, where it can be said in it. */
  readonly export?: ((profile: ImportedProfile, terms?: ExportTerms) => Export) | undefined
}

/** How a profile is written. */
export interface ExportTerms {
  /**
   * True: passwords that stand in the profile are written as they are. Default false; a format that has a mark for a secret that is left out
   * writes the mark then.
   */
  readonly secrets?: boolean | undefined
}

/** A profile in the words of another product. */
export interface Export {
  readonly text: string
  /** Further files that belong to it, by name: they stand beside it in the folder, and an import reads them with it. */
  readonly files?: Readonly<Record<string, string>> | undefined
  /**
   * Settings that cannot be said in this format, with why. The note of a check that cannot be said begins with UNSAFE. A login that the profile
   * does not allow in the clear is never written so that it goes in the clear: TLS is required in its place, and `security` stands here.
   */
  readonly lost: readonly { readonly setting: string; readonly note: string }[]
}
