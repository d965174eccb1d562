import { nearName } from '@posthorn/ground'
import { invalidArgument } from './ipworks-error.js'
import { EVENTS } from './table/events.js'

/**
 * That the event exists and the handler can be called: one that waits for `error`, or for a name with a slip in it, would never be heard of again.
 * @throws {IPWorksError} 10022 that names the event that was meant
 * @source rows ipworks.event.Error, ipworks.behaviour.api-shape
 */
export function checkHandler(event: unknown, handler: unknown): void {
  if (typeof event !== 'string' || !Object.hasOwn(EVENTS, event)) {
    const near = nearName(String(event), Object.keys(EVENTS))
    throw invalidArgument('on()', `knows no event ${JSON.stringify(event)}${near ? `; did you mean ${near}?` : ''}`)
  }
  if (typeof handler !== 'function') throw invalidArgument('on()', `takes a function to call for ${event}`)
}
