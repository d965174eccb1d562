// What cases say about receipts, errors and the protocol trail.
import { deepStrictEqual, fail, ok } from 'node:assert/strict'
import { isSendFailure } from '@posthorn/smtp'

/** Fails unless the promise (or the function) fails; gives the error, which must have this code. */
export async function failure(attempt, code) {
  try {
    await (typeof attempt === 'function' ? attempt() : attempt)
  } catch (error) {
    ok(error.code === code, `expected ${code}, got ${error.code}: ${error.stack}`)
    ok(error.hint, `${code} has a hint`)
    return error
  }
  return fail(`expected ${code}, but it succeeded`)
}

/** As `failure`, for a send: the error must carry the receipt, with these outcomes in the order of the envelope. */
export async function sendFailure(promise, code, outcomes) {
  const error = await failure(promise, code)
  ok(isSendFailure(error), 'the error carries the receipt')
  deepStrictEqual(outcomesOf(error.receipt), outcomes)
  return error
}

/** The receipt in short: `delivered`, `refused 550`, `notSent`. */
export function outcomesOf({ deliveries }) {
  return deliveries.map(({ outcome, reply }) => (outcome === 'refused' ? `refused ${reply.code}` : outcome))
}

/** Listens to a client from now on. */
export function trailOf(client) {
  const events = []
  client.on('trail', (event) => events.push(event))
  return {
    events,
    /** The command lines, of all sessions, in their order. */
    commands: () => events.filter(({ type }) => type === 'command').map(({ line }) => line),
    /** How many command lines start with this verb. */
    count: (verb) =>
      events.filter(({ type, line }) => type === 'command' && line.toUpperCase().startsWith(verb)).length,
    /** How many sessions there were. */
    sessions: () => new Set(events.map(({ session }) => session)).size,
    ahead: () => ahead(events),
  }
}

/**
 * How far commands ran ahead of replies. `depth`: the most MAIL commands of one session without a reply. `ridden`: MAIL commands that went out
 * while a server still had content to answer for.
 */
function ahead(events) {
  const sessions = new Map()
  let depth = 0
  let ridden = 0
  for (const { session, type, phase, line, reply } of events) {
    const state = sessions.get(session) ?? { unanswered: 0, content: 0 }
    sessions.set(session, state)
    if (type === 'command' && line.startsWith('MAIL')) {
      if (state.content > 0) ridden++
      depth = Math.max(depth, ++state.unanswered)
    }
    if (type === 'reply' && phase === 'mail') state.unanswered--
    if ((type === 'command' && line.startsWith('BDAT')) || reply?.code === 354) state.content++
    if (type === 'reply' && phase === 'final') state.content--
  }
  return { depth, ridden }
}
