import { PropertyAccessors } from './accessors.js'
import { checkEvent, checkHandler } from './event-handler.js'
import type { EventQueue } from './event-queue.js'
import { invalidArgument } from './ipworks-error.js'
import type { ComponentEvents, EventName } from './table/events.js'

type Handler<N extends EventName> = (event: ComponentEvents[N]) => unknown

/** By component, as what the accessors read. */
const queues = new WeakMap<object, EventQueue<ComponentEvents>>()

/**
 * How handlers of events are put in and taken out, as an EventEmitter of Node.js has it. A handler that returns a promise makes what follows wait.
 * @source row ipworks.behaviour.api-shape
 */
export class EventMethods extends PropertyAccessors {
  /** Calls back for every event. @throws {IPWorksError} 10022 for an event that is none, as each of these methods */
  on<N extends EventName>(event: N, handler: Handler<N>): this {
    checkHandler(event, handler, 'on()')
    queueOf(this).on(event, handler)
    return this
  }

  /** Calls back for the next event, and for none after that. */
  once<N extends EventName>(event: N, handler: Handler<N>): this {
    checkHandler(event, handler, 'once()')
    queueOf(this).once(event, handler)
    return this
  }

  /** Takes out what `on` or `once` put in: of a handler that was put in twice, one. */
  off<N extends EventName>(event: N, handler: Handler<N>): this {
    checkHandler(event, handler, 'off()')
    queueOf(this).off(event, handler)
    return this
  }

  /** As `on`. */
  addListener<N extends EventName>(event: N, handler: Handler<N>): this {
    return this.on(event, handler)
  }

  /** As `off`. */
  removeListener<N extends EventName>(event: N, handler: Handler<N>): this {
    return this.off(event, handler)
  }

  /** Takes out all handlers of an event, or of every event. */
  removeAllListeners(event?: EventName): this {
    if (event !== undefined) checkEvent(event, 'removeAllListeners()')
    queueOf(this).clear(event)
    return this
  }
}

/** Binds the methods of a component; called once, by its constructor. */
export function bindEvents(component: object, queue: EventQueue<ComponentEvents>): void {
  queues.set(component, queue)
}

function queueOf(component: object): EventQueue<ComponentEvents> {
  const queue = queues.get(component)
  if (queue) return queue
  throw invalidArgument('The event', 'belongs to a component; call the method on one that was made with new SMTP()')
}
