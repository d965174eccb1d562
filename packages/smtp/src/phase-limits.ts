import type { Phase } from '@posthorn/ground'
import type { TimeoutOptions } from './options.js'

const MINUTE = 60_000

/** RFC 5321 4.5.3.2: how long a client waits for the reply in each phase, in milliseconds. */
const STANDARD: Partial<Record<Phase, number>> = {
  greeting: 5 * MINUTE,
  mail: 5 * MINUTE,
  rcpt: 5 * MINUTE,
  data: 2 * MINUTE,
  content: 3 * MINUTE,
  final: 10 * MINUTE,
}

const QUIT_MS = 2_000

/** The time allowed for one reply, by phase; with `silentMs` for the silence while it is waited for. */
export function phaseLimits(timeouts: TimeoutOptions): (phase: Phase) => number {
  const { idleMs, finalMs, quitMs = QUIT_MS, silentMs } = timeouts
  return (phase) => {
    if (phase === 'quit') return quitMs || QUIT_MS // 0 does not wait at all
    if (silentMs !== undefined) return silentMs
    if (phase === 'final') return finalLimit({ finalMs })
    return idleMs ?? STANDARD[phase] ?? 5 * MINUTE
  }
}

/** The time allowed for the reply to the end of the content. */
export function finalLimit({ finalMs = STANDARD.final! }: { readonly finalMs?: number | undefined }): number {
  return finalMs
}

/** The time allowed for one block of content to be taken by the other side. */
export function blockLimit({ silentMs, writeMs, idleMs }: TimeoutOptions): number {
  return silentMs ?? writeMs ?? idleMs ?? STANDARD.content!
}

/** The time allowed for a token function, which is not the other side: as long as a reply to AUTH may take by its own time. */
export function tokenLimit({ idleMs }: TimeoutOptions = {}): number {
  return phaseLimits(idleMs === undefined ? {} : { idleMs })('auth')
}
