import { answer, type Callback } from './callback.js'
import {
  AuthMechanism,
  Importance,
  Priority,
  PROPERTIES,
  Sensitivity,
  SSLProvider,
  SSLStartMode,
  type PropertyName,
  type PropertyValue,
} from './table/properties.js'
import { invalidArgument } from './ipworks-error.js'
import { withConstants } from './type/constants.js'
import type { MessageRecipient } from './type/message-recipient.js'
import type { MessageRecipientList } from './type/message-recipient-list.js'

type Table = typeof PROPERTIES
type WritableName = { [N in PropertyName]: Table[N]['writable'] extends true ? N : never }[PropertyName]
type BooleanName = { [N in PropertyName]: PropertyValue<N> extends boolean ? N : never }[PropertyName]

/** What a property can be set to: octets as text, too, and a list as an array. */
export type Settable<N extends PropertyName> =
  PropertyValue<N> extends Buffer
    ? Uint8Array | string
    : PropertyValue<N> extends MessageRecipientList
      ? readonly (MessageRecipient | string)[]
      : PropertyValue<N>

/** `smtp.mailServer`, `smtp.MailServer`, `smtp.getMailServer()`, `smtp.setMailServer()`, and for switches `smtp.isConnected()`, for every row of the table. */
export type Accessors = {
  -readonly [N in WritableName as Table[N]['accessor']]: PropertyValue<N>
} & {
  readonly [N in Exclude<PropertyName, WritableName> as Table[N]['accessor']]: PropertyValue<N>
} & {
  -readonly [N in WritableName]: PropertyValue<N>
} & {
  readonly [N in Exclude<PropertyName, WritableName>]: PropertyValue<N>
} & {
  [N in PropertyName as `get${N}`]: (callback?: Callback<PropertyValue<N>>) => PropertyValue<N>
} & {
  [N in BooleanName as `is${N}`]: (callback?: Callback<PropertyValue<N>>) => PropertyValue<N>
} & {
  [N in WritableName as `set${N}`]: (value: Settable<N>, callback?: Callback<void>) => void
}

/** What the accessors read and write. */
export interface PropertyAccess {
  read(name: PropertyName): unknown
  /** @throws {IPWorksError} */
  write(name: PropertyName, value: unknown): void
}

/** By component; nothing of it can be seen from outside, the password least of all. */
const accesses = new WeakMap<object, PropertyAccess>()

/** Binds the accessors of a component; called once, by its constructor. */
export function bindAccess(component: object, access: PropertyAccess): void {
  accesses.set(component, access)
}

const CONSTANTS = {
  ...AuthMechanism,
  ...Importance,
  ...Priority,
  ...Sensitivity,
  ...SSLProvider,
  ...SSLStartMode,
}

/** The base of the class: an accessor and its methods for each property, and the constants of their values. */
export const PropertyAccessors = base()

function base(): (new () => Accessors) & typeof CONSTANTS {
  const made = class {}
  for (const name of Object.keys(PROPERTIES) as PropertyName[]) define(made.prototype, name)
  return withConstants(made, CONSTANTS) as unknown as (new () => Accessors) & typeof CONSTANTS
}

/** @throws {IPWorksError} 10022 for what is no component, such as a method that was taken off it */
function accessOf(component: object, name: PropertyName): PropertyAccess {
  const access = accesses.get(component)
  if (access) return access
  throw invalidArgument(name, 'belongs to a component; call it on one that was made with new SMTP()')
}

function define(prototype: object, name: PropertyName): void {
  const { accessor, writable, row } = PROPERTIES[name]
  const get = (component: object): unknown => accessOf(component, name).read(name)
  const set = (component: object, value: unknown): void => accessOf(component, name).write(name, value)
  const getter = function (this: object, callback?: Callback<unknown>): unknown {
    return answer(callback, () => get(this))
  }
  // spelt as in another edition it must not become a property of its own, which changes nothing
  for (const spelling of new Set([accessor, name, name[0]!.toLowerCase() + name.slice(1)])) {
    Object.defineProperty(prototype, spelling, {
      configurable: true,
      get(this: object) {
        return accesses.get(this)?.read(name) // whoever looks through a prototype finds no value
      },
      ...(writable
        ? {
            set(this: object, value: unknown) {
              set(this, value)
            },
          }
        : {}),
    })
  }
  const methods: Record<string, unknown> = { [`get${name}`]: getter }
  if (row.type === 'boolean') methods[`is${name}`] = getter
  if (writable) {
    methods[`set${name}`] = function (this: object, value: unknown, callback?: Callback<void>): void {
      answer(callback, () => set(this, value))
    }
  }
  for (const [method, value] of Object.entries(methods)) {
    Object.defineProperty(prototype, method, { configurable: true, writable: true, value })
  }
}
