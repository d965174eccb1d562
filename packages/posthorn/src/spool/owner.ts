import { createHash, randomBytes } from 'node:crypto'
import { BOOT_ID, PROCESS_STARTED, PROCESS_WORLD, processState, TIME_WORLD } from '../process-identity.js'

/** Who has claimed a file, as its name says it. Each claim has an owner of its own, so no name of a claim ever comes again. */
export type OwnerId = string

/** Numbers and start times of processes can be compared between all that have this in common. */
const WORLD = createHash('sha256').update(`${PROCESS_WORLD} ${TIME_WORLD} ${BOOT_ID}`).digest('hex').slice(0, 12)
const OWNER = /^[0-9a-f]{12}-\d{1,10}-[0-9a-z]{1,20}-[0-9a-f]{12}-[0-9a-z]{1,12}$/

/** The claims of one spool folder object: world, process number, its start, a number of its own, and for each claim one more. */
export class Claimant {
  /** All of an owner but the number of the claim; what the heartbeat is named after. */
  readonly key = `${WORLD}-${process.pid}-${startWord(PROCESS_STARTED)}-${randomBytes(6).toString('hex')}`
  #claims = 0

  /** One that was never there before. */
  next(): OwnerId {
    return `${this.key}-${(++this.#claims).toString(36)}`
  }
}

export function isOwner(text: string): boolean {
  return OWNER.test(text)
}

/** Whose claim it is, without its number. */
export function keyOf(owner: OwnerId): string {
  return owner.slice(0, owner.lastIndexOf('-'))
}

/**
 * What is known of a process by its key alone. `unclear`: it runs elsewhere, or the system does not tell enough to be sure; its heartbeat
 * decides then.
 */
export function ownerState(key: string): 'there' | 'gone' | 'unclear' {
  const [world, pid = '', start = ''] = key.split('-')
  // two machines may have one name, and without the number of the run of the machine nothing tells them apart
  if (BOOT_ID === '' || world !== WORLD) return 'unclear'
  return processState(Number(pid), start === 'x' ? undefined : start)
}

function startWord(started: string | undefined): string {
  return started !== undefined && /^\d{1,20}$/.test(started) ? started : 'x'
}
