import type { ImportFormat } from './import.js'

/** Every format that can be imported, in the order in which a text is tried on them. */
export const FORMATS: readonly ImportFormat[] = []
