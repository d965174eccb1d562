/** The three functions of the Reflect metadata proposal that `@peculiar/x509` asks for through its dependency container. */
interface ReflectMetadata {
  defineMetadata?: (key: unknown, value: unknown, target: object) => void
  getOwnMetadata?: (key: unknown, target: object) => unknown
  getMetadata?: (key: unknown, target: object) => unknown
}

/**
 * Gives the global `Reflect` those functions unless something has given them before. The container refuses to load without them, and a
 * whole polyfill package for three functions would be one more dependency. Only targets are supported, not their properties.
 */
export function provideReflectMetadata(): void {
  const reflect = Reflect as ReflectMetadata
  if (reflect.getMetadata !== undefined) return
  const stores = new WeakMap<object, Map<unknown, unknown>>()
  const own = (key: unknown, target: object): unknown => stores.get(target)?.get(key)
  reflect.defineMetadata = (key, value, target) => {
    const store = stores.get(target) ?? new Map<unknown, unknown>()
    store.set(key, value)
    stores.set(target, store)
  }
  reflect.getOwnMetadata = own
  reflect.getMetadata = (key, target) => {
    for (let at: object | null = target; at !== null; at = Object.getPrototypeOf(at) as object | null) {
      const value = own(key, at)
      if (value !== undefined) return value
    }
    return undefined
  }
}
