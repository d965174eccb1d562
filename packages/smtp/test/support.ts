import { setImmediate } from 'node:timers/promises'
import type { SinkServer } from '@posthorn/testkit'
import {
  isSendFailure,
  SmtpClient,
  type Receipt,
  type SmtpOptions,
  type SmtpSession,
  type Submission,
  type SendOptions,
} from '../src/index.js'

/** A client for a server in this process: no TLS, a name that needs no look-up. */
export function clientFor(server: { readonly port: number }, options: Partial<SmtpOptions> = {}): SmtpClient {
  return new SmtpClient({
    host: '127.0.0.1',
    port: server.port,
    security: 'none',
    localName: 'client.example.test',
    ...options,
  })
}

/** The receipt of a send, whether it resolves or rejects. Any error without one is a defect. */
export async function receiptOf(
  on: Pick<SmtpSession, 'send'>,
  submission: Submission,
  options?: SendOptions,
): Promise<Receipt> {
  try {
    return await on.send(submission, options)
  } catch (error) {
    if (isSendFailure(error)) return error.receipt
    throw error
  }
}

/** How often each recipient got something, by the server's ledger. */
export function takenCount(server: SinkServer): Map<string, number> {
  const count = new Map<string, number>()
  for (const { recipients } of server.ledger)
    for (const recipient of recipients) count.set(recipient, (count.get(recipient) ?? 0) + 1)
  return count
}

/**
 * What a receipt says against what the server did: delivered means once, refused and notSent mean never, unknown at most once.
 * @returns a sentence for each contradiction
 */
export function contradictions(receipt: Receipt, taken: ReadonlyMap<string, number>): string[] {
  return receipt.deliveries.flatMap(({ recipient, outcome }) => {
    const times = taken.get(recipient) ?? 0
    const fits = outcome === 'delivered' ? times === 1 : outcome === 'unknown' ? times <= 1 : times === 0
    return fits ? [] : [`${recipient} is ${outcome} and was taken ${times} times`]
  })
}

/** Waits, without a clock, until a condition of this process holds. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await setImmediate()
}
