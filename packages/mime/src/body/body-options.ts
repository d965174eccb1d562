import type { Access } from '../access.js'
import { DEFAULT_STYLE, UTF8_STYLE, type FieldStyle } from '../header/field-style.js'
import type { RandomOctets } from '../random-block.js'
import type { ComposeNested } from './message-leaf.js'
import type { Stop } from './stop.js'

/** What a body takes from the world outside. */
export interface BodyOptions {
  /** For the boundaries. */
  readonly random: RandomOctets
  readonly access: Access
  /** For texts, by a name `charsetNamed` knows; default UTF-8. */
  readonly charset?: string | undefined
  /** For the fields of its parts. */
  readonly style: FieldStyle
  /** Ends the reading of sources. */
  readonly stop?: Stop | undefined
  /** Composes a draft that is attached as a message; without it such a draft is refused. */
  readonly compose?: ComposeNested | undefined
}

/**
 * The style of a field of a part: in UTF-8 as it is none of them is, since a part may be read without the header of its message, and so
 * nothing in the body depends on that.
 */
export function partStyle(style: FieldStyle): FieldStyle {
  if (!style.utf8) return style
  return style === UTF8_STYLE ? DEFAULT_STYLE : { ...style, utf8: false }
}
