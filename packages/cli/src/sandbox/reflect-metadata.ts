type Metadata = Map<unknown, unknown>

/** What `@peculiar/x509` asks of the global `Reflect` through its dependency container, and Node does not have. */
interface ReflectWithMetadata {
  defineMetadata?: (key: unknown, value: unknown, target: object) => void
  getOwnMetadata?: (key: unknown, target: object) => unknown
  getMetadata?: (key: unknown, target: object) => unknown
}

/** Adds the three functions unless they are there. For whole targets only; a polyfill package for this would be one more dependency. */
export function addReflectMetadata(): void {
  const reflect = Reflect as ReflectWithMetadata
  if (reflect.getMetadata) return
  const known = new WeakMap<object, Metadata>()
  reflect.defineMetadata = (key, value, target) => {
    known.set(target, (known.get(target) ?? new Map<unknown, unknown>()).set(key, value))
  }
  reflect.getOwnMetadata = (key, target) => known.get(target)?.get(key)
  reflect.getMetadata = (key, target) => {
    let at: object | null = target
    while (at !== null && !known.get(at)?.has(key)) at = Object.getPrototypeOf(at) as object | null
    return at === null ? undefined : known.get(at)?.get(key)
  }
}
