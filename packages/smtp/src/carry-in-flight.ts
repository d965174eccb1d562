import type { Reply } from '@posthorn/ground'
import { isPositive, outOfStep, saysTooMany, wrongClass } from './fault.js'
import { command } from './command.js'
import type { Session } from './session.js'
import type { Transaction } from './transaction.js'
import { giveBack, planned, type Work } from './work.js'

const RSET = command('rset', 'RSET')
/** Larger content goes by itself: it would only hold up the replies of what is in flight. */
const MAX_CONTENT_OCTETS = 64 * 1024
const MAX_FLIGHT_OCTETS = 512 * 1024

/** True when this session sends whole transactions one behind the other instead of one envelope behind a content. */
export function fliesAlone(session: Session): boolean {
  const { options, extensions, inFlightOff, pipelining } = session
  return (
    options.pool.pipelineDepth > 1 &&
    pipelining &&
    !inFlightOff &&
    extensions.chunking &&
    options.chunking !== 'off' &&
    options.protocol !== 'lmtp'
  )
}

/**
 * Whole transactions in flight, `pipelineDepth` of them: RSET, MAIL, RCPT and BDAT with the content in one piece, refilled at every
 * reply. RSET stands in front because RFC 3030 2 wants it after a refused BDAT, and whether one was refused is not known yet; without
 * it a MAIL refused as nested could leave its recipients to somebody else's transaction.
 * @returns a transaction that must not fly, to be carried the usual way
 */
export async function carryInFlight(
  session: Session,
  work: Work,
  first: Transaction,
): Promise<Transaction | undefined> {
  const { wire } = session
  const depth = session.options.pool.pipelineDepth
  const flight: Transaction[] = []
  let octets = 0
  let unsent: Transaction[] = []
  let grounded: Transaction | undefined

  const launch = (transaction: Transaction): void => {
    const content = transaction.rendition.inMemory!
    transaction.attempts++
    transaction.stage = 'envelope'
    session.carried++
    wire.command(RSET)
    wire.command(transaction.mail)
    for (const rcpt of transaction.rcpts) wire.command(rcpt)
    const line = `BDAT ${content.length} LAST`
    wire.frame(`${line}\r\n`, line)
    wire.octets(content)
    wire.expect('final')
    octets += content.length
    flight.push(transaction)
    unsent.push(transaction)
  }
  const fill = (next: Transaction | undefined): void => {
    for (let candidate = next; candidate;) {
      if (!candidate.job.settled && planned(session, candidate)) {
        if (!mayFly(candidate)) {
          grounded = candidate
          return
        }
        launch(candidate)
      }
      if (flight.length >= depth || octets >= MAX_FLIGHT_OCTETS || !fliesAlone(session)) return
      candidate = work.next(session)
    }
  }
  const send = (): void => {
    if (unsent.length === 0) return
    if (!wire.failure) for (const transaction of unsent) transaction.stage = 'sent'
    unsent = []
    wire.flush()
  }

  try {
    fill(first)
    send()
    while (flight.length > 0) {
      const transaction = flight[0]!
      const replies = wire.takeAll(3 + transaction.indexes.length)
      if (!replies) {
        send()
        await wire.gathered(3 + transaction.indexes.length)
        if (wire.failure) throw wire.failure
        continue
      }
      const trouble = landed(work, transaction, replies)
      session.dirty = !isPositive(replies[replies.length - 1]!)
      flight.shift()
      octets -= transaction.rendition.inMemory!.length
      if (trouble) {
        session.inFlightOff = true
        work.lessons.distrustFlight()
        session.trail.emit({ type: 'note', text: 'transactions in flight were mishandled: one at a time from here' })
      }
      if (!grounded && fliesAlone(session)) fill(work.next(session))
    }
    return grounded
  } catch (error) {
    const fault = wire.failure
    if (!fault) throw error
    if (flight.length > 1) work.lessons.distrustFlight()
    let over = false // after 421 the server reads no further (RFC 5321 3.8): what stands behind it was not taken
    for (const transaction of flight) {
      const replies = wire.takeUpTo(3 + transaction.indexes.length)
      over ||= replies.some(({ code }) => code === 421)
      if (over) transaction.stage = 'envelope'
      partlyLanded(transaction, replies)
      giveBack(work, transaction, fault, true)
    }
    if (grounded) {
      grounded.stage = 'envelope'
      giveBack(work, grounded, fault, true)
    }
    throw error
  }
}

/** One message, in memory, small enough, and no recipient of several is required: those must be known before content goes. */
function mayFly(transaction: Transaction): boolean {
  const { carriage, heldBack, gated } = transaction
  const content = transaction.rendition.inMemory
  return (
    carriage === 'bdat' &&
    content !== undefined &&
    content.length <= MAX_CONTENT_OCTETS &&
    !gated &&
    heldBack.length === 0
  )
}

/** What is known of a transaction whose final reply never came: a refused sender or recipient is a fact. */
function partlyLanded(transaction: Transaction, [, mail, ...rcpts]: readonly Reply[]): void {
  const { job, indexes } = transaction
  if (mail && !isPositive(mail)) {
    transaction.stage = 'envelope' // without a sender nothing was taken
    if (mail.code !== 421) for (const index of indexes) job.decide(index, 'refused', 'mail', mail)
    return
  }
  indexes.forEach((index, position) => {
    const answer = rcpts[position]
    if (answer && answer.code !== 421 && !isPositive(answer)) job.decide(index, 'refused', 'rcpt', answer)
  })
}

/** Settles one transaction by its replies. True when they show that the server mishandles transactions in flight. */
function landed(work: Work, transaction: Transaction, replies: readonly Reply[]): boolean {
  const { job, indexes } = transaction
  const reset = replies[0]!
  const mail = replies[1]!
  const final = replies[replies.length - 1]!
  let refused: [number, Reply][] | undefined
  let tooMany: { readonly indexes: number[]; readonly reply: Reply } | undefined
  for (let count = 0; count < indexes.length; count++) {
    const index = indexes[count]!
    const answer = replies[2 + count]!
    if (isPositive(answer)) transaction.accepted.push(index)
    else if (saysTooMany(answer) && transaction.accepted.length > 0)
      (tooMany ??= { indexes: [], reply: answer }).indexes.push(index)
    else (refused ??= []).push([index, answer])
  }
  const lostTrack =
    !isPositive(reset) ||
    mail.code === 503 ||
    (final.code === 503 && isPositive(mail) && transaction.accepted.length > 0)
  if (lostTrack && !isPositive(final)) {
    // nothing was taken: once more, the way the standard describes
    transaction.stage = 'envelope'
    giveBack(work, transaction, outOfStep('final', final), true)
    return true
  }
  if (!isPositive(mail)) {
    // it said both no and yes
    if (isPositive(final)) job.fault(indexes, 'unknown', wrongClass('final', final))
    else for (const index of indexes) job.decide(index, 'refused', 'mail', mail)
  } else {
    if (refused) for (const [index, answer] of refused) job.decide(index, 'refused', 'rcpt', answer)
    const outcome = isPositive(final) ? 'delivered' : 'refused'
    for (const index of transaction.accepted) job.decide(index, outcome, 'final', final)
    if (tooMany) {
      work.lessons.tookRecipients(transaction.accepted.length, tooMany.reply)
      work.again(transaction.split(tooMany.indexes))
    }
  }
  transaction.stage = 'done'
  return lostTrack
}
