import type { SmtpClient, TrailEvent } from '@posthorn/smtp'

/** What carries mail: the client of one relay, or of all of them, or of a folder. */
export interface MailClient extends Pick<SmtpClient, 'send' | 'verify' | 'close' | 'counts'> {
  on(event: 'trail', listener: (event: TrailEvent) => void): unknown
  off(event: 'trail', listener: (event: TrailEvent) => void): unknown
}
