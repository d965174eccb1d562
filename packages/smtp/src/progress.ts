import type { Trail } from './trail.js'

/** Tells the trail how much content is out. */
export interface Progress {
  at(octets: number): void
  done(octets: number): void
}

const SILENT: Progress = { at() {}, done() {} }

/** Progress of one content; `totalOctets` when it is known. Costs nothing while nobody listens. */
export function progressOf(trail: Trail, totalOctets: number | undefined): Progress {
  if (!trail.on) return SILENT
  const emit = (octets: number, done: boolean) => {
    const known =
      totalOctets === undefined
        ? {}
        : {
            totalOctets,
            percent: totalOctets === 0 ? 100 : Math.min(100, Math.round((octets / totalOctets) * 1000) / 10),
          }
    trail.emit({ type: 'content', octets, ...known, done })
  }
  return { at: (octets) => emit(octets, false), done: (octets) => emit(octets, true) }
}
