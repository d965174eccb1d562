import type { TrailEvent } from '@posthorn/smtp'

/** The lines of an event of the trail, as people read a dialogue: `>` is ours, `<` the server's, `*` what happened besides. Not escaped. */
export function trailLines(event: TrailEvent): readonly string[] {
  switch (event.type) {
    case 'command':
      return [`> ${event.line}`]
    case 'reply': {
      const { code, lines } = event.reply
      const last = lines.length - 1
      return lines.length === 0 ? [`< ${code}`] : lines.map((line, at) => `< ${code}${at < last ? '-' : ' '}${line}`)
    }
    case 'content':
      return event.done ? [`> (${event.octets} octets of content)`] : []
    case 'close':
      return [`* closed: ${event.reason}`]
    default:
      return [`* ${wayText(event)}`]
  }
}

/** What happened on the way to the server, in a sentence. */
export function wayText(
  event: Extract<TrailEvent, { type: 'resolve' | 'connect' | 'proxy' | 'tls' | 'note' }>,
): string {
  switch (event.type) {
    case 'resolve':
      return `${event.host} is at ${event.addresses.join(', ')}`
    case 'connect':
      return `connected to ${endpoint(event.address, event.port)}`
    case 'proxy':
      return `the proxy ${event.proxy} at ${endpoint(event.address, event.port)} has opened the way`
    case 'tls': {
      const who = event.verified ? 'verified' : `not verified: ${event.unverified ?? 'the check is switched off'}`
      return `${event.protocol} with the ${event.to}, ${event.cipher}, ${who}; ${event.subject}`
    }
    case 'note':
      return event.text
  }
}

function endpoint(address: string, port: number): string {
  return `${address.includes(':') ? `[${address}]` : address}:${port}`
}
