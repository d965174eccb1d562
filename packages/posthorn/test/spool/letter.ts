import type { Envelope, Submission } from '@posthorn/smtp'

/** A small message to these recipients. */
export function letter(recipients: Envelope['recipients'] = ['b@example.test'], subject = 'x'): Submission {
  return { envelope: { reversePath: 'a@example.test', recipients }, content: `Subject: ${subject}\r\n\r\nhello\r\n` }
}
