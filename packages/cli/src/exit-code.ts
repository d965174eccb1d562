import { PosthornError, type MailReceipt } from 'posthorn'
import { EXIT } from './sysexits.js'

/** What a row asks for; what it does not name may be anything. */
interface Row {
  /** The code, or its beginning when it ends with a dot or a hyphen. */
  readonly code?: string
  readonly outcome?: PosthornError['outcome']
  readonly replyCodes?: readonly number[]
  readonly exit: number
}

/** Errors to exit codes; the first row that fits decides. */
const ROWS: readonly Row[] = [
  { outcome: 'unknown', exit: EXIT.unknown },
  { code: 'usage.', exit: EXIT.usage },
  { code: 'content.unreadable', exit: EXIT.noInput },
  { code: 'content.source-failed', exit: EXIT.noInput },
  { code: 'content.changed', exit: EXIT.noInput },
  { code: 'settings.file', exit: EXIT.noInput },
  { code: 'sandbox.dir', exit: EXIT.cannotCreate },
  { code: 'spool.missing', exit: EXIT.noInput },
  { code: 'spool.unreadable', exit: EXIT.noInput },
  { code: 'spool.not-found', exit: EXIT.noInput },
  { code: 'sandbox.listen', exit: EXIT.unavailable },
  // trying again does not make an SMTP server of it
  { code: 'smtp.reply.', exit: EXIT.protocol },
  { code: 'smtp.starttls.injected', exit: EXIT.protocol },
  { code: 'smtp.pipelining.', exit: EXIT.protocol },
  { outcome: 'transient', exit: EXIT.temporary },
  { code: 'smtp.auth.cleartext', exit: EXIT.config },
  { code: 'smtp.auth.', exit: EXIT.noPermission },
  { code: 'smtp.', replyCodes: [530, 534, 535, 538], exit: EXIT.noPermission }, // RFC 4954 6
  { code: 'settings.', exit: EXIT.config },
  { code: 'credentials.', exit: EXIT.config },
  { code: 'connect.local-address', exit: EXIT.config },
  { code: 'extension.missing', exit: EXIT.unavailable },
  { code: 'content.eight-bit', exit: EXIT.unavailable },
  { code: 'smtp.rcpt.refused', exit: EXIT.noUser },
  { code: 'resolve.', exit: EXIT.noHost },
  { code: 'spool.option', exit: EXIT.usage },
  { code: 'spool.denied', exit: EXIT.cannotCreate },
  { code: 'spool.write', exit: EXIT.cannotCreate },
  { code: 'spool.', exit: EXIT.data },
  { code: 'discover.address', exit: EXIT.data },
  { code: 'discover.confirm', exit: EXIT.config },
  { code: 'discover.', exit: EXIT.noHost },
  { code: 'import.', exit: EXIT.data },
  { code: 'export.', exit: EXIT.data },
  { code: 'direct.', exit: EXIT.unavailable },
  { code: 'limits.', exit: EXIT.data },
  { code: 'logging.', exit: EXIT.cannotCreate },
  { code: 'connect.', exit: EXIT.unavailable },
  { code: 'proxy.', exit: EXIT.unavailable },
  { code: 'tls.', exit: EXIT.unavailable },
  { code: 'policy.', exit: EXIT.unavailable },
  { code: 'web.', exit: EXIT.unavailable },
  { code: 'oauth2.file-read', exit: EXIT.noInput },
  { code: 'oauth2.store-read', exit: EXIT.noInput },
  { code: 'oauth2.file', exit: EXIT.config },
  { code: 'oauth2.settings', exit: EXIT.config },
  { code: 'oauth2.assertion', exit: EXIT.config },
  { code: 'oauth2.service-account', exit: EXIT.config },
  { code: 'oauth2.store-', exit: EXIT.config },
  { code: 'oauth2.redirect-port', exit: EXIT.unavailable },
  { code: 'oauth2.unreachable', exit: EXIT.unavailable },
  { code: 'oauth2.discovery', exit: EXIT.unavailable },
  { code: 'oauth2.response', exit: EXIT.unavailable },
  { code: 'oauth2.', exit: EXIT.noPermission },
  { code: 'smtp.', exit: EXIT.unavailable },
  { code: 'draft.', exit: EXIT.data },
  { code: 'address.', exit: EXIT.data },
  { code: 'attachment.', exit: EXIT.data },
  { code: 'mailbox.', exit: EXIT.data },
  { code: 'envelope.', exit: EXIT.data },
  { code: 'recipients.', exit: EXIT.data },
  { code: 'compose.', exit: EXIT.data },
  { code: 'smime.', exit: EXIT.data },
  { code: 'read.', exit: EXIT.data },
  { code: 'dkim.', exit: EXIT.config },
  { code: 'certificate.', exit: EXIT.config },
  { code: 'content.', exit: EXIT.data },
]

/** The exit code for an error; 70 for what Posthorn did not expect. */
export function exitCodeOf(error: unknown): number {
  if (!(error instanceof PosthornError)) return EXIT.software
  return ROWS.find((row) => fits(row, error))?.exit ?? EXIT.software
}

/**
 * The exit code for a message that somebody got. 75 would make a script send the whole again, and those who have it would get it twice;
 * so whoever is missing makes it 67, and 74 where nobody knows.
 */
export function exitCodeOfReceipt({ deliveries }: MailReceipt): number {
  if (deliveries.some(({ outcome }) => outcome === 'unknown')) return EXIT.unknown
  return deliveries.every(({ outcome }) => outcome === 'delivered') ? EXIT.ok : EXIT.noUser
}

function fits({ code, outcome, replyCodes }: Row, error: PosthornError): boolean {
  if (outcome !== undefined && error.outcome !== outcome) return false
  if (replyCodes !== undefined && !(error.reply && replyCodes.includes(error.reply.code))) return false
  return code === undefined || (/[.-]$/.test(code) ? error.code.startsWith(code) : error.code === code)
}
