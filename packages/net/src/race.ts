import type { Socket } from 'node:net'
import { own, type Attempt } from './attempt.js'
import { connectFailure } from './diagnosis.js'
import type { ResolvedAddress } from './options.js'

/** The Connection Attempt Delay that RFC 8305 5 recommends. */
const ATTEMPT_DELAY_MS = 250

/** The connected socket, and the address it is connected to. */
export interface Winner {
  readonly socket: Socket
  readonly address: string
}

/**
 * Happy Eyeballs, RFC 8305 5: addresses are tried in their order, the next one after a delay or as soon as one has failed; the first to
 * connect wins and the others are closed. A single address needs no timer.
 * @throws {ConnectError} `connect.*` once all have failed
 */
export function race(
  attempt: Attempt,
  addresses: readonly ResolvedAddress[],
  open: (address: ResolvedAddress) => Socket,
  attemptDelayMs = ATTEMPT_DELAY_MS,
): Promise<Winner> {
  return new Promise((resolve, reject) => {
    const waiting = [...addresses]
    const running = new Map<Socket, () => void>()
    let timer: NodeJS.Timeout | undefined

    const stop = () => {
      clearTimeout(timer)
      attempt.signal.removeEventListener('abort', stop)
      waiting.length = 0
      for (const [socket, letGo] of running) {
        letGo()
        socket.destroy()
        attempt.sockets.delete(socket)
      }
      running.clear()
    }

    const startNext = () => {
      clearTimeout(timer)
      const candidate = waiting.shift()
      if (!candidate) return
      start(candidate)
      if (waiting.length > 0) timer = setTimeout(startNext, attemptDelayMs)
    }

    const start = ({ address, family }: ResolvedAddress) => {
      const socket = open({ address, family })
      const won = () => {
        running.get(socket)?.()
        running.delete(socket)
        stop()
        resolve({ socket, address })
      }
      const failed = (error: Error) => {
        attempt.failures.push({ address, error })
        running.get(socket)?.()
        running.delete(socket)
        attempt.sockets.delete(socket)
        if (waiting.length > 0) return startNext()
        if (running.size > 0) return
        stop()
        reject(connectFailure(attempt.failures, attempt.target))
      }
      running.set(socket, () => socket.off('connect', won).off('error', failed))
      socket.on('connect', won).on('error', failed)
      own(attempt, socket)
    }

    attempt.signal.addEventListener('abort', stop)
    startNext()
  })
}
