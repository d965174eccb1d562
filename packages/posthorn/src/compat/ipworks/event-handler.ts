import { nearName } from '@posthorn/ground'
import { invalidArgument } from './ipworks-error.js'
import { EVENTS } from './table/events.js'

/**
 * That the event exists: who waits for `error`, or for a name with a slip in it, would never hear of it.
 * @param method for the text, such as `on()`
 * @throws {IPWorksError} 10022 that names the event that was meant
 * @source rows ipworks.event.Error, ipworks.behaviour.api-shape
 */
export function checkEvent(event: unknown, method: string): void {
  if (typeof event === 'string' && Object.hasOwn(EVENTS, event)) return
  const near = nearName(String(event), Object.keys(EVENTS))
  throw invalidArgument(
    method,
    `knows no event ${JSON.stringify(String(event))}${near ? `; did you mean ${near}?` : ''}`,
  )
}

/** As `checkEvent`, and that the handler can be called. @throws {IPWorksError} 10022 */
export function checkHandler(event: unknown, handler: unknown, method: string): void {
  checkEvent(event, method)
  if (typeof handler !== 'function') throw invalidArgument(method, `takes a function to call for ${String(event)}`)
}
