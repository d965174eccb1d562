import { Secret } from '@posthorn/ground/portable'
import { z } from 'zod'

/**
 * When a change in the profile counts. `message`: for the next message. `session`: for the next session, those that are open end as they
 * are. `start`: when the profile is loaded anew on purpose (`Mailer.reload`, or a new start).
 */
export type Effect = 'message' | 'session' | 'start'

/** What is known of a setting besides its type. */
export interface SettingFacts {
  /** What it does, in a sentence. */
  readonly says: string
  readonly effect: Effect
  /** The value when nothing is said, or a sentence about it in parentheses; absent: nothing is done. */
  readonly default?: string | number | boolean | undefined
  readonly unit?: 'ms' | 's' | 'octets' | undefined
  /** The parity rows that asked for it, without brackets. */
  readonly from?: readonly string[] | undefined
  /** Where it stands in `SmtpOptions`, when it is handed on as it is; its name in the query of a URL, too. */
  readonly smtp?: string | undefined
  /** `secret`: never shown; may be a reference. `content`: PEM or other text, or a reference to a file with it. `path`: names a file or folder. */
  readonly holds?: 'secret' | 'content' | 'path' | undefined
  /** True when a value weakens a check: said in every report and by `profile show`. */
  readonly weakens?: ((value: unknown) => boolean) | undefined
  /**
   * The flag of the command, when it has one of its own (every setting can be given as `--set path=value`): `--security <kind>`. With `<file>` a
   * file is named that holds the value, with `<seconds>` milliseconds are given in seconds; without a value it is the other of true and false.
   */
  readonly flag?: string | undefined
  /** What the flag does, where the sentence of the setting does not say it well. */
  readonly flagSays?: string | undefined
}

/** What is known of each declared type. */
export const FACTS = z.registry<SettingFacts>()

/** Declares a setting: its type and what is known of it. It may be left out. */
export function setting<T extends z.ZodType>(type: T, facts: SettingFacts): z.ZodOptional<T> {
  FACTS.add(type, facts)
  return type.optional()
}

/** A group of settings. Unknown names are refused. */
export function group<T extends z.ZodRawShape>(shape: T): z.ZodOptional<z.ZodObject<T, z.core.$strict>> {
  return z.strictObject(shape).optional()
}

/** One line of text, without control characters. */
export const line = (max = 1000) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[^\p{Cc}]*$/u, 'must be one line, without control characters')

/** A host name or an IP address. */
export const host = () =>
  z
    .string()
    .min(1)
    .max(255)
    .regex(/^[^\s\x00-\x20/@]+$/, 'must be a host name or an IP address')

export const port = () => z.int().min(1).max(65_535)

/** Milliseconds, up to what a timer of JavaScript can wait (24 days); 0 only where the setting says what it means. */
export const milliseconds = (least = 1) =>
  z
    .int()
    .min(least)
    .max(2 ** 31 - 1)

export const count = (least = 1, most = Number.MAX_SAFE_INTEGER) => z.int().min(least).max(most)

/** One mailbox, `a@b`. What exactly may stand there the composer says (RFC 5322 3.4.1). */
export const mailbox = () => line(320).regex(/^[^\s<>]+@[^\s<>@]+$/, 'must be a mailbox, such as app@example.com')

/** Text that may be a `Secret`. */
export const secret = () => z.union([z.string().min(1).max(100_000), z.instanceof(Secret)])

/** Text of a file, with line ends: PEM and the like. */
export const content = () => z.union([z.string().min(1).max(10_000_000), z.instanceof(Secret)])

/** A list of one-line texts; in the environment and on the command line they stand between commas. */
export const lines = () => z.array(line()).max(1000)
