import type { ConnectError } from '@posthorn/ground'
import type { Socket } from 'node:net'
import { aborted, timedOut, type AddressFailure, type Step, type Target } from './diagnosis.js'
import { proxyAborted, proxyTimedOut, type ProxyProgress } from './proxy/proxy-error.js'

/** The longest timer Node has; it fires at once for anything longer. */
const MAX_TIMER_MS = 2_147_483_647

/** What is known and owned while a connection is being made; all of it is gone when the attempt fails. */
export interface Attempt {
  readonly target: Target
  /** Where we are: it decides what a deadline or an abort is called. `proxy` until the proxy has opened the way. */
  step: Step | 'proxy'
  /** Set in step `proxy`. */
  proxy?: ProxyProgress
  /** Aborted when the attempt fails, for whatever reason. */
  readonly signal: AbortSignal
  /** Every socket opened so far; destroyed when the attempt fails. */
  readonly sockets: Set<Socket>
  /** Addresses that failed so far. */
  readonly failures: AddressFailure[]
}

export interface Limits {
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
}

/**
 * Runs `work` under one deadline and one abort signal. The promise settles the moment one of them strikes; by then every socket of the
 * attempt is destroyed, its timer cleared and its listener taken off the caller's signal.
 */
export async function runAttempt<S extends Socket>(
  target: Target,
  step: Attempt['step'],
  { timeoutMs, signal }: Limits,
  work: (attempt: Attempt) => Promise<S>,
): Promise<S> {
  const over = new AbortController()
  const attempt: Attempt = { target, step, signal: over.signal, sockets: new Set(), failures: [] }
  if (signal?.aborted) throw gaveUp(attempt, signal.reason)

  let timer: NodeJS.Timeout | undefined
  let onAbort = () => {}
  const cut = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(tooLate(attempt, timeoutMs)), Math.min(timeoutMs, MAX_TIMER_MS))
    onAbort = () => reject(gaveUp(attempt, signal?.reason))
    signal?.addEventListener('abort', onAbort, { once: true })
  })
  try {
    return await Promise.race([cut, work(attempt)])
  } catch (error) {
    // TLS before its stream: the other way round Node frees the TLS state while OpenSSL is still in the call that brought us here.
    // And before the signal, which a connector may have given to its stream.
    for (const socket of [...attempt.sockets].reverse()) socket.destroy()
    over.abort(error)
    throw error
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', onAbort)
  }
}

/** Makes the socket part of the attempt. It keeps a no-op `error` listener, so that a late error cannot end the process. */
export function own(attempt: Attempt, socket: Socket): void {
  if (!socket.listeners('error').includes(ignore)) socket.on('error', ignore)
  attempt.sockets.add(socket)
  if (attempt.signal.aborted) socket.destroy()
}

function tooLate({ step, proxy = UNKNOWN, target, failures }: Attempt, timeoutMs: number): ConnectError {
  return step === 'proxy' ? proxyTimedOut(proxy, target, timeoutMs) : timedOut({ step, target, failures }, timeoutMs)
}

function gaveUp({ step, proxy = UNKNOWN, target, failures }: Attempt, reason: unknown): ConnectError {
  return step === 'proxy' ? proxyAborted(proxy, target, reason) : aborted({ step, target, failures }, reason)
}

const UNKNOWN: ProxyProgress = { name: 'of the settings', doing: 'looking for it' }

function ignore(): void {}
