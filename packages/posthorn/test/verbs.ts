import type { SinkSessionRecord } from '@posthorn/testkit'

/** `EHLO, AUTH PLAIN, MAIL, RCPT`: the verbs of commands; AUTH with its mechanism. */
export function verbsOf(commands: readonly string[]): string {
  const words = commands.map((line) => line.split(' '))
  return words.map(([verb, mechanism]) => (verb === 'AUTH' ? `${verb} ${mechanism}` : verb)).join(', ')
}

/** The verbs of the commands that went in the clear, without what follows DATA or BDAT: content is no command. Empty when TLS came first. */
export function verbsInClear(session: SinkSessionRecord): string {
  if (beganTls(session)) return ''
  const octets = session.clearOctets.toString('latin1')
  const lines = octets.split('\r\n').filter((line) => line !== '')
  const end = lines.findIndex((line) => /^(?:DATA|BDAT)/.test(line))
  return verbsOf(end < 0 ? lines : lines.slice(0, end + 1))
}

/**
 * True for TLS to a server that knows none. A handshake record begins with 22 (RFC 8446 5.1), no command does; what the server takes for
 * lines behind it are random octets.
 */
export function beganTls({ clearOctets }: SinkSessionRecord): boolean {
  return clearOctets[0] === 22
}
