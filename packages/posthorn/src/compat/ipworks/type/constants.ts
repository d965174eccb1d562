/** A class with constants on it, as the editions have them; nobody can change one for everybody else. */
export function withConstants<T extends object, C extends object>(made: T, constants: C | undefined): T & C {
  for (const [name, value] of Object.entries(constants ?? {}))
    Object.defineProperty(made, name, { value, enumerable: true })
  return made as T & C
}
