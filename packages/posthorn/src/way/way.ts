import { resolve } from 'node:path'
import { createHash } from 'node:crypto'
import { SETTINGS, valuesOf, type Profile } from '@posthorn/settings'
import { SmtpClient, type SmtpOptions } from '@posthorn/smtp'
import type { ComposeOptions } from '@posthorn/mime'
import { attachmentPolicy, type AttachmentPolicy } from '../attachments/attachment-policy.js'
import type { MailLog } from '../logging/mail-log.js'
import { merged } from '../mail-send-options.js'
import { composeOptionsOf } from './compose-options.js'
import { draftDefaults, type DraftDefaults } from './draft-defaults.js'
import { envelopeRules, type EnvelopeRules } from './envelope-rules.js'
import { fieldsOnlyOf, type FieldsOnly } from './fields-only.js'
import { KeptValues } from './kept-values.js'
import type { Limits } from './limits.js'
import type { MailClient } from './mail-client.js'
import { NO_LIMIT_MS } from './no-limit.js'
import type { ProfileTerms } from './profile-terms.js'
import type { ProfileTokens } from './profile-tokens.js'
import type { ProfileWarning } from './profile-warning.js'
import { checkTransport, engineOptions, type EngineOptions } from './smtp-options.js'
import { warnOfUnused } from './unused-settings.js'

/** What a mailer goes by, made whole from a profile or from options. */
export interface Way {
  readonly client: MailClient
  /** For one message, from the call to its receipt. */
  readonly deadlineMs: number
  readonly compose: ComposeOptions | undefined
  readonly defaults?: DraftDefaults | undefined
  readonly envelope?: EnvelopeRules | undefined
  readonly fieldsOnly?: FieldsOnly | undefined
  readonly attachments?: AttachmentPolicy | undefined
  readonly limits?: Limits | undefined
  readonly log?: MailLog | undefined
  /** Messages that keep all connections busy. */
  readonly concurrency: number
  /** What it was made of; absent for options in code. */
  readonly made?: Made
}

/** What a way was made of, so that the next one can be compared with it and take over what stays the same. */
export interface Made {
  readonly profile: Profile
  /** Of everything a session depends on. */
  readonly session: string
  readonly logging: string
  readonly tokens: ProfileTokens | undefined
  readonly warnings: readonly ProfileWarning[]
  /** What its settings refer to, and the stores that are open for them. */
  readonly kept: KeptValues
}

/** What a client has when nothing is said. */
const DEADLINE_MS = 300_000
/** More messages at a time than anybody's connections can carry. */
const MAX_CONCURRENCY = 1000

/** The way that options in code stand for. @throws {SettingsError} as `SmtpClient` */
export function wayOfOptions(smtp: SmtpOptions, compose: ComposeOptions | undefined): Way {
  const client = new SmtpClient(smtp)
  return { client, compose, deadlineMs: smtp.deadlineMs ?? DEADLINE_MS, concurrency: concurrencyOf(smtp) }
}

/**
 * The way that a profile stands for: everything it refers to is read. What would be made of the same as in the way before goes on: the
 * client with its connections, the tokens, the log.
 * @param signal ends the wait for a vault
 * @throws {SettingsError} `settings.*`, `oauth2.*`, `certificate.*`, `logging.*`
 */
export async function wayOfProfile(
  profile: Profile,
  terms: ProfileTerms,
  before?: Way,
  signal?: AbortSignal,
): Promise<Way> {
  const warnings: ProfileWarning[] = []
  const onWarning = (warning: ProfileWarning) => {
    if (!warnings.some(({ code, path }) => code === warning.code && path === warning.path)) warnings.push(warning)
  }
  const kept = new KeptValues({ ...terms, onWarning }, before?.made?.kept, signal)
  try {
    return await wayWith(profile, terms, kept, warnings, before)
  } catch (error) {
    await kept.release(before?.made?.kept)
    throw error
  }
}

async function wayWith(
  profile: Profile,
  terms: ProfileTerms,
  kept: KeptValues,
  warnings: ProfileWarning[],
  before: Way | undefined,
): Promise<Way> {
  const rules = {
    defaults: draftDefaults(profile),
    envelope: envelopeRules(profile),
    fieldsOnly: fieldsOnlyOf(profile),
    attachments: attachmentPolicy(profile, kept),
    limits: profile.limits,
  }
  const compose = await composeOptionsOf(profile, kept)
  const access = rules.attachments ? { access: rules.attachments.access } : {}
  const { smtp, tokens } = await engineOf(profile, kept, terms, before?.made?.tokens)
  warnOfUnused(profile, kept)
  const session = sessionFingerprint(profile, kept.digests)
  const logging = JSON.stringify([
    profile.logging,
    profile.credentials?.user,
    profile.oauth2?.user,
    profile.oauth2?.subject,
  ])
  const log = before?.made?.logging === logging ? before.log : await openLogOf(profile, terms)
  try {
    return {
      ...rules,
      client: before?.made?.session === session ? before.client : await clientOf(profile, smtp, terms, kept),
      compose: merged<ComposeOptions>({ ...access, ...compose }, terms.compose),
      deadlineMs: deadlineOf(profile, terms),
      concurrency: concurrencyOf(smtp),
      log,
      made: { profile, session, logging, tokens, warnings, kept },
    }
  } catch (error) {
    if (log !== before?.log) await log?.close()
    throw error
  }
}

/** What a message has of time, from the call to its receipt, when the call does not say it. */
export function deadlineOf({ timeouts }: Profile, { smtp }: ProfileTerms): number {
  const total = timeouts?.totalMs
  return total === 0 ? NO_LIMIT_MS : (total ?? smtp?.deadlineMs ?? DEADLINE_MS)
}

/** What can be told of a profile without reading anything. @throws {SettingsError} `settings.*` */
export function checkRules(profile: Profile): void {
  checkTransport(profile)
  draftDefaults(profile)
  fieldsOnlyOf(profile)
}

/** A folder has no session, so nothing is read for one. */
async function engineOf(
  profile: Profile,
  kept: KeptValues,
  terms: ProfileTerms,
  before: ProfileTokens | undefined,
): Promise<EngineOptions> {
  return profile.transport === 'spool' ? { smtp: {} } : engineOptions(profile, kept, terms, before)
}

async function clientOf(
  profile: Profile,
  smtp: Partial<SmtpOptions>,
  terms: ProfileTerms,
  kept: KeptValues,
): Promise<MailClient> {
  if (profile.transport === 'spool') {
    const { SpoolClient } = await import('./spool-client.js')
    return new SpoolClient(kept.at(profile.spool!.directory!)) // the rules of a profile see to it
  }
  if (profile.transport === 'direct') {
    const { DirectClient } = await import('../direct/index.js')
    const { MtaStsFileStore } = await import('@posthorn/net/policy')
    const { from } = profile.sender ?? {}
    const store = profile.direct?.policyStore
    const mtaStsStore =
      store === undefined ? {} : { mtaStsStore: new MtaStsFileStore(resolve(terms.directory ?? '', store)) }
    const verifyDomain = from === undefined ? {} : { verifyDomain: from.slice(from.lastIndexOf('@') + 1) }
    return new DirectClient({ smtp, direct: profile.direct, ...mtaStsStore, ...verifyDomain, ...terms.direct })
  }
  return new SmtpClient({ ...smtp, host: profile.relay!.host! }) // the rules of a profile see to it
}

async function openLogOf(
  { logging, credentials, oauth2 }: Profile,
  { directory }: ProfileTerms,
): Promise<MailLog | undefined> {
  if (!logging?.destinations?.length && logging?.trailFile === undefined) return undefined
  const { openLog } = await import('../logging/open-log.js')
  const names = [credentials?.user, oauth2?.user, oauth2?.subject]
  return openLog(logging, { directory, users: names.filter((name) => name !== undefined) })
}

/**
 * Two of the same stand for sessions that are the same. Secrets are in it as the digests of what was read for them.
 */
function sessionFingerprint(profile: Profile, digests: ReadonlyMap<string, string>): string {
  const counts = (path: string) => {
    const setting = SETTINGS.get(path.replace(/\[.*$/, ''))
    return setting?.effect !== 'message' && !path.startsWith('logging.') && path !== 'name'
  }
  const said = [...valuesOf(profile)].filter(([path]) => counts(path))
  const read = [...digests].filter(([path]) => counts(path))
  return createHash('sha256')
    .update(JSON.stringify([said.sort(byPath), read.sort(byPath)]))
    .digest('hex')
}

function byPath([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1
}

/**
 * So many that every connection has one message and the next one waits for it, and no more than may wait: while nothing is connected, all
 * of them do.
 */
function concurrencyOf({ pool = {} }: Partial<SmtpOptions>): number {
  const { maxConnections = 10, pipelineDepth = 1, maxWaiting = Infinity } = pool
  return Math.min(MAX_CONCURRENCY, 2 * maxConnections * pipelineDepth, Math.max(1, maxWaiting))
}
