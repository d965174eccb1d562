import type { Evidence } from './discovery.js'

/** The longest answer that is kept of one step, in characters. */
const MAX_ANSWER = 300

/** What is known of a step when it is over. */
export interface StepResult {
  readonly status: Evidence['status']
  readonly answer: string
}

/** The questions in the order in which they were planned: those that are asked side by side keep their places, whatever answers first. */
export class Steps {
  readonly #places: (Evidence | undefined)[] = []

  get list(): readonly Evidence[] {
    return this.#places.filter((each) => each !== undefined)
  }

  /** Takes the next place for a question; the returned function fills it. */
  begin(kind: Evidence['kind'], asked: string): (result: StepResult) => void {
    const place = this.#places.push(undefined) - 1
    const startedAt = performance.now()
    return ({ status, answer }) => {
      const ms = Math.round(performance.now() - startedAt)
      this.#places[place] = { kind, asked: oneLine(asked), status, answer: oneLine(answer), ms }
    }
  }

  /** A step that needs no answer from anybody. */
  note(kind: Evidence['kind'], asked: string, status: Evidence['status'], answer: string): void {
    this.begin(kind, asked)({ status, answer })
  }
}

/** Text of others, safe to print: one line, without control characters, not too long. */
export function oneLine(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim()
  return line.length > MAX_ANSWER ? `${line.slice(0, MAX_ANSWER - 1)}…` : line
}
