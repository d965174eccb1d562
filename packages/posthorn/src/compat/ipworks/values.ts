import { IPWorksError } from './ipworks-error.js'
import { CONFIG, type ConfigName, type ConfigValue } from './table/config-settings.js'
import { PROPERTIES, type PropertyName, type PropertyValue } from './table/properties.js'
import type { Row } from './table/row.js'

/** The properties that become a field of the header, and are emptied by `resetHeaders()`. */
const OF_THE_HEADER: readonly PropertyName[] = [
  ...(['From', 'ReplyTo', 'Subject', 'Priority', 'Importance', 'Sensitivity', 'DeliveryNotificationTo'] as const),
  ...(['ReadReceiptTo', 'OtherHeaders', 'MessageDate', 'MessageId', 'MessageRecipients'] as const),
]

const LOCKS: Readonly<Record<number, string>> = {
  100: 'MailPort',
  101: 'MailServer',
  106: 'LocalPort',
  107: 'LocalHost',
  112: 'MaxLineLength',
}

/** What the caller has set: every property and setting that is kept, with the default of its row where nothing was said. */
export class ComponentValues {
  readonly #isLocked: () => boolean
  #properties = new Map<PropertyName, unknown>()
  #config = new Map<ConfigName, unknown>()

  /** @param isLocked true while a connection stands or is made */
  constructor(isLocked: () => boolean) {
    this.#isLocked = isLocked
  }

  property<N extends PropertyName>(name: N): PropertyValue<N> {
    const kept = this.#properties.get(name)
    if (kept !== undefined) return kept as PropertyValue<N>
    const initial = PROPERTIES[name].row.initial()
    if (typeof initial === 'object') this.#properties.set(name, initial) // the caller may change it in place
    return initial as PropertyValue<N>
  }

  /** @throws {IPWorksError} 10022; 100, 101, 107 while connected */
  setProperty(name: PropertyName, value: unknown): void {
    const row: Row = PROPERTIES[name].row
    this.unlocked(row)
    this.#properties.set(name, row.check(value, name))
  }

  config<N extends ConfigName>(name: N): ConfigValue<N> {
    const kept = this.#config.get(name)
    return (kept !== undefined ? kept : CONFIG[name].row.initial()) as ConfigValue<N>
  }

  /** @throws {IPWorksError} 10022; 106, 107, 112 while connected */
  setConfig(name: ConfigName, value: unknown): void {
    const row: Row = CONFIG[name].row
    this.unlocked(row)
    this.#config.set(name, row.check(value, name))
  }

  /** True when it was set since the last `reset()`. */
  isSet(name: ConfigName): boolean {
    return this.#config.has(name)
  }

  /** @throws {IPWorksError} the number of the row when it cannot change now */
  unlocked({ locked }: Row): void {
    if (locked === undefined || !this.#isLocked()) return
    throw new IPWorksError(
      locked,
      `${LOCKS[locked]!} cannot change while connected or connecting; call disconnect() first`,
    )
  }

  reset(): void {
    this.#properties = new Map()
    this.#config = new Map()
  }

  resetHeaders(): void {
    for (const name of OF_THE_HEADER) this.#properties.delete(name)
  }
}
