import { InvariantError, ProtocolError, type PosthornError, type Reply } from '@posthorn/ground'
import type { Exchange, Mechanism } from '@posthorn/sasl'
import { readChallenge, responseLine, withInitialResponse } from './auth-command.js'
import { command } from './command.js'
import { isIntermediate } from './fault.js'
import * as failure from './login-failure.js'
import type { LoginSession } from './login-session.js'

/** No mechanism needs more; a server that goes on is not answered for ever. */
const MAX_ROUNDS = 16

/** Ends of a connection that are the server's doing. */
export const LOST: ReadonlySet<string> = new Set(['smtp.connection.lost', 'smtp.closing'])

/** A mechanism that has begun, and nothing was sent yet. */
export interface Attempt {
  readonly mechanism: Mechanism
  readonly exchange: Exchange
  readonly initial: Uint8Array | undefined
}

interface Answer {
  readonly answer: Uint8Array | null
  readonly error?: PosthornError | undefined
}

/** Waits for what is not the wire's; the end of the connection ends the wait. */
export type WhileConnected = <T>(value: Promise<T> | T) => Promise<T> | T

/**
 * One AUTH with all its lines (RFC 4954 4).
 * @returns the reply at its end, whatever it says; never 334
 * @throws {ProtocolError} what the mechanism throws, once the exchange was cancelled and the server has answered that; also when another
 * session has found meanwhile that the server is not to be trusted
 */
export async function attemptLogin(
  session: LoginSession,
  { mechanism: { name }, exchange, initial }: Attempt,
  whileConnected: WhileConnected,
): Promise<Reply> {
  const { logins, wire } = session
  const short = withInitialResponse(name, initial)
  hideSecrets(session, exchange)
  logins.check()
  let reply = await session.exchange(short ?? command('auth', `AUTH ${name}`))
  let waiting = short === undefined ? initial : undefined
  for (let round = 0; reply.code === 334 && round < MAX_ROUNDS; round++) {
    // what stands in front of a response that waits does not count, and some servers write a sentence there
    const { answer, error = logins.distrusted }: Answer = waiting
      ? { answer: waiting }
      : await answerTo(session, name, exchange, round, wire.hidden.received(reply).lines, whileConnected)
    waiting = undefined
    hideSecrets(session, exchange)
    if (error) {
      await cancel(session)
      throw error
    }
    reply = await session.exchange(responseLine(answer))
  }
  if (!isIntermediate(reply)) return reply
  throw new ProtocolError('smtp.auth.endless', `the server did not come to an end of ${name}`, {
    phase: 'auth',
    outcome: 'permanent',
    reply,
    hint: 'The server does not keep to RFC 4954; name another mechanism.',
  })
}

/** What an exchange has said that must not be seen, before the server can repeat it. */
export function hideSecrets({ wire }: LoginSession, exchange: Exchange): void {
  for (const secret of exchange.secrets?.() ?? []) wire.hidden.add(secret)
}

async function answerTo(
  session: LoginSession,
  name: string,
  exchange: Exchange,
  round: number,
  lines: readonly string[],
  whileConnected: WhileConnected,
): Promise<Answer> {
  const challenge = readChallenge(name, round, lines)
  try {
    if (!challenge) throw failure.undecodable(name, exchange.awaitsProof?.() ?? false)
    const answer = await whileConnected(exchange.respond(challenge))
    if (answer === undefined) throw new InvariantError(`${name} gave undefined`)
    return { answer }
  } catch (cause) {
    if (session.wire.failure) throw session.wire.failure
    const error = failure.mechanismFailed(cause)
    if (error.code === 'smtp.auth.server-proof') session.logins.distrust(() => failure.serverProofFailed(error))
    return { answer: null, error }
  }
}

/** RFC 4954 4. A server that hangs up on it, or says nothing, does not hide why it was said. */
async function cancel(session: LoginSession): Promise<void> {
  try {
    await session.exchange(responseLine(null))
  } catch (error) {
    const { code } = error as PosthornError
    if (!LOST.has(code) && code !== 'smtp.timeout') throw error
  }
}
