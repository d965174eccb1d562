import type { PosthornError } from '@posthorn/ground'
import { endedByAnother, endedByQuit } from './fault.js'
import type { Session } from './session.js'

/** Why nothing more goes out on a session of a caller's own; undefined while something may. */
export function sessionEnd({ wire, ending, cutShort }: Session): PosthornError | undefined {
  const { failure } = wire
  if (failure) return cutShort ? endedByAnother(failure) : failure
  return ending ? endedByQuit() : undefined
}
