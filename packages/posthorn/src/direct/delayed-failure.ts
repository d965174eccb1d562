import { PosthornError } from '@posthorn/ground'
import type { ServerWay } from './server-way.js'

/**
 * The error as a reason to wait, when TLS did not come about although the domain demands it: whoever sits on the way can take STARTTLS away
 * or show another certificate, and must not turn mail back by that. RFC 8461 5.1 and RFC 7672 2.2 have such mail delayed. Any other error is
 * given as it is.
 */
export function delayedAtTls<Failure extends PosthornError>(error: Failure, { demandedBy }: ServerWay): Failure {
  if (demandedBy === undefined || !isAtTls(error)) return error
  const says = `The domain demands TLS by ${demandedBy}: nothing was sent, and the message is delayed; try again later, or tell its postmaster.`
  return delayed(error, says)
}

/** True for a failure of STARTTLS or of the handshake. */
export function isAtTls({ phase }: PosthornError): boolean {
  return phase === 'starttls' || phase === 'tls'
}

/** The same error once more, same class and code, with its receipt; and so the cause that it is a copy of. */
function delayed<Failure extends PosthornError>(error: Failure, hint: string): Failure {
  const { cause, code } = error
  const isCopy = cause instanceof PosthornError && cause.code === code
  return Object.create(Object.getPrototypeOf(error) as object, {
    ...Object.getOwnPropertyDescriptors(error),
    outcome: own('transient'),
    hint: own(hint),
    cause: { ...own(isCopy ? delayed(cause, hint) : cause), enumerable: false },
  }) as Failure
}

function own(value: unknown): PropertyDescriptor {
  return { value, configurable: true, enumerable: true, writable: true }
}
