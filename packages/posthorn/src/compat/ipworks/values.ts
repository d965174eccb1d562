import { IPWorksError } from './ipworks-error.js'
import { CONFIG, type ConfigName, type ConfigValue } from './table/config-settings.js'
import { errorText } from './table/errors.js'
import { PROPERTIES, type PropertyName, type PropertyValue } from './table/properties.js'
import type { Row } from './table/row.js'

/** The properties that become a field of the header, and are emptied by `resetHeaders()`. */
const OF_THE_HEADER: readonly PropertyName[] = [
  ...(['From', 'ReplyTo', 'Subject', 'Priority', 'Importance', 'Sensitivity', 'DeliveryNotificationTo'] as const),
  ...(['ReadReceiptTo', 'OtherHeaders', 'MessageDate', 'MessageId', 'MessageRecipients'] as const),
]

/** What is kept where nothing was said: read like what was said, without a call. */
const PROPERTY_DEFAULTS = defaultsOf(PROPERTIES)
const CONFIG_DEFAULTS = defaultsOf(CONFIG)

/** What the caller has set: every property and setting that is kept, with the default of its row where nothing was said. */
export class ComponentValues {
  readonly #isLocked: () => boolean
  #properties: Record<string, unknown> = Object.create(PROPERTY_DEFAULTS) as Record<string, unknown>
  #config: Record<string, unknown> = Object.create(CONFIG_DEFAULTS) as Record<string, unknown>

  /** @param isLocked true while a connection stands or is made */
  constructor(isLocked: () => boolean) {
    this.#isLocked = isLocked
  }

  property<N extends PropertyName>(name: N): PropertyValue<N> {
    const kept = this.#properties[name]
    if (kept !== undefined) return kept as PropertyValue<N>
    const initial = PROPERTIES[name].row.initial()
    this.#properties[name] = initial // the caller may change it in place
    return initial as PropertyValue<N>
  }

  /** @throws {IPWorksError} 10022; 100, 101, 107 while connected */
  setProperty(name: PropertyName, value: unknown): void {
    const row: Row = PROPERTIES[name].row
    this.#refuseWhileLocked(row, name)
    this.#properties[name] = row.check(value, name)
  }

  config<N extends ConfigName>(name: N): ConfigValue<N> {
    return this.#config[name] as ConfigValue<N>
  }

  /** @throws {IPWorksError} 10022; 106, 107, 112 while connected */
  setConfig(name: ConfigName, value: unknown): void {
    const row: Row = CONFIG[name].row
    this.#refuseWhileLocked(row, name)
    this.#config[name] = row.check(value, name)
  }

  /** True when it was set since the last `reset()`. */
  isSet(name: ConfigName): boolean {
    return Object.hasOwn(this.#config, name)
  }

  reset(): void {
    this.#properties = Object.create(PROPERTY_DEFAULTS) as Record<string, unknown>
    this.#config = Object.create(CONFIG_DEFAULTS) as Record<string, unknown>
  }

  resetHeaders(): void {
    for (const name of OF_THE_HEADER) delete this.#properties[name]
  }

  #refuseWhileLocked({ locked }: Row, name: PropertyName | ConfigName): void {
    if (locked === undefined || !this.#isLocked()) return
    const problem = `${name} cannot change while connected or connecting; call disconnect() first`
    throw new IPWorksError(locked, `${errorText(locked)}: ${problem}`)
  }
}

/** Those that nobody can change in place. */
function defaultsOf(table: Readonly<Record<string, { readonly row: Row }>>): object {
  const rows = Object.entries(table).map(([name, { row }]) => [name, row] as const)
  const plain = rows.filter(([, { type }]) => type !== 'object' && type !== 'octets')
  return Object.fromEntries(plain.map(([name, row]) => [name, row.initial()]))
}
