import { ProtocolError, ReplyError, replyText, type Phase, type Reply } from '@posthorn/ground'
import { hintFor } from './hint.js'

export function isPositive(reply: Reply): boolean {
  return reply.code >= 200 && reply.code < 300
}

/** 354, and 334 (RFC 5321 4.2.1): the server waits for more. */
export function isIntermediate(reply: Reply): boolean {
  return reply.code >= 300 && reply.code < 400
}

/** A refusal as an error: `smtp.PHASE.refused`. */
export function refusal(phase: Phase, reply: Reply): ReplyError {
  return new ReplyError(`smtp.${phase}.refused`, `${phase} refused: ${replyText(reply)}`, {
    phase,
    reply,
    outcome: reply.code < 500 ? 'transient' : 'permanent',
    hint: hintFor(phase, reply),
  })
}

/**
 * True when the reply to RCPT says that this transaction has enough recipients: 452 (RFC 5321 4.5.3.1.10), 552 from older servers. An
 * enhanced code about a mailbox or the system says something else.
 */
export function saysTooMany(reply: Reply): boolean {
  if (reply.enhanced !== undefined) return reply.enhanced.endsWith('.5.3')
  return reply.code === 452 || (reply.code === 552 && /recipients/i.test(reply.lines.join(' ')))
}

/** A reply that says the command came at the wrong time, or was not understood where others of its kind are. */
export function saysOutOfOrder(reply: Reply): boolean {
  return reply.code === 503 || reply.code === 500 || reply.code === 502
}

/** The caller's signal ended it; an error given as its reason is passed on. */
export function aborted(signal: AbortSignal, phase: Phase): ProtocolError {
  const reason: unknown = signal.reason
  if (reason instanceof ProtocolError) return reason
  return new ProtocolError('aborted', `aborted in phase ${phase}`, {
    phase,
    outcome: 'transient',
    cause: reason,
    hint: 'The caller aborted it.',
  })
}

/** A reply that is neither a yes nor a no at this point: nobody can say where the server stands. */
export function wrongClass(phase: Phase, reply: Reply): ProtocolError {
  return new ProtocolError(
    'smtp.reply.unexpected',
    `a reply that makes no sense in phase ${phase}: ${replyText(reply)}`,
    {
      phase,
      outcome: 'transient',
      reply,
      hint: 'The server, or something between, does not keep to RFC 5321 4.3.2.',
    },
  )
}

/** The server lost track of commands that came in one group. */
export function outOfStep(phase: Phase, reply: Reply): ProtocolError {
  return new ProtocolError(
    'smtp.pipelining.mishandled',
    `the server lost track of a group of commands: ${replyText(reply)}`,
    {
      phase,
      outcome: 'transient',
      reply,
      hint: "Set pipelining: 'off' for this server.",
    },
  )
}

export function connectionLost(phase: Phase, message: string, cause?: Error): ProtocolError {
  return new ProtocolError('smtp.connection.lost', message, {
    phase,
    outcome: 'transient',
    cause,
    hint: 'Try again; if it happens each time, look into the log of the server.',
  })
}

/** The time allowed for a phase is over (RFC 5321 4.5.3.2), or what was written was not taken. */
export function timedOut(
  phase: Phase,
  limitMs: number,
  what = phase === 'content' ? 'progress' : 'reply',
): ProtocolError {
  return new ProtocolError('smtp.timeout', `no ${what} in phase ${phase} within ${limitMs} ms`, {
    phase,
    outcome: 'transient',
    hint: 'The server is slow, or something between drops packets; try again, or allow more time with timeouts.',
  })
}

/** A reply that no command asked for; 421 may come at any time (RFC 5321 3.8), anything else is out of step. */
export function notAskedFor(reply: Reply, phase: Phase): ProtocolError {
  const text = `${reply.code} ${reply.lines.join(' ')}`
  const facts = { phase, outcome: 'transient', reply } as const
  if (reply.code === 421) {
    const hint = 'Try again later, or with fewer connections.'
    return new ProtocolError('smtp.closing', `the server ended the session: ${text}`.slice(0, 300), { ...facts, hint })
  }
  const hint = 'The server, or something between, does not keep to the order of RFC 5321.'
  const message = `the server sent a reply that no command asked for: ${text}`.slice(0, 300)
  return new ProtocolError('smtp.reply.unexpected', message, { ...facts, hint })
}

/** What a session of one's own says after its end. */
export function endedByQuit(): ProtocolError {
  return new ProtocolError('smtp.closed', 'the session was ended by QUIT', {
    phase: 'quit',
    outcome: 'transient',
    hint: 'Open a new session.',
  })
}

/** The same after the end that the signal or the deadline of one send made: not what those who come later asked for. */
export function endedByAnother(cause: Error): ProtocolError {
  return new ProtocolError('smtp.closed', 'the session was ended with an earlier send; see the cause', {
    phase: 'wait',
    outcome: 'transient',
    cause,
    hint: 'Open a new session.',
  })
}

/** The same fault, of this phase. */
export function inPhase(phase: Phase, error: ProtocolError): ProtocolError {
  const { outcome, hint, cause } = error
  return new ProtocolError(error.code, error.message, { phase, outcome, hint, cause })
}
