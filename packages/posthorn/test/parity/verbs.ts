/** The commands among octets on the wire, without what follows DATA or BDAT: content is no command. */
export function commandsIn(octets: string): string[] {
  const lines = octets.split('\r\n').filter((line) => line !== '')
  const end = lines.findIndex((line) => /^(?:DATA|BDAT)/.test(line))
  return end < 0 ? lines : lines.slice(0, end + 1)
}

/** `EHLO, MAIL, RCPT`. */
export const verbsOf = (lines: readonly string[]) => lines.map((line) => line.split(' ')[0]).join(', ')
