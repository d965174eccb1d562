import { JavaFormatError } from './java-octets.js'
import type { JavaOctets } from './java-octets.js'

/** What stands before the parts of a serialised object (Java Object Serialization Specification 6.4.2). */
const TC = { null: 0x70, reference: 0x71, class: 0x72, object: 0x73, string: 0x74, array: 0x75, end: 0x78 } as const

const STREAM_MAGIC = 0xaced
const STREAM_VERSION = 5
/** A class whose fields are written one after the other, and nothing else. */
const SERIALIZABLE = 2
/** The two kinds of field that a sealed key has: `[` an array, `L` an object. */
const FIELD_KINDS: readonly number[] = [0x5b, 0x4c]
/** A sealed key has two classes, one above the other, and four fields. */
const MAX_CLASSES = 4
const MAX_FIELDS = 16

/**
 * Passes over a secret key in a JCEKS store: a serialised javax.crypto.SealedObject, which says nowhere how long it is. Nothing of it is
 * made into an object.
 * @throws {JavaFormatError} when it is another object
 */
export function passOverSealedKey(octets: JavaOctets): void {
  if (octets.short() !== STREAM_MAGIC || octets.short() !== STREAM_VERSION || octets.octet() !== TC.object) {
    throw unknownObject()
  }
  const fields = fieldsOfClasses(octets)
  for (let count = 0; count < fields; count++) passOverValue(octets)
}

/** How many fields the class and those above it have. */
function fieldsOfClasses(octets: JavaOctets): number {
  let fields = 0
  for (let classes = 0; classes < MAX_CLASSES; classes++) {
    const tag = octets.octet()
    if (tag === TC.null) return fields
    if (tag === TC.reference) {
      octets.int()
      return fields
    }
    if (tag !== TC.class) throw unknownObject()
    octets.text()
    octets.octets(8) // the serial version
    if (octets.octet() !== SERIALIZABLE) throw unknownObject()
    const own = octets.short()
    fields += own
    if (fields > MAX_FIELDS) throw unknownObject()
    for (let count = 0; count < own; count++) passOverField(octets)
    if (octets.octet() !== TC.end) throw unknownObject()
  }
  throw unknownObject()
}

function passOverField(octets: JavaOctets): void {
  if (!FIELD_KINDS.includes(octets.octet())) throw unknownObject()
  octets.text()
  passOverValue(octets) // its type, a string
}

function passOverValue(octets: JavaOctets): void {
  switch (octets.octet()) {
    case TC.null:
      return
    case TC.reference:
      octets.int()
      return
    case TC.string:
      octets.text()
      return
    case TC.array:
      fieldsOfClasses(octets)
      octets.octets(octets.int()) // of octets: nothing else is in arrays there
      return
    default:
      throw unknownObject()
  }
}

function unknownObject(): Error {
  return new JavaFormatError('has a secret key of a kind that is not known')
}
