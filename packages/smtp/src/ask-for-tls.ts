import { ConnectError } from '@posthorn/ground'
import { speaksTls } from '@posthorn/net'
import type { SettledOptions } from './settled-options.js'

/** A port that is silent for so long on a connection without TLS is asked. */
const SILENT_MS = 2_000
const ANSWER_MS = 5_000

/**
 * A port that waits for TLS never greets in the clear: asks it on a second connection, instead of waiting for the time-out of the greeting.
 * @param found told when the port speaks TLS
 * @returns ends the asking
 */
export function askForTls(
  { host, port, family, localAddress, resolve, proxy, connector }: SettledOptions,
  signal: AbortSignal,
  found: (error: ConnectError) => void,
): () => void {
  const stop = new AbortController()
  const road = { host, port, family, localAddress, resolve, proxy, connector }
  const ask = async (): Promise<void> => {
    const isTls = await speaksTls({ ...road, timeoutMs: ANSWER_MS, signal: AbortSignal.any([signal, stop.signal]) })
    if (!isTls || stop.signal.aborted) return
    found(
      new ConnectError('tls.expected', `port ${port} of ${host} expects TLS from the first octet`, {
        phase: 'greeting',
        outcome: 'permanent',
        hint: "Use security 'implicit' on this port, or the port for STARTTLS (587).",
      }),
    )
  }
  // an answer only adds knowledge; without one the time-out decides
  const timer = setTimeout(() => void ask().catch(() => {}), SILENT_MS).unref()
  return () => {
    clearTimeout(timer)
    stop.abort()
  }
}
