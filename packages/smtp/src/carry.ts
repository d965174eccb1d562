import { InvariantError, PosthornError, ProtocolError, type Reply } from '@posthorn/ground'
import { carryInFlight, fliesAlone } from './carry-in-flight.js'
import { command } from './command.js'
import { isIntermediate, isPositive, outOfStep, refusal, saysOutOfOrder, saysTooMany, wrongClass } from './fault.js'
import { sendContent, type Stopped } from './send-content.js'
import type { Session } from './session.js'
import type { Transaction } from './transaction.js'
import { giveBack, planned, releaseHeld, type Work } from './work.js'

const RSET = command('rset', 'RSET')
const DATA = command('data', 'DATA')

/**
 * Carries mail transactions on one session until there is no more work for it (RFC 5321 3.3; groups by RFC 2920). Behind the end of
 * one content goes the envelope of the next message, so that a warm session needs one round trip a message. Never rejects: whatever
 * ends the session is told to every transaction on it.
 * @returns what ended the session, or undefined when it can carry more later
 */
export async function carry(session: Session, work: Work, first: Transaction): Promise<PosthornError | undefined> {
  const { wire } = session
  const lmtp = session.options.protocol === 'lmtp'
  let current: Transaction | undefined = first
  let riding: Transaction | undefined
  const ride = (): void => {
    if (!session.pipelining || !session.mayRide || fliesAlone(session)) return
    riding = start(session, work, work.next(session))
    if (riding) riding.rides = true
    session.ridesUnproven = riding !== undefined && !session.rideProven
  }
  try {
    current = start(session, work, first)
    wire.flush()
    while (current) {
      // a warm session waits once for a message: for the final reply, with which the next envelope's replies come
      const envelope = envelopeReplies(session, work, current)
      const step = wanted(session, current, envelope instanceof Promise ? await envelope : envelope)
      if (step === 'content') {
        session.dirty = false // the end of the content ends the transaction
        const send = current.carriage === 'bdat-pieces' ? inPieces : sendContent
        const sending = send(session, current, ride)
        const stopped = sending && (await sending)
        if (stopped) await contentRefused(session, current, stopped)
        else if (lmtp || current.chunks > 0) await finalReplies(session, current)
        else settle(session, current, current.accepted, wire.take() ?? (await wire.read()))
      } else if (step === 'empty') {
        await emptyContent(session, ride)
      }
      // MAIL was behind a BDAT that failed: RFC 3030 2 wants RSET first, so the riding envelope is drawn back and said again
      if (riding && session.dirty) {
        await skipGroup(session, riding)
        riding = start(session, work, riding)
        wire.flush()
      }
      current.stage = 'done'
      if (current.heldBack.length > 0) releaseHeld(work, current)
      current = riding
      riding = undefined
      if (!current) {
        current = work.next(session)
        if (current && fliesAlone(session))
          current = (await carryInFlight(session, work, current)) ?? work.next(session)
        current = start(session, work, current)
        wire.flush()
      }
    }
    if (work.leavesDirty !== true) await session.reset()
    return undefined
  } catch (thrown) {
    const error = thrown instanceof PosthornError ? thrown : new InvariantError('carrying a transaction failed', thrown)
    end(session, work, error, current, riding)
    return error
  }
}

/** Puts the first group of the transaction together, or of the next one that this session can serve at all. */
function start(session: Session, work: Work, transaction: Transaction | undefined): Transaction | undefined {
  for (let candidate = transaction; candidate; candidate = work.next(session)) {
    if (candidate.job.settled || !planned(session, candidate)) continue
    begin(session, candidate)
    return candidate
  }
  return undefined
}

function begin(session: Session, transaction: Transaction): void {
  const { wire, login } = session
  transaction.stage = 'envelope'
  transaction.attempts++
  transaction.grouped = session.pipelining
  transaction.rides = false
  transaction.loginAhead = login !== undefined && !login.done
  transaction.resetAhead = session.dirty || transaction.resetFirst
  transaction.dataAhead = false
  session.carried++
  if (!transaction.grouped) return
  if (transaction.loginAhead) login!.ride()
  if (transaction.resetAhead) wire.command(RSET)
  wire.command(transaction.mail)
  for (const rcpt of transaction.rcpts) wire.command(rcpt)
  // DATA waits where a refused recipient stops it, and while a refused login could leave it standing alone
  transaction.dataAhead = transaction.carriage === 'data' && !transaction.loginAhead && !transaction.gated
  if (transaction.dataAhead) wire.command(DATA)
}

/**
 * What the replies to RSET, MAIL, RCPT and DATA come to. `content`: the server waits for the content. `empty`: it waits, and nobody is to
 * have it. `nothing`: there is no content to send.
 */
type Step = 'content' | 'empty' | 'nothing'

function envelopeReplies(session: Session, work: Work, transaction: Transaction): Step | Promise<Step> {
  const { grouped, loginAhead, dataAhead, carriage } = transaction
  const here =
    grouped && !loginAhead && (dataAhead || carriage !== 'data') && session.wire.takeAll(groupSize(transaction))
  return here ? (judge(session, work, transaction, here) as Step) : waitForEnvelope(session, work, transaction)
}

async function waitForEnvelope(session: Session, work: Work, transaction: Transaction): Promise<Step> {
  const { wire, login } = session
  if (transaction.loginAhead) {
    if (!transaction.grouped) await login!.run()
    else if (!login!.settle(wire.take() ?? (await wire.read()))) {
      await loginAgain(session, transaction)
      return waitForEnvelope(session, work, transaction)
    }
  }
  let replies: Reply[]
  if (transaction.grouped) {
    await wire.gathered(groupSize(transaction))
    replies = wire.takeUpTo(groupSize(transaction))
  } else {
    replies = await oneByOne(session, transaction)
  }
  const step = judge(session, work, transaction, replies)
  if (step !== 'data') return step
  const reply = await session.exchange(DATA)
  if (isIntermediate(reply)) return 'content'
  refuseData(session, transaction, reply)
  return 'nothing'
}

/** Lock-step: each command waits for the reply to the one before it, and nothing follows a refused sender. */
async function oneByOne(session: Session, { resetAhead, mail, rcpts }: Transaction): Promise<Reply[]> {
  const replies: Reply[] = []
  for (const command of resetAhead ? [RSET, mail, ...rcpts] : [mail, ...rcpts]) {
    let reply: Reply
    try {
      reply = await session.exchange(command)
    } catch {
      break // the connection has ended; what was said before it did is known
    }
    replies.push(reply)
    if (reply.code === 421 || (command.phase !== 'rcpt' && !isPositive(reply))) break
  }
  return replies
}

/**
 * Decides by the replies that are here, in their order; where one is missing the connection has ended.
 * @returns `data` when the server is still to be asked for the content
 */
function judge(session: Session, work: Work, transaction: Transaction, replies: readonly Reply[]): Step | 'data' {
  const { grouped, job, indexes, accepted } = transaction
  let position = 0
  const next = (): Reply => {
    const reply = replies[position++]
    if (reply) return reply
    throw session.wire.failure ?? new InvariantError('a reply is missing')
  }
  if (transaction.resetAhead) session.expectReset(next())

  const mail = next()
  if (mail.code === 421) throw refusal('mail', mail)
  if (transaction.rides && !session.rideProven) {
    if (saysOutOfOrder(mail)) throw outOfStep('mail', mail)
    session.rideProven = true
    session.ridesUnproven = false
  }
  const open = isPositive(mail)
  if (open) session.dirty = true
  else for (const index of indexes) job.decide(index, 'refused', 'mail', mail)
  if (isIntermediate(mail)) throw wrongClass('mail', mail)
  if (!open && !grouped) return 'nothing'

  let tooMany: { readonly indexes: number[]; readonly reply: Reply } | undefined
  let withheld = false
  for (const index of indexes) {
    const reply = next()
    if (!open) continue
    if (reply.code === 421) throw refusal('rcpt', reply)
    if (isIntermediate(reply)) throw wrongClass('rcpt', reply)
    if (isPositive(reply)) accepted.push(index)
    else if (saysTooMany(reply) && accepted.length > 0 && !job.requires(index))
      (tooMany ??= { indexes: [], reply }).indexes.push(index)
    else {
      refuseRecipient(session, transaction, index, reply)
      withheld ||= job.requires(index)
    }
  }
  if (tooMany) {
    const { gated } = transaction
    work.lessons.tookRecipients(accepted.length, tooMany.reply)
    const others = transaction.split(tooMany.indexes)
    if (gated) transaction.heldBack = [...transaction.heldBack, ...others.indexes]
    else work.again(others)
  }
  if (transaction.dataAhead) {
    const reply = next()
    if (accepted.length > 0 && !isIntermediate(reply)) refuseData(session, transaction, reply)
    session.proven = true
    if (isIntermediate(reply)) return accepted.length === 0 ? 'empty' : 'content'
    return 'nothing'
  }
  if (grouped) session.proven = true
  if (accepted.length === 0 || withheld) {
    for (const index of accepted) job.decide(index, 'notSent', 'rcpt')
    return 'nothing'
  }
  if (job.settled) return 'nothing'
  return transaction.carriage === 'data' ? 'data' : 'content'
}

/** The login in front of the group was refused: the rest of the group is void, and what is left of the mechanisms is tried. */
async function loginAgain(session: Session, transaction: Transaction): Promise<void> {
  if (!session.wire.closing) await readGroup(session, transaction)
  await session.login!.run()
  session.dirty = true // MAIL may have been taken without login
  begin(session, transaction)
  session.wire.flush()
}

/**
 * A send that was settled meanwhile (aborted, or out of time) gets no content: `notSent` was said, and it must stay true. A 354 that
 * accepted recipients stand behind can only be left by ending the connection: even a lone dot would deliver something.
 */
function wanted(session: Session, { job, accepted, carriage }: Transaction, step: Step): Step {
  if (!job.settled || step !== 'content') return step
  if (carriage !== 'data') return 'nothing'
  const error = new ProtocolError('aborted', 'the send was settled before its content went out', {
    phase: 'data',
    outcome: 'transient',
    hint: 'Nothing to do.',
  })
  if (accepted.length > 0) session.wire.fail(error)
  throw error
}

/** A reply that only a server out of step gives, while groups have never worked here: the message is tried again in lock-step. */
function mishandled(session: Session, transaction: Transaction, reply: Reply): boolean {
  return transaction.grouped && !session.proven && saysOutOfOrder(reply)
}

function refuseRecipient(session: Session, transaction: Transaction, index: number, reply: Reply): void {
  if (mishandled(session, transaction, reply)) throw outOfStep('rcpt', reply)
  transaction.job.decide(index, 'refused', 'rcpt', reply)
}

function refuseData(session: Session, transaction: Transaction, reply: Reply): void {
  if (reply.code === 421) throw refusal('data', reply)
  if (isPositive(reply)) throw wrongClass('data', reply)
  if (mishandled(session, transaction, reply)) throw outOfStep('data', reply)
  for (const index of transaction.accepted) transaction.job.decide(index, 'refused', 'data', reply)
}

/** The replies to the end of the content where there may be several: one for each BDAT, and over LMTP one for each recipient. */
async function finalReplies(session: Session, transaction: Transaction): Promise<void> {
  const { wire } = session
  let refused: Reply | undefined
  for (; transaction.chunks > 0; transaction.chunks--) {
    const reply = wire.take() ?? (await wire.read())
    if (!isPositive(reply)) refused ??= reply
  }
  const lmtp = session.options.protocol === 'lmtp'
  for (const indexes of lmtp ? transaction.accepted.map((index) => [index]) : [transaction.accepted]) {
    settle(session, transaction, indexes, wire.take() ?? (await wire.read()), refused)
  }
}

/** Settles these recipients by the final reply; of two refusals that of an earlier part says more than that of the last. */
function settle(
  session: Session,
  transaction: Transaction,
  indexes: readonly number[],
  final: Reply,
  earlier?: Reply,
): void {
  if (isIntermediate(final)) throw wrongClass('final', final)
  const positive = isPositive(final) // only the last part can take the message
  for (const index of indexes) {
    if (positive) transaction.job.decide(index, 'delivered', 'final', final)
    else transaction.job.decide(index, 'refused', 'final', earlier ?? final)
  }
  // RFC 5321 4.1.1.4: after the final dot the transaction is over either way; RFC 3030 2: not so after a refused BDAT
  if (transaction.carriage !== 'data' && !positive) session.dirty = true
}

/** The server refused before the content was out. Only between two BDAT commands is it clear where it stands. */
async function contentRefused(session: Session, transaction: Transaction, { reply, usable }: Stopped): Promise<void> {
  for (const index of transaction.accepted) transaction.job.decide(index, 'refused', 'content', reply)
  session.dirty = true
  if (!usable) throw refusal('content', reply)
  while (session.wire.outstanding > 0) await session.wire.read()
}

/** RFC 2920 3.1: 354 although every recipient was refused. A lone dot ends it, and whatever the server says, nobody gets anything. */
async function emptyContent(session: Session, ride: () => void): Promise<void> {
  const { wire } = session
  session.dirty = false
  wire.frame('.\r\n', '.')
  wire.expect('final')
  ride()
  wire.flush()
  if (!wire.take()) await wire.read()
}

/** Loaded when it is needed: few want pieces. */
async function inPieces(...terms: Parameters<typeof sendContent>): Promise<Stopped | undefined> {
  return (await import('./send-pieces.js')).sendPieces(...terms)
}

/** The replies its group asks for, that of a login aside. */
function groupSize(transaction: Transaction): number {
  return (transaction.resetAhead ? 1 : 0) + 1 + transaction.rcpts.length + (transaction.dataAhead ? 1 : 0)
}

async function readGroup(session: Session, transaction: Transaction): Promise<void> {
  for (let count = groupSize(transaction); count > 0; count--) if (!session.wire.take()) await session.wire.read()
}

async function skipGroup(session: Session, transaction: Transaction): Promise<void> {
  await readGroup(session, transaction)
  session.carried--
  transaction.attempts--
  transaction.accepted = []
}

/** The session is over. Each transaction on it is told, or goes back to the queue when nothing of its content was sent. */
function end(
  session: Session,
  work: Work,
  error: PosthornError,
  current: Transaction | undefined,
  riding: Transaction | undefined,
): void {
  const { wire } = session
  // what the server waits for is not known
  if (error.code === 'smtp.reply.unexpected') wire.fail(error)
  const halfSent = current?.stage === 'content' || wire.early !== undefined
  const groupFailed = current?.stage === 'envelope' && current.grouped && !session.proven && OUT_OF_STEP.has(error.code)
  if (groupFailed) {
    work.lessons.distrustGroups()
    session.trail.emit({ type: 'note', text: 'a group of commands was mishandled: further sessions go in lock-step' })
  }
  // a server that hangs up after each message is another matter
  const rideFailed =
    current?.stage === 'envelope' &&
    current.rides &&
    !session.rideProven &&
    OUT_OF_STEP.has(error.code) &&
    error.code !== 'smtp.connection.lost'
  if (rideFailed) {
    work.lessons.distrustRiding()
    session.trail.emit({
      type: 'note',
      text: 'commands behind a content were mishandled: they wait for its reply from here',
    })
  }
  if (riding && error.code === 'smtp.connection.lost') work.lessons.lostWhileRiding()
  if (riding) giveBack(work, riding, error, true)
  const loginFailed = error.code.startsWith('smtp.auth.')
  const mayHelp = groupFailed || rideFailed || loginFailed || LOST.has(error.code) || error.reply?.code === 421
  if (current) {
    if (loginFailed) current.attempts-- // whether it is tried again is for the pool to decide
    giveBack(work, current, error, mayHelp)
  }
  if (!wire.failure) {
    // content half sent must not be ended by a clean QUIT, which a server could take for part of it
    if (halfSent) wire.fail(endOfSession(error))
    else void session.quit()
  }
}

function endOfSession(error: PosthornError): ProtocolError {
  return new ProtocolError('smtp.content.stopped', error.message, {
    phase: 'content',
    outcome: error.outcome,
    cause: error,
  })
}

/** Faults of one connection, which another may not meet. */
const LOST = new Set(['smtp.connection.lost', 'smtp.closing', 'smtp.rset.refused'])
const OUT_OF_STEP = new Set([
  'smtp.connection.lost',
  'smtp.timeout',
  'smtp.pipelining.mishandled',
  'smtp.reply.unexpected',
  'smtp.reply.syntax',
])
