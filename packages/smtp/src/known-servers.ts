import type { Reply } from '@posthorn/ground'
import type { Extensions } from './extensions.js'

// The one place where what is known of a server, and not what it offers, changes what is said to it.

/**
 * Whether the server dies of an envelope behind a content, which RFC 2920 3.1 allows: Dovecot's submission service (seen with 2.3.19) takes
 * the message, hands it on, and then fails an assertion of its own (`pending_rcpt_cmds == 0`) in place of the final reply, so that nobody
 * knows what became of it. It is told by its greeting, or by BURL (RFC 4468), which hardly anybody else offers.
 */
export function diesOfRiding(greeting: Reply | undefined, extensions: Extensions): boolean {
  return extensions.has('BURL') || /\bDovecot\b/i.test(greeting?.lines[0] ?? '')
}
