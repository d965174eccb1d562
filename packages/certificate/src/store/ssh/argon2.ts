import type * as Library from '@noble/hashes/argon2.js'
import { InvariantError } from '@posthorn/ground'
import { step } from '../steps.js'
import type { Steps } from '../steps.js'

type Argon2 = typeof Library

let loaded: Argon2 | undefined

/** The library for Argon2. Few stores need it, and it takes some milliseconds to load, so it is loaded for the first of them. */
export function* argon2(): Steps<Argon2> {
  loaded ??= yield* step(notLoaded, () => import('@noble/hashes/argon2.js'))
  return loaded
}

/** For those who cannot wait for it later. */
export function provideArgon2(library: Argon2): void {
  loaded = library
}

function notLoaded(): never {
  throw new InvariantError('Argon2 is asked for at once and was not loaded before')
}
