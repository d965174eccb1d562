import { PosthornError } from '@posthorn/ground'
import { systemErrorOf } from '@posthorn/net'
import { printable } from './printable.js'

/** Of the resolver: Winsock has them, and Node calls them otherwise. */
const RESOLVER: Readonly<Record<string, readonly [number, string]>> = {
  'resolve.not-found': [11001, 'Host not found'],
  'resolve.failed': [11002, 'Host not found, try again'],
  'resolve.timeout': [11002, 'Host not found, try again'],
}

/**
 * What the log of BeyondTrust has about a connection test that failed, line by line. The number is that of Winsock where the system gave
 * an error (11001: unknown host), the reply code where the server said no, and our own code otherwise.
 * @source BeyondTrust, Test Connection
 */
export function connectionLogLines(error: unknown): readonly [string, string, string] {
  const [code, text] = numbered(error)
  return [
    `SetMailServer error: ${code}, [${code}] ${text}`,
    'Failed to fill SMTP settings',
    `Failed to send email message error: ${text}.`,
  ]
}

function numbered(error: unknown): readonly [number | string, string] {
  const known = error instanceof PosthornError ? error : undefined
  const resolver = known && RESOLVER[known.code]
  if (resolver) return resolver
  const system = systemErrorOf(error)
  if (system) return [system.number, system.text.charAt(0).toUpperCase() + system.text.slice(1)]
  if (known?.reply) return [known.reply.code, sentence(known.reply.lines.join(' '))]
  return [known?.code ?? 'unknown', sentence(error instanceof Error ? error.message : String(error))]
}

/** On one line, without the full stop that the form itself ends with. */
function sentence(text: string): string {
  return printable(text, 500).replace(/\.$/, '')
}
