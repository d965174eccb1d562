import { PosthornError } from '@posthorn/ground'
import { SmtpClient, type SmtpOptions, type TrailEvent } from '@posthorn/smtp'
import type { CandidateSettings, Verification } from './discovery.js'
import { oneLine, type Steps } from './steps.js'

/** For connecting with TLS, and for each answer. */
const PATIENCE_MS = 6_000

/** How the server is reached. */
export type VerifyRoad = Omit<SmtpOptions, 'host' | 'port' | 'security' | 'credentials' | 'timeouts'>

/**
 * Connects to a server and says EHLO inside TLS, whose certificate must fit the host; then QUIT. With STARTTLS an EHLO and STARTTLS go before it,
 * as there is no other way. No credentials are sent, no mail. Never rejects.
 */
export async function verify(
  { host, port, security }: Pick<CandidateSettings, 'host' | 'port' | 'security'>,
  road: VerifyRoad,
  steps: Steps,
  signal: AbortSignal,
): Promise<Verification> {
  const end = steps.begin('connect', `${host}:${port} (${security})`)
  const startedAt = performance.now()
  const passed = () => Math.round(performance.now() - startedAt)
  let tls: string | undefined
  let greeted = false
  const note = (event: TrailEvent) => {
    if (event.type === 'tls' && event.to === 'server') tls = `${event.protocol}, ${event.subject}`
    if (event.type === 'reply' && event.phase === 'greeting') greeted = true
  }
  let client: SmtpClient | undefined
  try {
    client = new SmtpClient({
      ...road,
      host,
      port,
      security,
      timeouts: { connectMs: PATIENCE_MS, idleMs: PATIENCE_MS, quitMs: 500 },
    })
    client.on('trail', note)
    const session = await client.session({ signal })
    const { mechanisms } = session.extensions
    await session.quit()
    end({ status: 'found', answer: `${tls ?? 'TLS'}; ${mechanisms.length > 0 ? mechanisms.join(' ') : 'no AUTH'}` })
    return { ok: true, greeted: true, ...(tls === undefined ? {} : { tls: oneLine(tls) }), mechanisms, ms: passed() }
  } catch (error) {
    const problem =
      error instanceof PosthornError
        ? { code: error.code, message: oneLine(error.message) }
        : { code: 'discover.unexpected', message: 'an unexpected error' }
    end({ status: greeted ? 'refused' : 'failed', answer: signal.aborted ? 'the time was over' : problem.message })
    return { ok: false, greeted, problem, ms: passed() }
  } finally {
    await client?.close({ now: true })
  }
}
