import type { LogLevel, WrittenEntry } from '../log-entry.js'

/** By name (RFC 5424 6.2.1). */
export const FACILITIES = {
  ...{ kern: 0, user: 1, mail: 2, daemon: 3, auth: 4, syslog: 5, lpr: 6, news: 7, uucp: 8, cron: 9, authpriv: 10 },
  ...{ ftp: 11, local0: 16, local1: 17, local2: 18, local3: 19, local4: 20, local5: 21, local6: 22, local7: 23 },
} as const

export type Facility = keyof typeof FACILITIES

const SEVERITIES: Readonly<Record<LogLevel, number>> = { error: 3, warn: 4, info: 6, debug: 7 }

/** What stands in front of every message of a process. */
export interface SyslogSource {
  readonly facility: Facility
  readonly hostName: string
  readonly appName: string
  readonly processId: number
}

/** A private name needs the number of an enterprise; this one is set aside for those that have none (RFC 5612). */
const SD_ID = 'posthorn@32473'
const BOM = '\ufeff'

/**
 * One message of RFC 5424: the facts as structured data, the sentence as UTF-8 behind a byte order mark.
 * @param maxOctets facts that do not fit go first, from the last; then the end of the sentence, between two characters
 */
export function syslogMessage(entry: WrittenEntry, source: SyslogSource, maxOctets: number): Buffer {
  const priority = FACILITIES[source.facility] * 8 + SEVERITIES[entry.level]
  const header = [
    `<${priority}>1`,
    entry.at.toISOString(),
    printUsAscii(source.hostName, 255),
    printUsAscii(source.appName, 48),
    printUsAscii(String(source.processId), 128),
    printUsAscii(entry.event, 32),
  ].join(' ')
  const frameOctets = Buffer.byteLength(header) + Buffer.byteLength(`   ${BOM}`)
  // the sentence gets at least half of the room, or what it needs
  const room = maxOctets - frameOctets
  const sentenceOctets = Math.min(Buffer.byteLength(entry.text), Math.floor(room / 2))
  const data = structuredData(entry.facts, room - sentenceOctets)
  return Buffer.concat([
    Buffer.from(`${header} ${data} ${BOM}`),
    cutUtf8(entry.text, maxOctets - frameOctets - Buffer.byteLength(data) + 1),
  ])
}

/** RFC 5424 6.3. */
function structuredData(facts: WrittenEntry['facts'], maxOctets: number): string {
  let text = `[${SD_ID}`
  let any = false
  for (const [name, value] of Object.entries(facts)) {
    const parameter = ` ${printUsAscii(name, 32).replace(/[=\]"]/g, '_')}="${String(value).replace(/["\\\]]/g, '\\$&')}"`
    if (Buffer.byteLength(text + parameter) + 1 > maxOctets) break
    text += parameter
    any = true
  }
  return any ? `${text}]` : '-'
}

/** Visible US-ASCII, at most so many; a hyphen for nothing. */
function printUsAscii(text: string, limit: number): string {
  return text.replace(/[^\x21-\x7e]/g, '_').slice(0, limit) || '-'
}

/** At most so many octets of a text, whole characters only. */
function cutUtf8(text: string, maxOctets: number): Buffer {
  const octets = Buffer.from(text, 'utf8')
  if (octets.length <= maxOctets) return octets
  let end = Math.max(0, maxOctets)
  while (end > 0 && (octets[end]! & 0xc0) === 0x80) end--
  return octets.subarray(0, end)
}
