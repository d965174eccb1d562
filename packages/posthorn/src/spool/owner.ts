import { createHash, randomBytes } from 'node:crypto'
import { BOOT_ID, PROCESS_STARTED, PROCESS_WORLD, processState, TIME_WORLD } from '../process-identity.js'

/** Who has claimed a file, as its name says it. Each claim has an owner of its own, so no name of a claim ever comes again. */
export type OwnerId = string

/** Numbers and start times of processes can be compared between all that have this in common. */
const WORLD = createHash('sha256').update(`${PROCESS_WORLD} ${TIME_WORLD} ${BOOT_ID}`).digest('hex').slice(0, 12)
const OWNER = /^[0-9a-f]{12}-\d{1,10}-[0-9a-z]{1,20}-[0-9a-f]{12}-[0-9a-z]{1,12}(?:_[0-9a-z]{1,6})?$/

/** The claims of one spool folder object: world, process number, its start, a number of its own, and for each claim one more. */
export class Claimant {
  /** All of an owner but the number of the claim; what the heartbeat is named after. */
  readonly key = `${WORLD}-${process.pid}-${startWord(PROCESS_STARTED)}-${randomBytes(6).toString('hex')}`
  #claims = 0

  /** One that was never there before. @param generation as `generationOf` */
  next(generation = 0): OwnerId {
    const claim = `${this.key}-${(++this.#claims).toString(36)}`
    return generation === 0 ? claim : `${claim}_${generation.toString(36)}`
  }
}

export function isOwner(text: string): boolean {
  return OWNER.test(text)
}

/**
 * Tells claims apart that stand for one file, which is so only when a move was broken off between two names: who takes the name that counts is
 * of the generation behind all that he sees, and who takes over a claim keeps its own. So the highest one has the message, and never yields.
 */
export function generationOf(owner: OwnerId | undefined): number {
  const [, generation = '0'] = /_([0-9a-z]+)$/.exec(owner ?? '') ?? []
  return Number.parseInt(generation, 36)
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
