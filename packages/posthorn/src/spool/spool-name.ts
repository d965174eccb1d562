import { createHash, randomBytes } from 'node:crypto'
import { isOwner, type OwnerId } from './owner.js'

/** What a file of a spool folder is for. */
export type SpoolState = 'queued' | 'sending' | 'sent' | 'failed'

/** A file of a spool folder, by its name. */
export interface SpoolName {
  readonly file: string
  /** Without ending and owner. */
  readonly stem: string
  readonly state: SpoolState
  /** Of a claim that says whose it is. */
  readonly owner: OwnerId | undefined
}

/** A longer stem is cut, so that owner, counter and endings find room in the 255 octets most file systems give a name. */
const MAX_STEM_OCTETS = 150
const KEPT_OCTETS = 100

let sequence = 0

/**
 * A stem of our own: the time in UTC, the number within this process, and chance. It sorts by time, and no two are the same: in one process
 * because of the number, and in different ones because of 64 bits that nobody else has drawn in the same millisecond.
 */
export function newStem(nowMs: number): string {
  const time = new Date(nowMs).toISOString().replace(/[-:.]/g, '')
  sequence = (sequence + 1) % 1_000_000
  return `${time}-${`${sequence}`.padStart(6, '0')}-${randomBytes(8).toString('hex')}`
}

const OWN_STEM = /^\d{8}T\d{9}Z-\d{6}-[0-9a-f]{16}/

/** When a file with a stem of our own was queued, in milliseconds since 1970; undefined for any other stem. */
export function timeOfStem(stem: string): number | undefined {
  if (!OWN_STEM.test(stem)) return undefined
  const part = (from: number, to: number): number => Number(stem.slice(from, to))
  const days = [part(0, 4), part(4, 6) - 1, part(6, 8)] as const
  return Date.UTC(...days, part(9, 11), part(11, 13), part(13, 15), part(15, 18))
}

/** What a name says; undefined for a file that is none of a spool, hidden ones among them. */
export function readName(file: string): SpoolName | undefined {
  const dot = file.lastIndexOf('.')
  const state = file.slice(dot + 1)
  if (dot <= 0 || file.startsWith('.') || !isState(state)) return undefined
  const stem = file.slice(0, dot)
  if (state === 'sending') {
    const at = stem.lastIndexOf('~')
    const owner = stem.slice(at + 1)
    if (at > 0 && isOwner(owner)) return { file, stem: stem.slice(0, at), state, owner }
  }
  return { file, stem, state, owner: undefined }
}

function isState(word: string): word is SpoolState {
  return word === 'queued' || word === 'sending' || word === 'sent' || word === 'failed'
}

/** The stem a file is given when it is claimed: its own, unless that is too long. */
export function claimStem(stem: string): string {
  const octets = Buffer.from(stem, 'utf8')
  if (octets.length <= MAX_STEM_OCTETS) return stem
  const start = octets.toString('utf8', 0, KEPT_OCTETS).replace(/\ufffd+$/, '')
  return `${start}-${createHash('sha256').update(octets).digest('hex').slice(0, 16)}`
}
