import { beyondtrust } from './beyondtrust/beyondtrust.js'
import { genesys } from './genesys/genesys.js'
import { illiad } from './illiad/illiad.js'
import type { ImportFormat } from './import.js'
import { javamail } from './javamail/javamail.js'
import { runmyjobs } from './runmyjobs/runmyjobs.js'

/** Every format that can be imported, in the order in which a text is tried on them. */
export const FORMATS: readonly ImportFormat[] = [illiad, genesys, beyondtrust, runmyjobs, javamail]
